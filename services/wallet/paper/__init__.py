"""Documents for people: receipts and invoices, as PDF."""
