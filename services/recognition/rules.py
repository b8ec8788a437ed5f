"""What an answer of a registry means for someone, compared with what was known. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from shared.errors import Conflict, TooMany, Unavailable
from shared.markers import N_

ASK_AGAIN_AFTER_S = 60
LONGEST_PAUSE_S = 60.0
NOTICE_DAYS = (30, 7)
"""How long before the end of a recognition its holder is told, once each."""

SUPPORT = "support"
"""Where a recognition comes from that no registry vouches for: the staff has seen evidence."""


class RegistryUnavailable(Unavailable):
    """No answer, or one that cannot be believed. reason: a word without anybody's data. retry_after_s: None for as usual."""

    code = "registry-unavailable"
    message = N_("The registry does not answer at the moment.")

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason=reason)
        self.retry_after_s = retry_after_s

    @property
    def reason(self) -> str:
        return str(self.params["reason"])


class RegistryBusy(RegistryUnavailable):
    """Not asked yet, because others are before this question, or the registry wants to be left alone for a while."""

    def __init__(self, reason: str, *, retry_after_s: float) -> None:
        super().__init__(reason, retry_after_s=retry_after_s)


class EidNotLinked(Conflict):
    code = "eid-not-linked"
    message = N_("Link your identity card first: registries are asked by your national number.")


class TooSoon(TooMany):
    code = "too-soon"
    message = N_("The registries were asked a moment ago. Try again in {retry_after_s} seconds.")


@dataclass(frozen=True)
class Entry:
    """What a registry says that someone holds. valid_until: the last day, None for no end.

    grace_days: for how long after that day it still counts, as long as the registry has said nothing else.
    """

    kind: str
    number: str | None
    valid_from: date | None
    valid_until: date | None
    grace_days: int = 0

    @property
    def counts_until(self) -> date | None:
        return None if self.valid_until is None else self.valid_until + timedelta(days=self.grace_days)

    def counts_on(self, today: date) -> bool:
        """Without grace."""
        return self.has_begun(today) and (self.valid_until is None or self.valid_until >= today)

    def has_begun(self, today: date) -> bool:
        return self.valid_from is None or self.valid_from <= today

    def is_in_grace(self, today: date) -> bool:
        return self.valid_until is not None and self.valid_until < today <= (self.counts_until or date.max)


@dataclass(frozen=True)
class Change:
    """current: what counts now, by kind. granted, lapsed: kinds that began and ceased to count. is_different: anything at all."""

    current: Mapping[str, Entry]
    granted: tuple[str, ...]
    lapsed: tuple[str, ...]
    is_different: bool


def current_of(
    entries: Iterable[Entry], graces: Mapping[str, int], known: Mapping[str, Entry], *, today: date
) -> dict[str, Entry]:
    """What counts today, of the kinds that this registry vouches for; of several of one kind the one that lasts longest.

    graces: the days of grace of each of those kinds. known: what counted until now. Grace keeps what counted while the registry
    says no more than that it ended as was foreseen; it begins nothing, and an end that was moved forward ends at once.
    """
    ours = [replace(entry, grace_days=graces[entry.kind]) for entry in entries if entry.kind in graces]
    counting = [entry for entry in ours if entry.counts_on(today) or _is_kept(entry, known.get(entry.kind), today)]
    return {entry.kind: entry for entry in sorted(counting, key=_rank)}


def compare(known: Mapping[str, Entry], current: Mapping[str, Entry]) -> Change:
    """known: what counted until now."""
    return Change(
        current=current,
        granted=tuple(sorted(current.keys() - known.keys())),
        lapsed=tuple(sorted(known.keys() - current.keys())),
        is_different=dict(known) != dict(current),
    )


def notice_day(valid_until: date | None, grace_days: int, *, today: date, told_days: int | None = None) -> date | None:
    """When its holder is to be told next that a recognition ends; today where that day has passed already, None for never.

    told_days: how many days before the end they were told last; 0 for after it.
    """
    if valid_until is None:
        return None
    left = (valid_until - today).days
    stages = [days for days in NOTICE_DAYS if (told_days is None or days < told_days) and left >= 0]
    passed = [days for days in stages if left <= days]
    if passed:
        return today
    if stages:
        return valid_until - timedelta(days=max(stages))
    if grace_days and told_days != 0:
        return max(today, valid_until + timedelta(days=1))
    return None


def notice_stage(valid_until: date, *, today: date) -> int:
    """Which notice is due: 30, 7, or 0 once it has ended and only its grace is left."""
    left = (valid_until - today).days
    if left < 0:
        return 0
    return min((days for days in NOTICE_DAYS if left <= days), default=max(NOTICE_DAYS))


def next_refresh(account_id: UUID, registry: str, *, now: datetime, every: timedelta) -> datetime:
    """Half to one and a half times `every` from now, at a moment that is this person's own: whoever is asked about in one minute,
    as after an outage, is spread evenly over the time after.
    """
    digest = hashlib.blake2b(account_id.bytes + registry.encode(), digest_size=8).digest()
    own = every * (int.from_bytes(digest, "big") / 2**64)
    since = (now - datetime(2020, 1, 1, tzinfo=UTC)) % every
    until_own = (own - since) % every
    return now + until_own if until_own >= every / 2 else now + until_own + every


def pause_s(attempt: int) -> float:
    """Seconds until a registry that did not answer is asked again; attempt: from 1."""
    return min(LONGEST_PAUSE_S, 2.0 ** min(attempt - 1, 10))


def held_elsewhere(kind: str, source: str, counting: Collection[tuple[str, str]]) -> bool:
    """counting: kind and source of all that counts."""
    return any(other_kind == kind and other_source != source for other_kind, other_source in counting)


def _is_kept(entry: Entry, known: Entry | None, today: date) -> bool:
    if known is None or known.valid_until is None or entry.valid_until is None:
        return False
    return entry.valid_until >= known.valid_until and entry.has_begun(today) and entry.is_in_grace(today)


def _rank(entry: Entry) -> tuple[date, date, str, bool, bool]:
    """Orders entries of one kind by how long they last; complete, so that the order of an answer makes no difference."""
    return (
        entry.valid_until or date.max,
        entry.valid_from or date.min,
        entry.number or "",
        entry.number is None,
        entry.valid_until is None,
    )
