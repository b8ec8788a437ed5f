"""When a registry may be asked: paced, and left alone for a while after it failed again and again; one state for all processes."""
