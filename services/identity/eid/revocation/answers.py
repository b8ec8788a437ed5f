"""What an authority said of one certificate, and for how long that may be used. Pure: time is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Status = Literal["good", "revoked"]
Source = Literal["ocsp", "crl"]

SKEW = timedelta(minutes=15)
"""How far the clocks of an authority and of this machine may lie apart."""

# A card on hold may be given back to its holder at any counter, who then tries again.
_REVOKED_KEPT = timedelta(minutes=5)
# In the last quarter of its time an answer is renewed, while the old one can still stand in.
_REFRESH_AFTER = 0.75


class NotAnswered(Exception):
    """Nobody could say whether a certificate is good. reason: a few fixed words, for logs and metrics. detail: for logs.

    is_outage: the authority could not be reached, or says itself that it cannot answer now. Everything else (a forged, stale or
    foreign answer, a certificate it does not know) is never waved through.
    """

    def __init__(self, reason: str, *, is_outage: bool = False, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.is_outage = is_outage


@dataclass(frozen=True)
class Answer:
    """this_update: when it was so. Until refresh_at nobody is asked again; from expires_at on it counts for nothing."""

    status: Status
    source: Source
    this_update: datetime
    refresh_at: datetime
    expires_at: datetime


def answer(status: Status, source: Source, *, this_update: datetime, usable_until: datetime, now: datetime) -> Answer:
    """usable_until: of what it was read from (`usable_until`)."""
    expires_at = min(usable_until, now + _REVOKED_KEPT) if status == "revoked" else usable_until
    return Answer(status, source, this_update, now + (expires_at - now) * _REFRESH_AFTER, expires_at)


def usable_until(this_update: datetime, next_update: datetime | None, *, max_age: timedelta, now: datetime) -> datetime:
    """Not before `now`. Raises NotAnswered where it comes from the future or is stale, clocks allowed for.

    next_update: None promises nothing beyond this moment, so such an answer is never kept.
    """
    if this_update > now + SKEW:
        raise NotAnswered("from-the-future")
    if next_update is None:
        if now > this_update + SKEW:
            raise NotAnswered("stale")
        return now
    if next_update < this_update:
        raise NotAnswered("malformed")
    if now > next_update + SKEW or now > this_update + max_age:
        raise NotAnswered("stale")
    return max(now, min(next_update, this_update + max_age))
