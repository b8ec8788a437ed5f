"""Nobody gets fifty mails in a minute; and a digest leaves when it was promised. Pure."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.digests.rules import FIRST_PAUSE, LONGEST_PAUSE, Burst, digest_at, gather, pause_after
from services.notify.preferences.rules import choice_for
from shared.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STEPS = st.lists(st.integers(0, 7200), min_size=1, max_size=200)


def leaving(gaps_s: list[int]) -> tuple[list[datetime], list[tuple[datetime, datetime]]]:
    """When mails left, and for each thing that happened: when, and when the reader heard of it."""
    now, burst, left, heard = NOW, None, set[datetime](), list[tuple[datetime, datetime]]()
    for gap_s in gaps_s:
        now += timedelta(seconds=gap_s)
        due_at, burst = gather(burst, now=now)
        left.add(due_at or now)
        heard.append((now, due_at or now))
    return sorted(left), heard


def test_the_first_leaves_at_once_and_fifty_more_in_a_minute_are_one_mail() -> None:
    left, _ = leaving([0, *[1] * 50])
    assert left == [NOW, NOW + FIRST_PAUSE]


def test_after_a_rest_the_next_one_leaves_at_once_again() -> None:
    left, _ = leaving([0, 3600])
    assert left == [NOW, NOW + timedelta(hours=1)]


@given(gaps_s=STEPS)
def test_mails_of_a_kind_leave_at_least_the_first_pause_apart(gaps_s: list[int]) -> None:
    left, _ = leaving(gaps_s)
    assert all(later - earlier >= FIRST_PAUSE for earlier, later in pairwise(left))


@given(gaps_s=STEPS)
def test_whatever_happens_is_heard_within_the_longest_pause_and_never_before(gaps_s: list[int]) -> None:
    _, heard = leaving(gaps_s)
    assert all(timedelta() <= at - happened <= LONGEST_PAUSE for happened, at in heard)


@given(gaps_s=st.lists(st.integers(0, 30), min_size=500, max_size=500))
def test_what_never_stops_becomes_a_mail_an_hour(gaps_s: list[int]) -> None:
    """Five growing pauses at first, and then the longest."""
    left, heard = leaving(gaps_s)
    hours = (heard[-1][0] - NOW) / timedelta(hours=1)
    assert len(left) <= 8 + hours


@given(gathered=st.integers(0, 10_000))
def test_pauses_grow_to_an_end(gathered: int) -> None:
    assert FIRST_PAUSE <= pause_after(gathered) <= pause_after(gathered + 1) <= LONGEST_PAUSE


def test_what_comes_while_a_digest_waits_joins_it() -> None:
    waiting = Burst(NOW + timedelta(seconds=90), 1)
    assert gather(waiting, now=NOW) == (waiting.last_at, waiting)


@given(moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))
def test_a_digest_leaves_in_the_next_hour_or_day(moment: datetime) -> None:
    assert timedelta() < digest_at("hourly", now=moment) - moment <= timedelta(hours=1)
    assert timedelta() < digest_at("daily", now=moment) - moment <= timedelta(hours=25), "a day has 25 once a year"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 1, 10, 5, 59, tzinfo=UTC), datetime(2026, 1, 10, 6, 0, tzinfo=UTC)),
        (datetime(2026, 1, 10, 6, 0, tzinfo=UTC), datetime(2026, 1, 11, 6, 0, tzinfo=UTC)),
        (datetime(2026, 7, 10, 22, 30, tzinfo=UTC), datetime(2026, 7, 11, 5, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
    ],
)
def test_the_daily_one_leaves_at_seven_in_brussels_also_when_the_clocks_change(
    now: datetime, expected: datetime
) -> None:
    assert digest_at("daily", now=now) == expected


def test_what_was_chosen_for_an_organisation_goes_before_what_was_chosen_for_all() -> None:
    ada, lys, other = new_id(), new_id(), new_id()
    choices = {(ada, "wallet", None): "daily", (ada, "wallet", lys): "site", (ada, "invoices", lys): "hourly"}
    assert choice_for(choices, ada, "balance-low", lys) == "site"  # type: ignore[arg-type]
    assert choice_for(choices, ada, "balance-low", other) == "daily"  # type: ignore[arg-type]
    assert choice_for(choices, ada, "invoice-issued", other) == "at-once"  # type: ignore[arg-type]
    assert choice_for(choices, ada, "recognition-lapsed", None) == "at-once"  # type: ignore[arg-type]
    assert choice_for(choices, ada, "wallet-charged-back", lys) == "at-once", "nobody can stop it"  # type: ignore[arg-type]
