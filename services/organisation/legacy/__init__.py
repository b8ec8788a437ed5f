"""Memberships that older tools knew of."""
