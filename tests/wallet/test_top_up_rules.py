"""What becomes of a top-up, whatever the provider says and in whatever order."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.wallet.payments.port import Payment
from services.wallet.topups.rules import (
    AmountAboveMaximum,
    AmountBelowMinimum,
    Credit,
    Fail,
    ReturnUrlForeign,
    State,
    TopUp,
    check_amount,
    decide,
    next_check,
    return_address,
    was_never_opened,
)
from shared.ids import new_id

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ORIGIN = "https://immo.example"


def top_up(**changes: Any) -> TopUp:
    usual: dict[str, Any] = {
        "id": new_id(),
        "wallet_id": new_id(),
        "amount_cents": 5_000,
        "currency": "EUR",
        "method": "visa",
        "provider": "mollie",
        "reference": "tr_1",
        "checkout_url": "https://pay.example",
        "requested_by": new_id(),
        "state": State.PENDING,
        "reason": None,
        "created_at": NOW,
        "ended_at": None,
    }
    return TopUp(**{**usual, **changes})


def payment(status: str = "paid", cents: int = 5_000, currency: str = "EUR") -> Payment:
    return Payment("tr_1", status, cents, currency, "visa", 0, 0, None)  # pyright: ignore[reportArgumentType]


# state of the top-up | the provider says | what follows
TABLE = """
    created   | open       | -
    created   | paid       | credit
    created   | failed     | failed
    pending   | open       | -
    pending   | pending    | -
    pending   | authorized | -
    pending   | paid       | credit
    pending   | failed     | failed
    pending   | canceled   | canceled
    pending   | expired    | expired
    failed    | open       | -
    failed    | failed     | -
    failed    | expired    | -
    failed    | paid       | credit
    expired   | canceled   | -
    expired   | paid       | credit
    completed | open       | -
    completed | failed     | -
    completed | expired    | -
    completed | paid       | -
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines(), ids=lambda line: " ".join(line.split()))
def test_what_follows_from_what_the_provider_says(line: str) -> None:
    state, status, wanted = (cell.strip() for cell in line.split("|"))
    found = decide(top_up(state=State(state)), payment(status))
    match found:
        case None:
            assert wanted == "-"
        case Credit():
            assert wanted == "credit"
        case Fail(reason):
            assert wanted == reason


@pytest.mark.parametrize(("cents", "currency"), [(4_999, "EUR"), (5_001, "EUR"), (5_000, "USD")])
def test_another_amount_or_currency_is_never_credited(cents: int, currency: str) -> None:
    assert decide(top_up(), payment("paid", cents, currency)) == Fail("amount-mismatch")
    assert decide(top_up(state=State.FAILED), payment("paid", cents, currency)) is None


@given(
    st.lists(st.sampled_from(["open", "pending", "authorized", "paid", "failed", "canceled", "expired"]), max_size=30)
)
def test_money_is_credited_once_and_only_if_it_was_ever_paid(said: list[str]) -> None:
    present, credited = top_up(), 0
    for status in said:
        match decide(present, payment(status)):
            case Credit():
                credited += 1
                present = top_up(state=State.COMPLETED)
            case Fail() as failed:
                present = top_up(state=failed.state)
            case None:
                pass
    assert credited == (1 if "paid" in said else 0)


def test_the_amount_has_limits() -> None:
    check_amount(5_000)
    check_amount(5_000_000)
    with pytest.raises(AmountBelowMinimum) as refused:
        check_amount(4_999)
    assert refused.value.params == {"minimum_cents": 5_000}
    with pytest.raises(AmountAboveMaximum):
        check_amount(5_000_001)


def test_one_returns_to_the_platform_and_nowhere_else() -> None:
    top_up_id = new_id()
    assert return_address(f"{ORIGIN}/w/{{top_up_id}}", ORIGIN, top_up_id) == f"{ORIGIN}/w/{top_up_id}"
    for foreign in (
        "https://evil.example/",
        "https://immo.example.evil.example/",
        "https://immo.example@evil.example/",
        "https://immo.example",
        "/relative",
        "javascript:alert(1)",
        "https://immo.example/\r\nx",
        "https://immo.example/\\evil.example",
    ):
        with pytest.raises(ReturnUrlForeign):
            return_address(foreign, ORIGIN, top_up_id)


def test_the_provider_is_asked_more_and_more_rarely_and_one_day_no_more() -> None:
    asked: list[datetime] = []
    moment: datetime | None = NOW
    while moment is not None and len(asked) < 1_000:
        asked.append(moment)
        moment = next_check(top_up(), now=moment)
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert pauses[0] == timedelta(minutes=1)
    assert pauses == sorted(pauses)
    assert max(pauses) == timedelta(hours=6)
    assert 100 < len(asked) < 200
    assert next_check(top_up(state=State.COMPLETED), now=NOW) is None


def test_a_top_up_whose_page_nobody_saw_ends_after_a_quarter_of_an_hour() -> None:
    waiting = top_up(state=State.CREATED, reference=None)
    assert not was_never_opened(waiting, now=NOW + timedelta(minutes=14))
    assert was_never_opened(waiting, now=NOW + timedelta(minutes=15))
    assert not was_never_opened(top_up(), now=NOW + timedelta(days=1))
