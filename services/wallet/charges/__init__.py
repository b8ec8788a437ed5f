"""Tools take money from wallets."""
