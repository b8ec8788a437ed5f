"""Proving the book: what is new every minute, everything once a day, and when an operator asks."""
