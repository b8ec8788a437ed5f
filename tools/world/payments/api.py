"""The provider's API as a shop sees it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from tools.world.behaviour import Behaviour, misbehave
from tools.world.payments.desk import (
    PostmanOf,
    all_payments,
    change_payment,
    get_payment,
    new_id,
    now,
    save_payment,
)
from tools.world.payments.payment import Amount, Refund, Wanted, canceled, opened, refunded
from tools.world.payments.resources import as_mollie, chargeback_as_mollie, page_as_mollie, refund_as_mollie
from tools.world.world import WorldOf

PAYMENT_KEY, REFUND_KEY = "payment-key", "refund-key"

router = APIRouter(prefix="/payments/v1", tags=["payments"])
shop = HTTPBearer(description="Any bearer: the simulator keeps no list of shops")
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(shop)]
Key = Annotated[str | None, Header(alias="idempotency-key")]
Limit = Annotated[int, Query(ge=1, le=250)]
Begin = Annotated[str | None, Query(alias="from")]


class WantedRefund(BaseModel):
    amount: Amount
    description: str = Field("", max_length=255)
    metadata: Any = None


def _answer_unless_lost(behaviour: Behaviour) -> None:
    """What was asked for is done by now; told to lose answers, the simulator fails just here."""
    if "forget-answer" in behaviour.modes:
        raise HTTPException(504, "No answer in time")


@router.post("/payments", status_code=201)
async def create(wanted: Wanted, world: WorldOf, _: Bearer, idempotency_key: Key = None) -> dict[str, Any]:
    """Open a payment; the same Idempotency-Key gives the same payment again."""
    behaviour = await misbehave(world.store, "payments")
    made = world.store.find(PAYMENT_KEY, idempotency_key) if idempotency_key else None
    if made:
        return as_mollie(get_payment(world.store, made["payment_id"]), world.settings.own_url)
    is_cancelable = "not-cancelable" not in behaviour.modes
    payment = opened(wanted, new_id("tr_"), is_cancelable=is_cancelable, now=now())
    save_payment(world.store, payment)
    if idempotency_key:
        world.store.put(PAYMENT_KEY, idempotency_key, {"payment_id": payment.payment_id})
    _answer_unless_lost(behaviour)
    return as_mollie(payment, world.settings.own_url)


@router.get("/payments/{payment_id}")
async def fetch(payment_id: str, world: WorldOf, _: Bearer, embed: str = "") -> dict[str, Any]:
    await misbehave(world.store, "payments")
    return as_mollie(get_payment(world.store, payment_id), world.settings.own_url, embed.split(","))


@router.delete("/payments/{payment_id}")
async def cancel(payment_id: str, world: WorldOf, postman: PostmanOf, _: Bearer) -> dict[str, Any]:
    await misbehave(world.store, "payments")
    payment = change_payment(world, postman, payment_id, lambda one: canceled(one, now=now()))
    return as_mollie(payment, world.settings.own_url)


@router.get("/payments")
async def payments(world: WorldOf, _: Bearer, limit: Limit = 50, begin: Begin = None) -> dict[str, Any]:
    """Newest first; `from`: the id to begin at, going back in time."""
    await misbehave(world.store, "payments")
    base = world.settings.own_url
    return page_as_mollie("payments", [as_mollie(one, base) for one in all_payments(world.store)], begin, limit, base)


@router.post("/payments/{payment_id}/refunds", status_code=201)
async def refund(
    payment_id: str, wanted: WantedRefund, world: WorldOf, postman: PostmanOf, _: Bearer, idempotency_key: Key = None
) -> dict[str, Any]:
    behaviour = await misbehave(world.store, "payments")
    payment = get_payment(world.store, payment_id)
    known = world.store.find(REFUND_KEY, idempotency_key) if idempotency_key else None
    if known:
        return refund_as_mollie(payment, next(one for one in payment.refunds if one.refund_id == known["refund_id"]))
    made = Refund(
        refund_id=new_id("re_"),
        cents=wanted.amount.cents,
        description=wanted.description,
        metadata=wanted.metadata,
        created_at=now(),
    )
    payment = change_payment(world, postman, payment_id, lambda one: refunded(one, made))
    if idempotency_key:
        world.store.put(REFUND_KEY, idempotency_key, {"refund_id": made.refund_id})
    _answer_unless_lost(behaviour)
    return refund_as_mollie(payment, made)


@router.get("/payments/{payment_id}/refunds")
async def refunds_of(
    payment_id: str, world: WorldOf, _: Bearer, limit: Limit = 50, begin: Begin = None
) -> dict[str, Any]:
    payment = get_payment(world.store, payment_id)
    made = [refund_as_mollie(payment, one) for one in payment.refunds]
    return page_as_mollie("refunds", made, begin, limit, world.settings.own_url)


@router.get("/refunds")
async def refunds(world: WorldOf, _: Bearer, limit: Limit = 50, begin: Begin = None) -> dict[str, Any]:
    await misbehave(world.store, "payments")
    made = [refund_as_mollie(payment, one) for payment in all_payments(world.store) for one in payment.refunds]
    return page_as_mollie("refunds", made, begin, limit, world.settings.own_url)


@router.get("/chargebacks")
async def chargebacks(world: WorldOf, _: Bearer, limit: Limit = 50, begin: Begin = None) -> dict[str, Any]:
    await misbehave(world.store, "payments")
    made = [chargeback_as_mollie(payment, one) for payment in all_payments(world.store) for one in payment.chargebacks]
    return page_as_mollie("chargebacks", made, begin, limit, world.settings.own_url)
