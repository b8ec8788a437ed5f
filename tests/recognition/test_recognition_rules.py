"""What an answer means, compared with what was known."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recognition.rules import LONGEST_PAUSE_S, Entry, compare, current_of, pause_s

TODAY = date(2026, 5, 4)
KINDS = dict.fromkeys(("ipi", "cib", "fs323"), 0)
DAYS = st.none() | st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days))
ENTRIES = st.lists(
    st.builds(Entry, st.sampled_from(["ipi", "cib", "fs323", "unknown"]), st.none() | st.text(max_size=3), DAYS, DAYS),
    max_size=8,
)


def entry(kind: str = "ipi", begins: int | None = -10, ends: int | None = 10, number: str | None = "501234") -> Entry:
    """begins, ends: in days from today; None for no such date."""

    def day(days: int | None) -> date | None:
        return None if days is None else TODAY + timedelta(days=days)

    return Entry(kind, number, day(begins), day(ends))


@pytest.mark.parametrize(
    ("begins", "ends", "counts"),
    [
        (-10, 10, True),
        (0, 0, True),
        (None, None, True),
        (-10, 0, True),
        (-10, -1, False),
        (1, 10, False),
        (None, -1, False),
        (1, None, False),
    ],
)
def test_a_recognition_counts_from_its_first_to_its_last_day(
    begins: int | None, ends: int | None, counts: bool
) -> None:
    assert bool(current_of([entry(begins=begins, ends=ends)], KINDS, {}, today=TODAY)) is counts


def test_kinds_that_the_registry_does_not_vouch_for_are_not_believed() -> None:
    assert current_of([entry("cib"), entry("invented")], {"ipi": 0}, {}, today=TODAY) == {}


def test_of_several_of_one_kind_the_longest_counts() -> None:
    longest = entry(ends=None, number="3")
    entries = [entry(ends=5, number="1"), longest, entry(ends=-5, number="4"), entry(ends=9, number="2")]
    assert current_of(entries, KINDS, {}, today=TODAY) == {"ipi": longest}


def test_a_change_names_what_began_and_what_ceased() -> None:
    known = {"ipi": entry("ipi"), "cib": entry("cib")}
    change = compare(known, {"cib": entry("cib"), "fs323": entry("fs323")})
    assert (change.granted, change.lapsed, change.is_different) == (("fs323",), ("ipi",), True)


def test_a_longer_validity_is_different_but_nothing_new() -> None:
    change = compare({"ipi": entry(ends=1)}, {"ipi": entry(ends=300)})
    assert (change.granted, change.lapsed, change.is_different) == ((), (), True)


@given(ENTRIES)
def test_the_same_answer_in_any_order_and_twice_over_changes_nothing(entries: list[Entry]) -> None:
    once = current_of(entries, KINDS, {}, today=TODAY)
    assert current_of([*reversed(entries), *entries], KINDS, {}, today=TODAY) == once
    assert not compare(once, once).is_different


@given(ENTRIES, ENTRIES)
def test_what_was_known_and_what_changed_give_what_counts(before: list[Entry], after: list[Entry]) -> None:
    known, current = (current_of(entries, KINDS, {}, today=TODAY) for entries in (before, after))
    change = compare(known, current)
    assert (known.keys() | set(change.granted)) - set(change.lapsed) == current.keys()
    assert all(one.counts_on(TODAY) for one in change.current.values())


@given(st.integers(1, 10_000))
def test_pauses_grow_to_a_limit(attempt: int) -> None:
    assert 1.0 <= pause_s(attempt) <= pause_s(attempt + 1) <= LONGEST_PAUSE_S
