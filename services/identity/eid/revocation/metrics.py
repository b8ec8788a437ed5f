"""What Prometheus sees of revocation."""

from prometheus_client import Counter, Histogram

CARDS = Counter("immo_eid_cards", "Cards that were read, by the code of the refusal or `accepted`", ["outcome"])
CHECKS = Counter(
    "immo_eid_revocation_checks",
    "Cards whose revocation was looked up, by where the answer came from (memory, database, ocsp, crl, none) and what it was",
    ["source", "outcome"],
)
REQUESTS = Counter(
    "immo_eid_revocation_requests", "Requests to authorities, by what came of them", ["source", "outcome"]
)
REQUEST_S = Histogram(
    "immo_eid_revocation_request_seconds",
    "Time until an authority answered, or did not",
    ["source"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
