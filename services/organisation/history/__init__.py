"""What happened in an organisation, for its managers."""
