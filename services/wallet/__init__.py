"""Wallets of organisations: a ledger, charges by tools, top-ups. See README.md."""
