"""Top-ups for support: what became of their money, giving it back, and what came in and is in no wallet."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from services.wallet.adjustments.rules import STAFF_FRESH_S, STAFF_ROLE
from services.wallet.at import At
from services.wallet.fields import Answer, Body
from services.wallet.ledger.rules import MAX_AMOUNT_CENTS
from services.wallet.payments import store as payment_store
from services.wallet.returns import store, strays
from services.wallet.returns.refunds import left_of, request_refund
from services.wallet.returns.rules import MAX_REASON_CHARS, TopUpRefund
from services.wallet.topups.handlers import get_top_up
from services.wallet.topups.rules import State
from services.wallet.topups.store import latest_of_wallet
from shared.tokens import Person, person

MAX_ROWS = 50
MAX_STRAYS = 200

router = APIRouter(prefix="/api/support", tags=["support"])
Staff = Annotated[Person, person(acr="mfa", staff=STAFF_ROLE, fresh_s=STAFF_FRESH_S)]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=5, max_length=MAX_REASON_CHARS, pattern=r"^[^\x00-\x1f\x7f]*$"),
]


class RefundBody(Body):
    """id: chosen by whoever asks; sent again, it is the same refund."""

    id: UUID
    amount_cents: Annotated[int, Field(gt=0, le=MAX_AMOUNT_CENTS)]
    reason: Reason


class StrayBody(Body):
    """note: what was done about it."""

    note: Reason


class RefundAnswer(Answer):
    """requested_by: None where it was asked for at the provider."""

    id: UUID
    amount_cents: int
    reason: str
    requested_by: UUID | None
    reference: str | None
    state: str
    created_at: datetime
    ended_at: datetime | None


class EffectAnswer(Answer):
    """What the payment did to the book. part: the refund or chargeback."""

    kind: str
    part: str
    amount_cents: int
    transaction_id: UUID


class SupportedTopUpAnswer(Answer):
    """left_cents: what can still be refunded, as far as the wallet has it."""

    id: UUID
    organisation_id: UUID
    state: str
    reason: str | None
    amount_cents: int
    method: str
    provider: str
    reference: str | None
    requested_by: UUID
    created_at: datetime
    left_cents: int
    refunds: list[RefundAnswer]
    effects: list[EffectAnswer]


class ShortTopUpAnswer(Answer):
    id: UUID
    state: str
    amount_cents: int
    method: str
    reference: str | None
    created_at: datetime


class TopUpsOfWalletAnswer(Answer):
    """Latest first."""

    top_ups: list[ShortTopUpAnswer]


class StrayAnswer(Answer):
    provider: str
    reference: str
    top_up_id: UUID | None
    organisation_id: UUID | None
    amount_cents: int
    currency: str
    reason: str
    found_at: datetime


class StraysAnswer(Answer):
    """Oldest first."""

    payments: list[StrayAnswer]


@router.get("/wallets/{organisation_id}/top-ups")
async def list_top_ups(organisation_id: UUID, caller: Staff, at: At) -> TopUpsOfWalletAnswer:
    async with at.database.acquire() as db:
        found = await latest_of_wallet(db, organisation_id, limit=MAX_ROWS)
    return TopUpsOfWalletAnswer(top_ups=[ShortTopUpAnswer.model_validate(one) for one in found])


@router.get("/top-ups/{top_up_id}")
async def show_top_up(top_up_id: UUID, caller: Staff, at: At) -> SupportedTopUpAnswer:
    async with at.database.transaction() as db:
        top_up = await get_top_up(db, top_up_id)
        effects = await payment_store.effects_of(db, top_up.provider, top_up.reference or "")
        return SupportedTopUpAnswer(
            id=top_up.id,
            organisation_id=top_up.wallet_id,
            state=top_up.state,
            reason=top_up.reason,
            amount_cents=top_up.amount_cents,
            method=top_up.method,
            provider=top_up.provider,
            reference=top_up.reference,
            requested_by=top_up.requested_by,
            created_at=top_up.created_at,
            left_cents=await left_of(db, top_up) if top_up.state is State.COMPLETED else 0,
            refunds=[_refund(one) for one in await store.refunds_of(db, top_up.id)],
            effects=[EffectAnswer.model_validate(one) for one in effects],
        )


@router.post("/top-ups/{top_up_id}/refunds", status_code=201)
async def refund(top_up_id: UUID, body: RefundBody, caller: Staff, at: At) -> RefundAnswer:
    """The money is out of the wallet at once, and goes back the way it came. Raises what `request_refund` raises."""
    async with at.database.transaction() as db:
        made = await request_refund(
            db,
            top_up_id,
            body.amount_cents,
            body.reason,
            refund_id=body.id,
            by=caller.account_id,
            now=datetime.now(UTC),
        )
    return _refund(made)


@router.get("/stray-payments")
async def list_strays(caller: Staff, at: At) -> StraysAnswer:
    """Money that came in and is in no wallet."""
    async with at.database.acquire() as db:
        found = await payment_store.open_strays(db, limit=MAX_STRAYS)
    return StraysAnswer(payments=[StrayAnswer.model_validate(one) for one in found])


@router.post("/stray-payments/{provider}/{reference}/settle", status_code=204)
async def settle_stray(provider: str, reference: str, body: StrayBody, caller: Staff, at: At) -> None:
    """Somebody saw to it, for example by refunding it at the provider. Raises StrayNotFound."""
    async with at.database.transaction() as db:
        await strays.settle(db, provider, reference, body.note, by=caller.account_id, now=datetime.now(UTC))


def _refund(refund: TopUpRefund) -> RefundAnswer:
    return RefundAnswer.model_validate(refund)
