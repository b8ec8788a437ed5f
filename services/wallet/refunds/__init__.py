"""Tools give back what they charged, whole or in part."""
