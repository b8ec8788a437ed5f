"""What other services say about people: their names, and the recognitions that they hold."""
