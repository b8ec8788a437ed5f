"""Tools set money aside, and take it or give it back."""
