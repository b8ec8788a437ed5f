"""Top-ups over HTTP, and the webhook of payment providers."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from services.wallet.access.viewers import Viewer
from services.wallet.at import FOLDER, At
from services.wallet.fields import Answer, Body
from services.wallet.ledger.rules import MAX_AMOUNT_CENTS, WalletNotFound
from services.wallet.payments.port import Method, Order, PaymentRefused, PaymentsUnavailable, PaymentUnknown
from services.wallet.topups import handlers, store
from services.wallet.topups.rules import (
    METHODS,
    State,
    TopUp,
    TopUpEnded,
    TopUpNotFound,
    check_amount,
    preferred_method,
    request_key,
    return_address,
)
from shared.db import Connection
from shared.http import Language, words_of
from shared.ids import new_id
from shared.markers import N_
from shared.tokens import Person, person, public

MAX_OPEN = 20

router = APIRouter(prefix="/api")
Caller = Annotated[Person, person()]
_DESCRIPTION = N_("Wallet top-up")


class TopUpBody(Body):
    """return_url: a page below the public origin; `{top_up_id}` in it is filled in.

    request_id: the same for one wish that is sent twice: one payment is opened for it, as long as amount and method are the same.
    """

    amount_cents: Annotated[int, Field(ge=0, le=MAX_AMOUNT_CENTS)]
    method: Method
    return_url: Annotated[str, Field(min_length=1, max_length=500)]
    request_id: UUID | None = None


class TopUpOpened(Answer):
    top_up_id: UUID
    checkout_url: str


class TopUpAnswer(Answer):
    """checkout_url, expires_at: only while it is pending. can_cancel: whether the provider said that it can be cancelled."""

    id: UUID
    organisation_id: UUID
    state: Literal["pending", "completed", "failed", "expired"]
    reason: str | None
    amount_cents: int
    method: str
    checkout_url: str | None
    expires_at: datetime | None
    can_cancel: bool
    created_at: datetime


class TopUpsAnswer(Answer):
    """What is pending, latest first; the ways to pay, and how the caller paid last."""

    top_ups: list[TopUpAnswer]
    methods: list[Method]
    preferred_method: Method


@router.get("/wallets/{organisation_id}/top-ups")
async def list_open(organisation_id: UUID, caller: Caller, at: At) -> TopUpsAnswer:
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        found = await store.open_top_ups(db, viewer.organisation_id, limit=MAX_OPEN)
        last = await store.latest_method(db, caller.account_id)
    return TopUpsAnswer(
        top_ups=[_answer(top_up) for top_up in found],
        methods=list(METHODS),
        preferred_method=preferred_method(last),
    )


@router.post("/wallets/{organisation_id}/top-ups", status_code=201)
async def request_top_up(
    organisation_id: UUID, body: TopUpBody, caller: Caller, at: At, request: Request, language: Language
) -> TopUpOpened:
    """Two transactions with the provider between them: the wish is written before it is asked, the payment after it answered."""
    check_amount(body.amount_cents)
    payments, key = at.own.payments, request_key(body.request_id, body.amount_cents, body.method)
    return_address(body.return_url, at.settings.public_origin, new_id())
    async with at.database.transaction() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        top_up = await handlers.request_top_up(
            db,
            viewer,
            body.amount_cents,
            body.method,
            payments.name,
            top_up_id=new_id(),
            request_key=key,
            now=datetime.now(UTC),
        )
    if top_up.checkout_url is not None:
        return TopUpOpened(top_up_id=top_up.id, checkout_url=top_up.checkout_url)
    order = Order(
        top_up_id=top_up.id,
        amount_cents=top_up.amount_cents,
        currency=top_up.currency,
        method=body.method,
        description=words_of(request, FOLDER).gettext(_DESCRIPTION),
        language=language,
        return_url=return_address(body.return_url, at.settings.public_origin, top_up.id),
        webhook_url=f"{at.settings.public_origin}/api/payments/{payments.name}/webhook",
    )
    return await _opened(at, top_up, order)


async def _opened(at: At, top_up: TopUp, order: Order) -> TopUpOpened:
    try:
        checkout = await at.own.payments.create(order)
    except (PaymentsUnavailable, PaymentRefused):
        async with at.database.transaction() as db:
            await handlers.give_up(db, top_up, now=datetime.now(UTC))
        raise
    async with at.database.transaction() as db:
        await handlers.open_payment(db, top_up, checkout, now=datetime.now(UTC))
    return TopUpOpened(top_up_id=top_up.id, checkout_url=checkout.checkout_url)


@router.get("/top-ups/{top_up_id}")
async def show_top_up(top_up_id: UUID, caller: Caller, at: At) -> TopUpAnswer:
    """While it is pending this also has the provider asked, in the background."""
    async with at.database.transaction() as db:
        top_up = await _visible(db, top_up_id, caller)
        if top_up.is_open:
            await handlers.show_top_up(db, top_up, now=datetime.now(UTC))
    return _answer(top_up)


@router.post("/top-ups/{top_up_id}/cancel")
async def cancel_top_up(top_up_id: UUID, caller: Caller, at: At) -> TopUpAnswer:
    """Have the provider cancel the payment, then act on what it says: it may have been paid this very moment.

    Raises TopUpEnded, PaymentNotCancelable, PaymentsUnavailable.
    """
    async with at.database.transaction() as db:
        top_up = await _visible(db, top_up_id, caller)
    if not top_up.is_open or top_up.reference is None:
        raise TopUpEnded()
    try:
        await at.own.payments.cancel(top_up.reference)
        payment = await at.own.payments.fetch(top_up.reference)
    except PaymentUnknown as error:
        raise TopUpEnded() from error
    async with at.database.transaction() as db:
        await handlers.settle(db, top_up.provider, payment, now=datetime.now(UTC))
        return _answer(await handlers.get_top_up(db, top_up_id))


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
            await handlers.note_references(db, provider, references, now=datetime.now(UTC))
    return {"received": True}


def _answer(top_up: TopUp) -> TopUpAnswer:
    state = State.PENDING if top_up.state is State.CREATED else top_up.state
    is_pending = state is State.PENDING
    return TopUpAnswer(
        id=top_up.id,
        organisation_id=top_up.wallet_id,
        state=state.value,
        reason=top_up.reason,
        amount_cents=top_up.amount_cents,
        method=top_up.method,
        checkout_url=top_up.checkout_url if is_pending else None,
        expires_at=top_up.expires_at if is_pending else None,
        can_cancel=is_pending and top_up.is_cancelable,
        created_at=top_up.created_at,
    )


async def _visible(db: Connection, top_up_id: UUID, caller: Person) -> TopUp:
    """Raises TopUpNotFound, also for who may not know that it exists."""
    top_up = await handlers.get_top_up(db, top_up_id)
    try:
        await Viewer.of(db, top_up.wallet_id, caller)
    except WalletNotFound as error:
        raise TopUpNotFound() from error
    return top_up
