"""How fast mails leave, how long one waits after a failure, and when it is given up. Time is an argument."""

from datetime import datetime, timedelta

from services.notify.mails.rules import Delivery
from shared.consume_errors import pause_s

URGENT = 10
"""Codes: somebody waits for them."""
ORDINARY = 0
BULK = -10
"""One of very many about the same thing, behind what concerns few."""
BULK_FROM = 50

GIVEN_UP_AFTER = timedelta(days=5)


def priority_of(recipients: int) -> int:
    """Of a mail that goes to so many people at once."""
    return BULK if recipients >= BULK_FROM else ORDINARY


def is_given_up(delivery: Delivery, *, first_due_at: datetime, now: datetime) -> bool:
    """What ends by itself, such as a code, is tried until then."""
    return delivery.expires_at is None and now - first_due_at >= GIVEN_UP_AFTER


def again_after_s(attempt: int, *, priority: int, is_deferred: bool) -> float:
    """attempt: from 1. is_deferred: the server answered "not now" about this mail, as greylisting does for some minutes."""
    if priority >= URGENT:
        return pause_s(attempt, first_s=2.0, most_s=30.0)
    if is_deferred:
        return pause_s(attempt, first_s=60.0, most_s=3600.0)
    return pause_s(attempt, first_s=2.0, most_s=900.0)


def slots(free_at: datetime, count: int, *, per_s: float, burst: int, now: datetime) -> tuple[list[datetime], datetime]:
    """When each of `count` mails to one domain may leave, and from when the next may.

    A token bucket, written as a time: `burst` may leave at once after a rest, and then `per_s` a second.
    """
    step = timedelta(seconds=1 / per_s)
    rested = max(free_at, now - step * burst)
    return [max(now, rested + step * n) for n in range(1, count + 1)], rested + step * count
