"""Transfers over HTTP for those who work in support."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.wallet.adjustments.rules import STAFF_FRESH_S, STAFF_ROLE, clean_reason
from services.wallet.at import At
from services.wallet.bank import desk, desk_store
from services.wallet.bank.refusals import MovementNotFound
from services.wallet.bank.suggestions import Why
from services.wallet.fields import Answer, Body
from shared.tokens import Person, person

router = APIRouter(prefix="/api/support/bank", tags=["support"])
Staff = Annotated[Person, person(acr="mfa", staff=STAFF_ROLE, fresh_s=STAFF_FRESH_S)]
Text = Annotated[str, Query(max_length=100)]


class ReasonBody(Body):
    reason: Annotated[str, Field(max_length=1_000)]


class AttributeBody(ReasonBody):
    wallet_id: UUID


class TransferAnswer(Answer):
    id: UUID
    account_iban: str
    currency: str
    amount_cents: int
    value_date: date
    booking_date: date
    structured: str | None
    free_text: str
    counterparty_name: str | None
    counterparty_iban: str | None
    bank_reference: str
    state: desk_store.State
    wallet_id: UUID | None
    transaction_id: UUID | None


class TransfersAnswer(Answer):
    """Latest first. after: for the next page, None at the end. waiting: how many wait for a person."""

    transfers: list[TransferAnswer]
    after: UUID | None
    waiting: int


class PayeeAnswer(Answer):
    organisation_id: UUID
    name: str | None
    enterprise_number: str | None
    why: Why


class DecisionAnswer(Answer):
    at: datetime
    actor: UUID
    action: desk_store.Action
    wallet_id: UUID | None
    reason: str


class TransferDetail(Answer):
    """payees: what was searched for. wallet: whose it is."""

    transfer: TransferAnswer
    wallet: PayeeAnswer | None
    suggestions: list[PayeeAnswer]
    payees: list[PayeeAnswer]
    decisions: list[DecisionAnswer]


@router.get("/movements")
async def list_transfers(
    caller: Staff,
    at: At,
    state: Literal["waiting", "credited", "set-aside", "out"] = "waiting",
    q: Text = "",
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TransfersAnswer:
    async with at.database.acquire() as db:
        found = await desk_store.transfers(db, state, q.strip(), before=after, limit=limit + 1)
        waiting = await desk_store.count_waiting(db)
    more = len(found) > limit
    answers = [TransferAnswer.model_validate(one) for one in found[:limit]]
    return TransfersAnswer(transfers=answers, after=answers[-1].id if more else None, waiting=waiting)


@router.get("/movements/{movement_id}")
async def show_transfer(movement_id: UUID, caller: Staff, at: At, payee: Text = "") -> TransferDetail:
    """Raises MovementNotFound."""
    async with at.database.acquire() as db:
        transfer = await desk_store.find_transfer(db, movement_id)
        if transfer is None:
            raise MovementNotFound()
        waits = transfer.state == "waiting"
        wallet = await desk_store.of_organisation(db, transfer.wallet_id) if transfer.wallet_id else None
        suggestions = await desk.suggestions_for(db, transfer) if waits else []
        payees = await desk.find_payees(db, payee) if waits and payee.strip() else []
        decisions = await desk_store.decisions_of(db, movement_id)
    return TransferDetail(
        transfer=TransferAnswer.model_validate(transfer),
        wallet=PayeeAnswer.model_validate(wallet) if wallet else None,
        suggestions=[PayeeAnswer.model_validate(one) for one in suggestions],
        payees=[PayeeAnswer.model_validate(one) for one in payees],
        decisions=[DecisionAnswer.model_validate(one) for one in decisions],
    )


@router.post("/movements/{movement_id}/attribute", status_code=204)
async def attribute(movement_id: UUID, body: AttributeBody, caller: Staff, at: At) -> None:
    reason = clean_reason(body.reason)
    async with at.database.transaction() as db:
        await desk.attribute(
            db,
            movement_id,
            body.wallet_id,
            reason,
            by=caller.account_id,
            limits=at.settings.adjustment_limits,
            now=datetime.now(UTC),
        )


@router.post("/movements/{movement_id}/set-aside", status_code=204)
async def set_aside(movement_id: UUID, body: ReasonBody, caller: Staff, at: At) -> None:
    reason = clean_reason(body.reason)
    async with at.database.transaction() as db:
        await desk.set_aside(db, movement_id, reason, by=caller.account_id, now=datetime.now(UTC))


@router.post("/movements/{movement_id}/undo", status_code=204)
async def undo(movement_id: UUID, body: ReasonBody, caller: Staff, at: At) -> None:
    reason = clean_reason(body.reason)
    async with at.database.transaction() as db:
        await desk.undo(db, movement_id, reason, by=caller.account_id, now=datetime.now(UTC))
