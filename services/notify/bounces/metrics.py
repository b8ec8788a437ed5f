"""What Prometheus sees of mails that came back. No label holds an address or a domain."""

from prometheus_client import Counter, Gauge

REPORTS = Counter("immo_mail_reports", "Reports about mails by what they led to", ["outcome"])
REFUSALS = Counter("immo_mail_policy_refusals", "Mails refused for what we are or wrote; alert on it")
MARKED = Gauge("immo_mail_addresses_undeliverable", "Addresses of people that take no mail")
ASIDE = Gauge(
    "immo_mail_reports_aside", "Mails to the address of reports that could not be read and wait to be looked at"
)
