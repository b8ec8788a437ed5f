"""Refunds over HTTP, for the tools that charged."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.wallet.at import At
from services.wallet.fields import Answer, Body, Cents, Description, Key
from services.wallet.keys.handlers import once
from services.wallet.refunds import handlers
from services.wallet.refunds.rules import RefundRequest
from services.wallet.refunds.store import Refund, refunds_of
from shared.tokens import Tool, tool

router = APIRouter(prefix="/api/wallets/{organisation_id}/charges/{charge_id}/refunds")
Caller = Annotated[Tool, tool("charges")]


class RefundBody(Body):
    """amount_incl_cents: with VAT, or whole credits; 0 for a charge that a plan paid."""

    amount_incl_cents: Cents
    description: Description


class RefundAnswer(Answer):
    """balance_cents: right after this refund."""

    refund_id: UUID
    charge_id: UUID
    wallet_id: UUID
    unit: str
    amount_excl_cents: int
    amount_incl_cents: int
    description: str
    balance_cents: int
    refunded_at: datetime


class RefundsAnswer(Answer):
    refunds: list[RefundAnswer]


@router.post(
    "", status_code=201, responses={200: {"model": RefundAnswer, "description": "Refunded before by this key"}}
)
async def refund_charge(
    organisation_id: UUID, charge_id: UUID, body: RefundBody, key: Key, caller: Caller, at: At, response: Response
) -> RefundAnswer:
    """201 for a new refund, 200 with the same answer for a key that did this before."""
    request = RefundRequest(organisation_id, caller.tool_id, key, charge_id, **body.model_dump())
    refunded = await once(at.database, lambda db: handlers.refund(db, request))
    if refunded.repeated:
        response.status_code = 200
    return _answer(refunded.refund, organisation_id, refunded.unit)


@router.get("")
async def list_refunds(organisation_id: UUID, charge_id: UUID, caller: Caller, at: At) -> RefundsAnswer:
    """Of a charge that this tool made, the first one first."""
    async with at.database.acquire() as db:
        charge = await handlers.get_charge(db, caller.tool_id, organisation_id, charge_id)
        found = await refunds_of(db, charge_id)
    return RefundsAnswer(refunds=[_answer(one, organisation_id, charge.unit) for one in found])


def _answer(refund: Refund, organisation_id: UUID, unit: str) -> RefundAnswer:
    return RefundAnswer(wallet_id=organisation_id, unit=unit, **vars(refund))
