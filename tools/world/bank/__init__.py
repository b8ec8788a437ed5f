"""The platform's bank: takes transfers, and tells of them in CODA files."""
