"""The provider's API as a shop sees it, and the controls that a shop does not have."""

import asyncio
import secrets
import string
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from tools.world.behaviour import AskedBehaviour, Behaviour, behaviour_of, misbehave, set_behaviour
from tools.world.payments.payment import (
    Amount,
    Method,
    NotPossible,
    Outcome,
    Payment,
    Wanted,
    as_mollie,
    charged_back,
    ended,
    opened,
    refund_as_mollie,
    refunded,
)
from tools.world.payments.webhooks import Postman
from tools.world.store import Store
from tools.world.world import World, WorldOf

KIND = "payment"
KEY = "payment-key"
OPEN = "open"
EXPIRY_CHECK_S = 2
WRONG_BY_CENTS = 100

router = APIRouter(prefix="/payments", tags=["payments"])
shop = HTTPBearer(description="Any bearer: the simulator keeps no list of shops")
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(shop)]


class NoSuchPayment(Exception):
    pass


class WantedRefund(BaseModel):
    amount: Amount
    description: str = Field("", max_length=255)


class WantedEnd(BaseModel):
    status: Outcome
    method: Method = "bancontact"


def postman_of(request: Request) -> Postman:
    return request.app.state.postman


PostmanOf = Annotated[Postman, Depends(postman_of)]


def get_payment(store: Store, payment_id: str) -> Payment:
    found = store.find(KIND, payment_id)
    if found is None:
        raise NoSuchPayment
    return Payment.model_validate(found)


def save_payment(store: Store, payment: Payment) -> None:
    store.put(KIND, payment.payment_id, payment.model_dump(mode="json"), label=payment.status)


def end_payment(world: World, postman: Postman, payment_id: str, outcome: Outcome, method: Method | None) -> Payment:
    payment = ended(get_payment(world.store, payment_id), outcome, method, now=_now())
    if outcome == "paid" and "wrong-amount" in behaviour_of(world.store, "payments").modes:
        payment = payment.model_copy(update={"reported_cents": max(payment.cents - WRONG_BY_CENTS, 1)})
    save_payment(world.store, payment)
    postman.announce(payment)
    return payment


async def expire_payments(world: World, postman: Postman) -> None:
    """Expire open payments whose time has come, for ever."""
    while True:
        for document in world.store.newest(KIND, label=OPEN, limit=1000):
            payment = Payment.model_validate(document.body)
            if payment.expires_at <= _now():
                end_payment(world, postman, payment.payment_id, "expired", None)
        await asyncio.sleep(EXPIRY_CHECK_S)


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(10))


@router.post("/v1/payments", status_code=201)
async def create(
    wanted: Wanted, world: WorldOf, _: Bearer, idempotency_key: Annotated[str | None, Header()] = None
) -> dict[str, Any]:
    """Open a payment; the same Idempotency-Key gives the same payment again."""
    await misbehave(world.store, "payments")
    made = world.store.find(KEY, idempotency_key) if idempotency_key else None
    if made:
        return as_mollie(get_payment(world.store, made["payment_id"]), world.settings.own_url)
    payment = opened(wanted, _new_id("tr_"), now=_now())
    save_payment(world.store, payment)
    if idempotency_key:
        world.store.put(KEY, idempotency_key, {"payment_id": payment.payment_id})
    return as_mollie(payment, world.settings.own_url)


@router.get("/v1/payments/{payment_id}")
async def fetch(payment_id: str, world: WorldOf, _: Bearer) -> dict[str, Any]:
    await misbehave(world.store, "payments")
    return as_mollie(get_payment(world.store, payment_id), world.settings.own_url)


@router.get("/v1/payments")
async def listed(
    request: Request,
    world: WorldOf,
    _: Bearer,
    limit: Annotated[int, Query(ge=1, le=250)] = 50,
    begin: Annotated[str | None, Query(alias="from")] = None,
) -> dict[str, Any]:
    """Newest first; `from`: the id to begin at, going back in time."""
    await misbehave(world.store, "payments")
    base = world.settings.own_url
    payments = [Payment.model_validate(document.body) for document in world.store.newest(KIND, limit=5000)]
    payments.sort(key=lambda payment: (payment.created_at, payment.payment_id), reverse=True)
    if begin:
        start = get_payment(world.store, begin)
        payments = payments[payments.index(start) :]
    page, rest = payments[:limit], payments[limit:]
    follow = {"href": f"{base}/payments/v1/payments?from={rest[0].payment_id}&limit={limit}"} if rest else None
    return {
        "count": len(page),
        "_embedded": {"payments": [as_mollie(payment, base) for payment in page]},
        "_links": {"self": {"href": str(request.url)}, "previous": None, "next": follow},
    }


@router.post("/v1/payments/{payment_id}/refunds", status_code=201)
async def refund(
    payment_id: str, wanted: WantedRefund, world: WorldOf, postman: PostmanOf, _: Bearer
) -> dict[str, Any]:
    await misbehave(world.store, "payments")
    payment = get_payment(world.store, payment_id)
    payment = refunded(payment, wanted.amount, wanted.description, _new_id("re_"), now=_now())
    save_payment(world.store, payment)
    postman.announce(payment)
    return refund_as_mollie(payment, payment.refunds[-1])


@router.get("/v1/payments/{payment_id}/refunds")
async def refunds(payment_id: str, world: WorldOf, _: Bearer) -> dict[str, Any]:
    payment = get_payment(world.store, payment_id)
    made = [refund_as_mollie(payment, one) for one in payment.refunds]
    return {"count": len(made), "_embedded": {"refunds": made}}


@router.post("/control/payments/{payment_id}/end")
async def end(payment_id: str, wanted: WantedEnd, world: WorldOf, postman: PostmanOf) -> dict[str, Any]:
    """What the payer does on the checkout page, without a browser."""
    payment = end_payment(world, postman, payment_id, wanted.status, wanted.method)
    return as_mollie(payment, world.settings.own_url)


@router.post("/control/payments/{payment_id}/chargeback")
async def charge_back(payment_id: str, world: WorldOf, postman: PostmanOf) -> dict[str, Any]:
    payment = charged_back(get_payment(world.store, payment_id))
    save_payment(world.store, payment)
    postman.announce(payment)
    return as_mollie(payment, world.settings.own_url)


@router.post("/control/payments/{payment_id}/announce")
async def announce(payment_id: str, world: WorldOf, postman: PostmanOf) -> Response:
    """Send the webhook of a payment once more."""
    postman.announce(get_payment(world.store, payment_id))
    return Response(status_code=202)


@router.post("/control/behaviour")
async def behave(asked: AskedBehaviour, world: WorldOf) -> Behaviour:
    """modes: duplicate, reorder, lose, late, wrong-amount; slow, error and maintenance for the API itself."""
    return set_behaviour(world.store, "payments", asked)


def problem(status: int, title: str, detail: str, field: str | None = None) -> dict[str, Any]:
    """Return an error as Mollie words it."""
    return {"status": status, "title": title, "detail": detail} | ({"field": field} if field else {})


def refusal(error: NotPossible) -> dict[str, Any]:
    return problem(422, "Unprocessable Entity", error.detail, error.field)
