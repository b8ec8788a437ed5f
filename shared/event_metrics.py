"""What Prometheus sees of the event half of a service. One process is one service, so nothing is labelled with it."""

from prometheus_client import Counter, Gauge, Histogram

OUTBOX_ROWS = Gauge(
    "immo_outbox_rows", "Events that are committed and not yet published; the relay's leader reports it"
)
OUTBOX_AGE_S = Gauge("immo_outbox_age_s", "Age of the oldest event that is not yet published")
PUBLISHED = Counter("immo_events_published", "Messages that Kafka acknowledged", ["topic"])
PUBLISH_FAILURES = Counter("immo_publish_failures", "Batches of the outbox of which a message was not acknowledged")
RELAY_LEADER = Gauge("immo_relay_leader", "1 while this process publishes")

CONSUMER_LAG = Gauge("immo_consumer_lag", "Messages that are in Kafka and not yet handled", ["consumer"])
CONSUMED = Counter("immo_events_consumed", "Events by what became of them", ["consumer", "type", "outcome"])
CONSUME_S = Histogram(
    "immo_consume_batch_seconds",
    "From the first record of a batch to its commit",
    ["consumer"],
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 10),
)
CONSUMER_WAITING = Gauge(
    "immo_consumer_waiting", "1 while a consumer waits for something that is away; alert on it", ["consumer"]
)

DEAD_LETTERS = Gauge("immo_dead_letters", "Dead letters by state", ["state"])
JOBS_WAITING = Gauge("immo_jobs_waiting", "Jobs that are due and not finished")
JOBS_DONE = Counter("immo_jobs_done", "Runs of jobs by outcome", ["kind", "outcome"])

TIMER_FAILURES = Counter("immo_timer_failures", "Times at which a timer's work failed", ["timer"])
