"""Managers put money into wallets."""
