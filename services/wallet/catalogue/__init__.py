"""What tools are called: a copy of the catalogue's names."""
