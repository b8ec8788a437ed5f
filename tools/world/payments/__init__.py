"""The payment provider simulator, shaped like Mollie's API v2."""
