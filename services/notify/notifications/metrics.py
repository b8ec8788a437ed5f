"""What Prometheus sees of the list on the site."""

from prometheus_client import Counter, Gauge

ASKING = Gauge("immo_notify_live_questions", "Questions for news of open pages that wait for an answer")
FORGOTTEN = Counter("immo_notifications_forgotten", "Notifications that were deleted because of their age")
