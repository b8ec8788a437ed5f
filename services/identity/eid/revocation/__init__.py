"""Is a card's certificate still good: what its authority says by OCSP (RFC 6960), or by its list of revoked ones (RFC 5280)."""
