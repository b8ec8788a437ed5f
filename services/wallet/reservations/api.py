"""Reservations over HTTP, for tools on their own behalf."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from services.wallet.at import At, money_url
from services.wallet.charges.api import ChargeAnswer
from services.wallet.fields import Answer, Body, Cents, Description, Key, Unit
from services.wallet.keys.handlers import once
from services.wallet.ledger.rules import EUR, BalanceShort, WalletFrozen
from services.wallet.refusals import announce_refusal, reason_of
from services.wallet.reservations import handlers
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, Reservation, ReserveRequest
from shared.tokens import Tool, tool

router = APIRouter(prefix="/api/wallets/{organisation_id}/reservations")
Caller = Annotated[Tool, tool("charges")]


class ReserveBody(Body):
    """As for a charge. valid_s: for how long; None for an hour."""

    amount_excl_cents: Cents
    amount_incl_cents: Cents
    vat_rate_bp: Annotated[int, Field(ge=0, le=10_000)]
    description: Description
    account_id: UUID | None = None
    unit: Unit = EUR
    valid_s: Annotated[int, Field(ge=1, le=2**31)] | None = None


class CaptureBody(Body):
    """Of what was reserved, with its VAT rate; the rest is given back."""

    amount_excl_cents: Cents
    amount_incl_cents: Cents


class ReservedAnswer(Answer):
    reservation_id: UUID
    wallet_id: UUID
    unit: str
    amount_excl_cents: int
    amount_incl_cents: int
    vat_rate_bp: int
    description: str
    account_id: UUID | None
    reserved_at: datetime
    expires_at: datetime


class ReservationAnswer(ReservedAnswer):
    """state: open, captured, released or expired. charge_id: what it was captured by."""

    state: str
    ended_at: datetime | None
    charge_id: UUID | None


@router.post(
    "", status_code=201, responses={200: {"model": ReservedAnswer, "description": "Reserved before by this key"}}
)
async def reserve(
    organisation_id: UUID, body: ReserveBody, key: Key, caller: Caller, at: At, response: Response
) -> ReservedAnswer:
    """201 for a new reservation, 200 with the same answer for a key that did this before."""
    request = ReserveRequest(organisation_id, caller.tool_id, key, **body.model_dump())
    try:
        reserved = await once(at.database, lambda db: handlers.reserve(db, request))
    except (BalanceShort, WalletFrozen) as refusal:
        refusal.params = {**refusal.params, "top_up_url": money_url(at, organisation_id, body.unit)}
        await _announce(at, request, refusal)
        raise
    if reserved.repeated:
        response.status_code = 200
    return ReservedAnswer.model_validate(_said(reserved.reservation))


@router.get("/{reservation_id}")
async def show_reservation(organisation_id: UUID, reservation_id: UUID, caller: Caller, at: At) -> ReservationAnswer:
    """One that this tool made. Raises ReservationNotFound."""
    async with at.database.acquire() as db:
        found = await handlers.get_reservation(db, caller.tool_id, organisation_id, reservation_id)
    return ReservationAnswer.model_validate(_said(found))


@router.post(
    "/{reservation_id}/capture",
    status_code=201,
    responses={200: {"model": ChargeAnswer, "description": "Captured before by this key"}},
)
async def capture(
    organisation_id: UUID,
    reservation_id: UUID,
    body: CaptureBody,
    key: Key,
    caller: Caller,
    at: At,
    response: Response,
) -> ChargeAnswer:
    """A charge of what was reserved, or of less."""
    request = CaptureRequest(organisation_id, caller.tool_id, key, reservation_id, **body.model_dump())
    captured = await once(at.database, lambda db: handlers.capture(db, request))
    if captured.repeated:
        response.status_code = 200
    return ChargeAnswer.model_validate(captured.charge)


@router.post("/{reservation_id}/release")
async def release(organisation_id: UUID, reservation_id: UUID, key: Key, caller: Caller, at: At) -> ReservationAnswer:
    """200, also for a key that did this before."""
    request = ReleaseRequest(organisation_id, caller.tool_id, key, reservation_id)
    released = await once(at.database, lambda db: handlers.release(db, request))
    return ReservationAnswer.model_validate(_said(released.reservation))


def _said(reservation: Reservation) -> dict[str, object]:
    return {**vars(reservation), "reservation_id": reservation.id}


async def _announce(at: At, request: ReserveRequest, refusal: BalanceShort | WalletFrozen) -> None:
    async with at.database.transaction() as db:
        await announce_refusal(
            db,
            "reserve",
            wallet_id=request.wallet_id,
            tool_id=request.tool_id,
            idempotency_key=request.idempotency_key,
            amount_incl_cents=request.amount_incl_cents,
            reason=reason_of(refusal),
        )
