"""From one wallet to another of the same manager."""
