"""The payment provider: what we ask of one, and the adapter for Mollie."""
