"""Wallets over HTTP, for managers and those whom they let see it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.wallet.access.viewers import Viewer
from services.wallet.at import At, top_up_url
from services.wallet.fields import Answer
from services.wallet.ledger.rules import EUR, tool_of
from services.wallet.ledger.store import get_wallet, wallets_of
from services.wallet.topups.rules import MINIMUM_CENTS
from shared.tokens import Person, person

router = APIRouter(prefix="/api/wallets/{organisation_id}")
Caller = Annotated[Person, person()]


class CreditsAnswer(Answer):
    """What is left of one tool's credits. available: what is not held for reservations."""

    tool_id: str
    balance: int
    available: int


class WalletAnswer(Answer):
    """available_cents: the balance without what is held for reservations. low_threshold_cents: 0 for never low.

    is_frozen: nothing can be taken out. may_manage: whether the caller decides, or only looks
    and tops up.
    """

    organisation_id: UUID
    currency: str
    balance_cents: int
    held_cents: int
    available_cents: int
    low_threshold_cents: int
    is_low: bool
    is_frozen: bool
    may_manage: bool
    credits: list[CreditsAnswer]
    minimum_top_up_cents: int
    top_up_url: str


@router.get("")
async def show_wallet(organisation_id: UUID, caller: Caller, at: At) -> WalletAnswer:
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        wallet = await get_wallet(db, viewer.organisation_id)
        others = [one for one in await wallets_of(db, viewer.organisation_id) if one.unit != EUR]
    return WalletAnswer(
        organisation_id=wallet.organisation_id,
        currency=wallet.unit,
        balance_cents=wallet.balance_cents,
        held_cents=wallet.held_cents,
        available_cents=wallet.available_cents,
        low_threshold_cents=wallet.low_threshold_cents,
        is_low=wallet.balance_cents < wallet.low_threshold_cents,
        is_frozen=wallet.frozen_at is not None,
        may_manage=viewer.may_manage,
        credits=[
            CreditsAnswer(tool_id=tool_of(one.unit), balance=one.balance_cents, available=one.available_cents)
            for one in others
        ],
        minimum_top_up_cents=MINIMUM_CENTS,
        top_up_url=top_up_url(at, wallet.id),
    )
