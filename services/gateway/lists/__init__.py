"""The lists of organisations that tools keep, as the staff imports them."""
