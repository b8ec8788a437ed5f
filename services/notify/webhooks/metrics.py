"""What Prometheus sees of webhooks. No label holds an address or a tool."""

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter("immo_webhook_deliveries", "Calls of webhooks by what became of them", ["outcome"])
WAITING = Gauge("immo_webhook_waiting", "Events that wait for webhooks which are switched on, also for another try")
OLDEST_AGE_S = Gauge("immo_webhook_oldest_age_s", "How long the oldest of them has been due")
FAILING = Gauge("immo_webhook_failing", "Webhooks that have taken nothing for an hour or more")
SWITCHED_OFF = Counter("immo_webhook_switched_off", "Webhooks switched off by the platform", ["reason"])
UNNUMBERED_AGE_S = Gauge(
    "immo_tool_events_unnumbered_age_s", "How long the oldest event has waited for its place in the log; alert on it"
)
SEND_S = Histogram(
    "immo_webhook_send_seconds",
    "From the call of a webhook to its answer",
    buckets=(0.01, 0.05, 0.2, 1, 5, 15),
)
STREAMS = Gauge("immo_event_streams", "Tools that read their events as a stream from this process")
