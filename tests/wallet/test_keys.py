"""When two requests of a tool are the same, now and in later versions."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from services.wallet.charges.rules import ChargeRequest
from services.wallet.keys.rules import fingerprint
from services.wallet.reservations.rules import ReserveRequest
from shared.ids import new_id
from tests.wallet.book import TOOL, request_of

ASKED = request_of(new_id(), "k1")


@dataclass
class LaterRequest(ChargeRequest):
    """A charge as a later version may know it."""

    urgent: bool = False


@pytest.mark.parametrize(
    "change",
    [
        {"wallet_id": new_id()},
        {"amount_excl_cents": 1_901},
        {"amount_incl_cents": 2_300},
        {"vat_rate_bp": 600},
        {"description": "Another extract"},
        {"account_id": new_id()},
        {"unit": f"credits/{TOOL}"},
        {"plan_use": True},
    ],
)
def test_each_field_makes_another_request(change: dict[str, Any]) -> None:
    assert fingerprint("charge", replace(ASKED, **change)) != fingerprint("charge", ASKED)


def test_the_key_and_the_tool_are_not_what_is_asked() -> None:
    assert fingerprint("charge", replace(ASKED, idempotency_key="k2", tool_id="x")) == fingerprint("charge", ASKED)


def test_the_same_for_another_operation_is_another_request() -> None:
    reserve = ReserveRequest(**{name: value for name, value in vars(ASKED).items() if name != "plan_use"})
    assert fingerprint("reserve", reserve) != fingerprint("charge", reserve) == fingerprint("charge", ASKED)


def test_a_field_that_a_later_version_adds_leaves_old_keys_their_answer() -> None:
    later = LaterRequest(**vars(ASKED))
    assert fingerprint("charge", later) == fingerprint("charge", ASKED)
    assert fingerprint("charge", replace(later, urgent=True)) != fingerprint("charge", ASKED)
