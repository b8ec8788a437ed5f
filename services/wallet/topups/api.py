"""Top-ups over HTTP, and the webhook of payment providers."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from services.wallet.access.managers import Manager
from services.wallet.at import FOLDER, At
from services.wallet.fields import Answer, Body
from services.wallet.ledger.rules import MAX_AMOUNT_CENTS, WalletNotFound
from services.wallet.payments.port import Method, Order, PaymentRefused, PaymentsUnavailable
from services.wallet.topups import handlers
from services.wallet.topups.rules import State, TopUp, TopUpNotFound, check_amount, return_address
from shared.db import Connection
from shared.http import Language, words_of
from shared.ids import new_id
from shared.markers import N_
from shared.tokens import Person, person, public

router = APIRouter(prefix="/api")
Caller = Annotated[Person, person()]
_DESCRIPTION = N_("Wallet top-up")


class TopUpBody(Body):
    """return_url: a page below the public origin; `{top_up_id}` in it is filled in."""

    amount_cents: Annotated[int, Field(ge=0, le=MAX_AMOUNT_CENTS)]
    method: Method
    return_url: Annotated[str, Field(min_length=1, max_length=500)]


class TopUpOpened(Answer):
    top_up_id: UUID
    checkout_url: str


class TopUpAnswer(Answer):
    """checkout_url: only while it is pending."""

    id: UUID
    organisation_id: UUID
    state: Literal["pending", "completed", "failed", "expired"]
    reason: str | None
    amount_cents: int
    method: str
    checkout_url: str | None
    created_at: datetime


@router.post("/wallets/{organisation_id}/top-ups", status_code=201)
async def request_top_up(
    organisation_id: UUID, body: TopUpBody, caller: Caller, at: At, request: Request, language: Language
) -> TopUpOpened:
    """Two transactions with the provider between them: the wish is written before it is asked, the payment after it answered."""
    check_amount(body.amount_cents)
    top_up_id = new_id()
    return_url = return_address(body.return_url, at.settings.public_origin, top_up_id)
    payments = at.own.payments
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        top_up = await handlers.request_top_up(
            db, manager, body.amount_cents, body.method, payments.name, top_up_id=top_up_id, now=datetime.now(UTC)
        )
    order = Order(
        top_up_id=top_up_id,
        amount_cents=top_up.amount_cents,
        currency=top_up.currency,
        method=body.method,
        description=words_of(request, FOLDER).gettext(_DESCRIPTION),
        language=language,
        return_url=return_url,
        webhook_url=f"{at.settings.public_origin}/api/payments/{payments.name}/webhook",
    )
    try:
        checkout = await payments.create(order)
    except (PaymentsUnavailable, PaymentRefused):
        async with at.database.transaction() as db:
            await handlers.give_up(db, top_up, now=datetime.now(UTC))
        raise
    async with at.database.transaction() as db:
        await handlers.open_payment(db, top_up, checkout, now=datetime.now(UTC))
    return TopUpOpened(top_up_id=top_up_id, checkout_url=checkout.checkout_url)


@router.get("/top-ups/{top_up_id}")
async def show_top_up(top_up_id: UUID, caller: Caller, at: At) -> TopUpAnswer:
    """While it is pending this also has the provider asked, in the background."""
    async with at.database.transaction() as db:
        top_up = await handlers.get_top_up(db, top_up_id)
        await _check_manager(db, top_up, caller)
        if top_up.is_open:
            await handlers.show_top_up(db, top_up, now=datetime.now(UTC))
    state = State.PENDING if top_up.state is State.CREATED else top_up.state
    return TopUpAnswer(
        id=top_up.id,
        organisation_id=top_up.wallet_id,
        state=state.value,
        reason=top_up.reason,
        amount_cents=top_up.amount_cents,
        method=top_up.method,
        checkout_url=top_up.checkout_url if state is State.PENDING else None,
        created_at=top_up.created_at,
    )


@router.post(
    "/payments/{provider}/webhook",
    dependencies=[public("unsigned by its nature: believed in nothing but the reference")],
)
async def receive_notice(provider: str, request: Request, at: At) -> dict[str, bool]:
    """Note what to fetch and answer at once; the same answer whether the payment exists or not."""
    payments = at.own.payments
    references = payments.references_in(await request.body()) if provider == payments.name else []
    if references:
        async with at.database.transaction() as db:
            await handlers.note_references(db, provider, references)
    return {"received": True}


async def _check_manager(db: Connection, top_up: TopUp, caller: Person) -> None:
    try:
        await Manager.of(db, top_up.wallet_id, caller)
    except WalletNotFound as error:
        raise TopUpNotFound() from error
