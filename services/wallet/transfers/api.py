"""Transfers over HTTP, for who manages both organisations."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from services.wallet.access.managers import Manager
from services.wallet.at import At
from services.wallet.fields import Answer, Body, Description
from services.wallet.transfers import handlers, store
from services.wallet.transfers.rules import Request, TransferNotFound
from services.wallet.transfers.store import Transfer
from shared.tokens import Person, person

router = APIRouter(prefix="/api/wallets/{organisation_id}/transfers")
Caller = Annotated[Person, person()]
Key = Annotated[str, StringConstraints(min_length=8, max_length=100, pattern=r"^[\x21-\x7e]+$")]


class TransferBody(Body):
    """to: the organisation that receives. key: chosen by the caller; sent again with it, the same transfer is made once."""

    to: UUID
    amount_cents: Annotated[int, Field(ge=-(2**53), le=2**53)]
    description: Description
    key: Key


class TransferAnswer(Answer):
    """The balances are those right after it."""

    transfer_id: UUID
    organisation_id: UUID
    to: UUID
    amount_cents: int
    description: str
    balance_cents: int
    other_balance_cents: int
    at: datetime


@router.post("", status_code=201, responses={200: {"model": TransferAnswer, "description": "Made before by this key"}})
async def transfer(
    organisation_id: UUID, body: TransferBody, caller: Caller, at: At, response: Response
) -> TransferAnswer:
    request = Request(organisation_id, body.to, body.amount_cents, body.description, body.key)
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        made, is_new = await handlers.transfer(db, manager, request, now=datetime.now(UTC))
    if not is_new:
        response.status_code = 200
    return _answer(made)


@router.get("/{transfer_id}")
async def show_transfer(organisation_id: UUID, transfer_id: UUID, caller: Caller, at: At) -> TransferAnswer:
    """For who manages both sides: it tells both balances. Raises TransferNotFound."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await store.find_transfer(db, transfer_id)
        if found is None or found.request.from_wallet_id != manager.wallet_id:
            raise TransferNotFound()
        if found.request.to_wallet_id not in await store.lock_managed(
            db, manager.account_id, [found.request.to_wallet_id]
        ):
            raise TransferNotFound()
    return _answer(found)


def _answer(made: Transfer) -> TransferAnswer:
    return TransferAnswer(
        transfer_id=made.id,
        organisation_id=made.request.from_wallet_id,
        to=made.request.to_wallet_id,
        amount_cents=made.request.amount_cents,
        description=made.request.description,
        balance_cents=made.from_balance_cents,
        other_balance_cents=made.to_balance_cents,
        at=made.at,
    )
