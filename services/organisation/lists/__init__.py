"""The lists of organisations that tools keep."""
