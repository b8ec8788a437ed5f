"""Invoices of a month: what was sold, numbered without gaps, as a PDF and as UBL for Peppol."""
