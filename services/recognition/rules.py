"""What an answer of a registry means for someone, compared with what was known. Pure."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date

from shared.errors import Conflict, TooMany, Unavailable
from shared.markers import N_

ASK_AGAIN_AFTER_S = 60
LONGEST_PAUSE_S = 60.0


class RegistryUnavailable(Unavailable):
    """No answer, or one that cannot be believed. reason: a word without anybody's data."""

    code = "registry-unavailable"
    message = N_("The registry does not answer at the moment.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class EidNotLinked(Conflict):
    code = "eid-not-linked"
    message = N_("Link your identity card first: registries are asked by your national number.")


class TooSoon(TooMany):
    code = "too-soon"
    message = N_("The registries were asked a moment ago. Try again in {retry_after_s} seconds.")


@dataclass(frozen=True)
class Entry:
    """What a registry says that someone holds. valid_until: the last day, None for no end."""

    kind: str
    number: str | None
    valid_from: date | None
    valid_until: date | None

    def counts_on(self, today: date) -> bool:
        begun = self.valid_from is None or self.valid_from <= today
        return begun and (self.valid_until is None or self.valid_until >= today)


@dataclass(frozen=True)
class Change:
    """current: what counts now, by kind. granted, lapsed: kinds that began and ceased to count. is_different: anything at all."""

    current: Mapping[str, Entry]
    granted: tuple[str, ...]
    lapsed: tuple[str, ...]
    is_different: bool


def current_of(entries: Iterable[Entry], kinds: Set[str], *, today: date) -> dict[str, Entry]:
    """What counts today, of the kinds that this registry vouches for; of several of one kind the one that lasts longest."""
    counting = [entry for entry in entries if entry.kind in kinds and entry.counts_on(today)]
    return {entry.kind: entry for entry in sorted(counting, key=_rank)}


def compare(known: Mapping[str, Entry], current: Mapping[str, Entry]) -> Change:
    """known: what counted until now."""
    return Change(
        current=current,
        granted=tuple(sorted(current.keys() - known.keys())),
        lapsed=tuple(sorted(known.keys() - current.keys())),
        is_different=dict(known) != dict(current),
    )


def pause_s(attempt: int) -> float:
    """Seconds until a registry that did not answer is asked again; attempt: from 1."""
    return min(LONGEST_PAUSE_S, 2.0 ** min(attempt - 1, 10))


def _rank(entry: Entry) -> tuple[date, date, str, bool, bool]:
    """Orders entries of one kind by how long they last; complete, so that the order of an answer makes no difference."""
    return (
        entry.valid_until or date.max,
        entry.valid_from or date.min,
        entry.number or "",
        entry.number is None,
        entry.valid_until is None,
    )
