"""When a plan runs, ends, is announced and renewed; and what a list of prices may say. Pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from deploy.local.errors import Refused
from deploy.local.price_files import EDITION, read_prices
from services.wallet.plans.prices import Prices, changes, terms_of, with_vat
from services.wallet.plans.rules import (
    RENEWAL_TRIES,
    Plan,
    State,
    Step,
    due_steps,
    last_day,
    next_look_at,
    start_of,
    term_of,
)
from shared.ids import new_id
from tests.wallet.shop import prices, texts

BOUGHT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def plan(**more: Any) -> Plan:
    starts_at, ends_on, ends_at = term_of(BOUGHT)
    facts: dict[str, Any] = {
        "id": new_id(),
        "organisation_id": new_id(),
        "tool_id": "cadastrefinder",
        "offer_id": new_id(),
        "name": "20 uses",
        "uses": 20,
        "used": 0,
        "starts_at": starts_at,
        "ends_on": ends_on,
        "ends_at": ends_at,
        "renews": False,
    }
    return Plan(**{**facts, **more})


@pytest.mark.parametrize(
    ("bought_at", "ends_on"),
    [
        (datetime(2026, 11, 22, 9, 30, tzinfo=UTC), date(2027, 11, 22)),
        # Already the next day in Belgium, in winter and in summer.
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), date(2027, 11, 23)),
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), date(2027, 7, 2)),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2027, 12, 31)),
        (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), date(2029, 2, 28)),
    ],
)
def test_a_plan_runs_up_to_and_including_the_day_a_year_later(bought_at: datetime, ends_on: date) -> None:
    assert last_day(bought_at) == ends_on
    assert term_of(bought_at)[2] == start_of(ends_on + DAY)


def test_a_plan_that_follows_begins_where_the_one_before_ends() -> None:
    before = plan()
    starts_at, ends_on, ends_at = term_of(before.ends_at - DAY, before)
    assert (starts_at, ends_on) == (before.ends_at, date(2028, 11, 22))
    assert ends_at == start_of(date(2028, 11, 23))
    late = before.ends_at + 3 * DAY
    assert term_of(late, before)[0] == late
    used_up = replace(before, used=20)
    assert term_of(BOUGHT + DAY, used_up)[0] == BOUGHT + DAY


@pytest.mark.parametrize(
    ("more", "at", "state"),
    [
        ({}, BOUGHT, State.ACTIVE),
        ({"used": 20}, BOUGHT, State.USED_UP),
        ({"uses": None, "used": 10_000}, BOUGHT, State.ACTIVE),
        ({"starts_at": BOUGHT + DAY}, BOUGHT, State.WAITING),
        ({}, start_of(date(2027, 11, 23)) - timedelta(microseconds=1), State.ACTIVE),
        ({}, start_of(date(2027, 11, 23)), State.EXPIRED),
        ({"used": 20}, start_of(date(2027, 11, 23)), State.EXPIRED),
    ],
)
def test_the_state_follows_from_the_day_and_the_uses(more: dict[str, Any], at: datetime, state: State) -> None:
    assert plan(**more).state(at) is state


REMINDED = {"ending_said_at": BOUGHT}
LAST_DAY = start_of(date(2027, 11, 22))
OVER = start_of(date(2027, 11, 23))


@pytest.mark.parametrize(
    ("more", "at", "steps"),
    [
        ({}, BOUGHT, []),
        ({"used": 17}, BOUGHT, []),
        ({"used": 18}, BOUGHT, [Step.REMIND]),
        ({"used": 18, **REMINDED}, BOUGHT, []),
        ({"uses": 3, "used": 2}, BOUGHT, [Step.REMIND]),
        ({"uses": 1}, BOUGHT, []),
        ({"used": 20}, BOUGHT, [Step.SAY_USED_UP]),
        ({"used": 20, "used_up_said_at": BOUGHT}, BOUGHT, []),
        ({"used": 20, "renews": True}, BOUGHT, [Step.RENEW, Step.SAY_USED_UP]),
        ({}, LAST_DAY - 30 * DAY, [Step.REMIND]),
        ({"uses": None}, LAST_DAY - 30 * DAY - timedelta(hours=2), []),
        ({"renews": True, **REMINDED}, LAST_DAY - timedelta(seconds=1), []),
        ({"renews": True, **REMINDED}, LAST_DAY, [Step.RENEW]),
        ({"renews": True, "renewed_as": new_id(), **REMINDED}, LAST_DAY, []),
        ({"renews": True, "retry_at": LAST_DAY + DAY, **REMINDED}, LAST_DAY, []),
        ({"renews": True, "renewal_tries": RENEWAL_TRIES, **REMINDED}, LAST_DAY, []),
        ({}, OVER, [Step.SAY_EXPIRED]),
        ({"renews": True}, OVER, [Step.RENEW, Step.SAY_EXPIRED]),
        ({"expired_said_at": OVER}, OVER, []),
        ({"used": 20, "used_up_said_at": BOUGHT}, OVER, []),
    ],
)
def test_what_is_due_about_a_plan(more: dict[str, Any], at: datetime, steps: list[Step]) -> None:
    assert due_steps(plan(**more), at) == steps


@pytest.mark.parametrize(
    ("more", "at", "next_at"),
    [
        ({}, BOUGHT, LAST_DAY - 30 * DAY),
        (REMINDED, BOUGHT, OVER),
        ({"renews": True, **REMINDED}, BOUGHT, LAST_DAY),
        ({"renews": True, "retry_at": BOUGHT + DAY, "used": 20, "used_up_said_at": BOUGHT}, BOUGHT, BOUGHT + DAY),
        ({"renews": True, "retry_at": BOUGHT + DAY, **REMINDED}, BOUGHT, LAST_DAY),
        ({"expired_said_at": OVER, **REMINDED}, OVER, None),
    ],
)
def test_the_timer_comes_back_when_something_can_be_due(more: dict[str, Any], at: datetime, next_at: datetime) -> None:
    found = next_look_at(plan(**more), at)
    assert found == next_at if next_at is None or next_at.hour else found is not None
    if next_at is not None:
        assert found is not None
        assert abs(found - next_at) <= timedelta(hours=1), "an hour where the clock changes in between"


@pytest.mark.parametrize(
    ("excl", "rate", "incl"), [(22_400, 2_100, 27_104), (50, 2_100, 61), (7, 600, 7), (9, 600, 10), (5, 0, 5)]
)
def test_vat_is_rounded_half_up(excl: int, rate: int, incl: int) -> None:
    assert with_vat(excl, rate) == incl


def test_the_edition_has_the_prices_of_2024() -> None:
    found = {(one.tool_id, one.kind, one.slug): one for one in terms_of(Prices.model_validate(read_prices(EDITION)))}
    amounts = [found["cadastrefinder", "plan", slug].price_excl_cents for slug in ("20-uses", "100-uses", "unlimited")]
    assert amounts == [22_400, 44_000, 66_500]
    assert found["cadastrefinder", "use", "use"].price_excl_cents == 1_900
    assert {one.vat_rate_bp for one in found.values()} == {2_100}


@pytest.mark.parametrize(
    "wrong",
    [
        {"vat_percent": 20},
        {"per_use": 19.0},
        {"per_use": "19.001"},
        {"per_use": "-1"},
        {"per_use": "nan"},
        {"plans": [{"id": "a", "names": texts("A"), "uses": None, "price": "1"}]},
        {"plans": [{"id": "a", "names": texts("A"), "uses": 0, "price": "1"}]},
        {"plans": [{"id": "a", "names": {"en": "A"}, "uses": 1, "price": "1"}]},
        {"plans": [{"id": "a", "names": texts("A"), "uses": 1, "price": "1"}] * 2},
        {"credits": [{"id": "a", "names": texts("A"), "credits": "ten", "price": "1"}]},
        {"colour": "red"},
    ],
)
def test_a_wrong_price_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        prices(**wrong)


def test_a_wrong_file_says_where(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("prices:\n  - tool: cadastrefinder\n    vat_percent: 21\n    per_use: 19.001\n")
    with pytest.raises(Refused, match=r"prices.yaml:4: prices.0.per_use: an amount has whole cents"):
        read_prices(file)


def test_only_what_differs_changes_and_only_for_the_tools_of_the_list() -> None:
    on_sale = terms_of(prices())
    other = [replace(one, tool_id="romi") for one in on_sale]
    assert changes([*on_sale, *other], on_sale, ["cadastrefinder"]) == []
    dearer = terms_of(prices(plans=[{"id": "3-uses", "names": texts("3 uses"), "uses": 3, "price": "41.00"}]))
    found = changes([*on_sale, *other], dearer, ["cadastrefinder"])
    told = [(one.before.slug if one.before else "", one.after.price_excl_cents if one.after else 0) for one in found]
    assert told == [("3-uses", 4_100), ("20-uses", 0), ("unlimited", 0)]
