"""What an operator watches about registries."""

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter("immo_registry_calls", "Questions to registries, by what came of them", ["registry", "outcome"])
CALL_S = Histogram(
    "immo_registry_seconds", "How long a registry took", ["registry"], buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
)
CIRCUIT = Gauge("immo_registry_circuit", "0 asked as usual, 1 on trial, 2 left alone", ["registry"])
WAITING = Gauge("immo_registry_waiting", "Questions that wait to be asked", ["registry"])
SOURCE_AGE_DAYS = Gauge("immo_registry_source_age_days", "Age of the file by which the registry answers", ["registry"])
FILE_LINES = Counter("immo_registry_file_lines", "Lines of files, by what came of them", ["registry", "outcome"])

CIRCUIT_STATES = {"closed": 0, "half-open": 1, "open": 2}
