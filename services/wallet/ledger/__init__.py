"""The book: wallets, transactions, entries."""
