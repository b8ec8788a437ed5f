"""What a process of this service has besides the kit's runtime."""

from dataclasses import dataclass, field

from services.notify.bounces.jobs import Inspector
from services.notify.mails.sender import Post
from services.notify.notifications.ear import Ear
from services.notify.webhooks.handlers import Desk
from services.notify.webhooks.tail import Tail
from shared.rate_limit import RateLimit

CALLS_PER_MINUTE = 240
TRIALS_PER_MINUTE = 10


@dataclass(frozen=True, kw_only=True)
class Own(Post):
    """calls: of one client for its events. trials: and other things that cost more."""

    inspector: Inspector
    webhooks: Desk
    tail: Tail
    ear: Ear
    calls: RateLimit = field(default_factory=lambda: RateLimit(CALLS_PER_MINUTE))
    trials: RateLimit = field(default_factory=lambda: RateLimit(TRIALS_PER_MINUTE))
    streams: dict[str, int] = field(default_factory=dict[str, int])
