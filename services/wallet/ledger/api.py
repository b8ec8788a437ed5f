"""Wallets over HTTP, for managers and those whom they let see it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.wallet.access.viewers import Viewer
from services.wallet.at import FOLDER, At, top_up_url
from services.wallet.fields import Answer
from services.wallet.ledger.rules import EUR, tool_of
from services.wallet.ledger.statements import Transaction, statement_page
from services.wallet.ledger.store import get_wallet, wallets_of
from services.wallet.topups.rules import MINIMUM_CENTS
from shared.http import words_of
from shared.i18n import Translator
from shared.markers import N_
from shared.tokens import Person, person

router = APIRouter(prefix="/api/wallets/{organisation_id}")
Caller = Annotated[Person, person()]

_TOP_UP_BY = N_("Top-up by {method}")
_METHODS = {
    "bancontact": "Bancontact",
    "creditcard": N_("card"),
    "maestro": "Maestro",
    "mastercard": "Mastercard",
    "visa": "Visa",
}


class CreditsAnswer(Answer):
    """Whole credits of one tool."""

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


class TransactionAnswer(Answer):
    """number and the balances: None for what is not booked. description: in the language asked for, where it is ours."""

    id: UUID
    number: int | None
    kind: Literal["charge", "top-up"]
    tool_id: str | None
    description: str
    amount_cents: int
    balance_before_cents: int | None
    balance_after_cents: int | None
    state: Literal["completed", "pending", "failed"]
    at: datetime


class TransactionsAnswer(Answer):
    """Latest first. after: for the next page, None at the end."""

    transactions: list[TransactionAnswer]
    after: int | None


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


@router.get("/transactions")
async def list_transactions(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    request: Request,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TransactionsAnswer:
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        page = await statement_page(db, viewer.organisation_id, after=after, limit=limit)
    words = words_of(request, FOLDER)
    found = [TransactionAnswer.model_validate(_in_words(one, words)) for one in page.transactions]
    return TransactionsAnswer(transactions=found, after=page.after)


def _in_words(transaction: Transaction, words: Translator) -> Transaction:
    """A top-up's description is how it was paid; a charge's is the tool's own text."""
    if transaction.kind != "top-up":
        return transaction
    method = words.gettext(_METHODS.get(transaction.description, transaction.description))
    return replace(transaction, description=words.sentence(_TOP_UP_BY, {"method": method}))
