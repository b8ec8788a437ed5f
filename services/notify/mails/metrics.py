"""What Prometheus sees of the mails. No label holds an address or a domain."""

from prometheus_client import Counter, Gauge, Histogram

WAITING = Gauge("immo_mails_waiting", "Mails that are not sent yet, also those that are tried again later")
OLDEST_AGE_S = Gauge("immo_mails_oldest_age_s", "How long the oldest of them has been due; alert on it")
ATTEMPTS = Counter("immo_mails", "Attempts to send a mail by what became of them", ["kind", "outcome"])
SEND_S = Histogram(
    "immo_mail_send_seconds",
    "From the first command to the mail server's answer",
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60),
)
SERVER_AWAY = Gauge("immo_mail_server_away", "1 while this process waits for the mail server; alert on it")
