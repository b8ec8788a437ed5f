"""What the staff records by hand, on evidence."""
