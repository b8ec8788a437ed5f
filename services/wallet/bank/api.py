"""How to pay into a wallet by transfer, and the bank's files from an operator."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.wallet.access.viewers import Viewer
from services.wallet.at import At
from services.wallet.bank import handlers, store
from services.wallet.bank.communications import in_marks
from services.wallet.bank.epc import epc_payload
from services.wallet.bank.reading import MAX_FILE_BYTES, read
from services.wallet.bank.refusals import FileTooLarge
from services.wallet.fields import Answer
from services.wallet.ledger.rules import MAX_AMOUNT_CENTS, WalletNotFound
from shared.tokens import Person, peer, person

FILES_PATH = "/internal/bank/files"
_AT_ONCE = 500

router = APIRouter(tags=["bank"])
Caller = Annotated[Person, person()]
Amount = Annotated[int | None, Query(ge=1, le=MAX_AMOUNT_CENTS)]


class BankTransferAnswer(Answer):
    """communication: to be copied as it is. epc: what the QR code holds, by the guidelines of the European Payments Council."""

    beneficiary: str
    iban: str
    bic: str
    communication: str
    amount_cents: int | None
    epc: str


class GapAnswer(Answer):
    """A statement before which one is missing."""

    number: str
    until: date
    opening_cents: int


class ImportedAnswer(Answer):
    known: bool
    statements: int
    new: int
    again: int
    gaps: list[GapAnswer]


class CreditedAnswer(Answer):
    """Of one round. left: to be looked at still; ask again until it is 0."""

    credited: int
    credited_cents: int
    waiting: int
    left: int


@router.get("/api/wallets/{organisation_id}/bank-transfer")
async def bank_transfer(
    organisation_id: UUID, caller: Caller, at: At, amount_cents: Amount = None
) -> BankTransferAnswer:
    """amount_cents: put into the QR code; without it the banking app asks."""
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        digits = await store.find_communication(db, viewer.organisation_id)
    if digits is None:
        raise WalletNotFound()
    seller, communication = at.settings.seller, in_marks(digits)
    return BankTransferAnswer(
        beneficiary=seller.name,
        iban=seller.iban,
        bic=seller.bic,
        communication=communication,
        amount_cents=amount_cents,
        epc=epc_payload(seller.name, seller.iban, seller.bic, communication, amount_cents),
    )


@router.put(FILES_PATH, dependencies=[peer("operator")])
async def import_file(
    request: Request, at: At, name: Annotated[str, Query(min_length=1, max_length=200)], any_account: bool = False
) -> ImportedAnswer:
    """The body is the file. Recorded whole or not at all. Raises StatementRefused, AccountForeign, FileTooLarge."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_FILE_BYTES:
            raise FileTooLarge()
    whole = bytes(data)
    statements = await asyncio.to_thread(read, whole)
    only = None if any_account else at.settings.seller.iban
    async with at.database.transaction() as db:
        found = await handlers.import_file(db, name, whole, statements, only_iban=only, now=datetime.now(UTC))
    return ImportedAnswer.model_validate(found)


@router.post("/internal/bank/credit", dependencies=[peer("operator")])
async def credit(at: At) -> CreditedAnswer:
    """Credit some of what was received. Whoever was stopped asks again; a timer does too."""
    async with at.database.transaction() as db:
        found = await handlers.credit_received(db, limit=_AT_ONCE)
    return CreditedAnswer.model_validate(found)
