"""Charges over HTTP, for tools on their own behalf."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from services.wallet.at import At, money_url
from services.wallet.charges import handlers, store
from services.wallet.charges.rules import ChargeNotFound, ChargeRequest
from services.wallet.fields import Answer, Body, Cents, Description, Key, Unit
from services.wallet.ledger.rules import EUR
from shared.tokens import Tool, tool

router = APIRouter(prefix="/api/wallets/{organisation_id}/charges")
Caller = Annotated[Tool, tool("charges")]


class ChargeBody(Body):
    """Amounts in cents, or in whole credits. vat_rate_bp: hundredths of a percent. account_id: for whom the tool works.

    unit: "EUR" or "credits/<the tool>". plan_use: this is one use of the tool, for which a plan may pay.
    """

    amount_excl_cents: Cents
    amount_incl_cents: Cents
    vat_rate_bp: Annotated[int, Field(ge=0, le=10_000)]
    description: Description
    account_id: UUID | None = None
    unit: Unit = EUR
    plan_use: bool = False


class ChargeAnswer(Answer):
    """balance_cents: right after this charge. plan_id: the plan that paid, with amounts of 0. reservation_id: what was captured."""

    charge_id: UUID
    wallet_id: UUID
    amount_excl_cents: int
    amount_incl_cents: int
    vat_rate_bp: int
    description: str
    account_id: UUID | None
    unit: str
    plan_id: UUID | None
    reservation_id: UUID | None
    balance_cents: int
    charged_at: datetime


@router.post("", status_code=201, responses={200: {"model": ChargeAnswer, "description": "Charged before by this key"}})
async def charge_wallet(
    organisation_id: UUID, body: ChargeBody, key: Key, caller: Caller, at: At, response: Response
) -> ChargeAnswer:
    """201 for a new charge, 200 with the same answer for a key that was charged before."""
    request = ChargeRequest(organisation_id, caller.tool_id, key, **body.model_dump())
    charged = await handlers.charge(
        at.own.charges, at.database, request, top_up_url=money_url(at, organisation_id, body.unit)
    )
    if charged.repeated:
        response.status_code = 200
    said = body.model_dump(exclude={"plan_use"})
    if charged.plan_id is not None:
        said |= {"amount_excl_cents": 0, "amount_incl_cents": 0}
    return ChargeAnswer(
        charge_id=charged.charge_id,
        wallet_id=organisation_id,
        plan_id=charged.plan_id,
        reservation_id=None,
        balance_cents=charged.balance_cents,
        charged_at=charged.booked_at,
        **said,
    )


class ChargeShown(ChargeAnswer):
    """refunded_cents: of the amount with VAT, so far; each refund is at `/refunds`."""

    refunded_cents: int


@router.get("/{charge_id}")
async def show_charge(organisation_id: UUID, charge_id: UUID, caller: Caller, at: At) -> ChargeShown:
    """A charge that this tool made. Raises ChargeNotFound."""
    async with at.database.acquire() as db:
        found = await store.find_charge(db, caller.tool_id, organisation_id, charge_id)
    if found is None:
        raise ChargeNotFound()
    return ChargeShown.model_validate(found)
