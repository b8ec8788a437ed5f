"""What staff correct, and wallets that they freeze."""
