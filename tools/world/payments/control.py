"""What a shop cannot ask for: what payers and their banks do, what somebody does at the provider's dashboard, and bad manners."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from tools.world.behaviour import AskedBehaviour, Behaviour, set_behaviour
from tools.world.payments.desk import PostmanOf, change_payment, end_payment, get_payment, new_id, now
from tools.world.payments.payment import (
    Amount,
    Method,
    Outcome,
    Payment,
    Refund,
    RefundStatus,
    chargebacks_reversed,
    charged_back,
    paid_late,
    refund_ended,
    refunded,
)
from tools.world.payments.resources import as_mollie
from tools.world.world import World, WorldOf

EMBED = ("refunds", "chargebacks")

router = APIRouter(prefix="/payments/control", tags=["payments"])


class WantedEnd(BaseModel):
    status: Outcome
    method: Method = "bancontact"


class Part(BaseModel):
    """amount: None for all that is left."""

    amount: Amount | None = None


class RefundEnd(BaseModel):
    status: RefundStatus


def _shown(payment: Payment, world: World) -> dict[str, Any]:
    return as_mollie(payment, world.settings.own_url, EMBED)


@router.get("/payments/{payment_id}")
async def show(payment_id: str, world: WorldOf) -> dict[str, Any]:
    return _shown(get_payment(world.store, payment_id), world)


@router.post("/payments/{payment_id}/end")
async def end(payment_id: str, wanted: WantedEnd, world: WorldOf, postman: PostmanOf) -> dict[str, Any]:
    """What the payer does on the checkout page, without a browser."""
    return _shown(end_payment(world, postman, payment_id, wanted.status, wanted.method), world)


@router.post("/payments/{payment_id}/pay-late")
async def pay_late(payment_id: str, world: WorldOf, postman: PostmanOf) -> dict[str, Any]:
    """The money comes after the payment had failed or expired."""
    return _shown(change_payment(world, postman, payment_id, lambda one: paid_late(one, now=now())), world)


@router.post("/payments/{payment_id}/refund")
async def refund(payment_id: str, part: Part, world: WorldOf, postman: PostmanOf) -> dict[str, Any]:
    """Somebody refunds at the provider's dashboard: the shop did not ask for it, and finds nothing of its own in it."""

    def give_back(payment: Payment) -> Payment:
        cents = part.amount.cents if part.amount else payment.left_cents
        return refunded(
            payment, Refund(refund_id=new_id("re_"), cents=cents, description="Dashboard", created_at=now())
        )

    return _shown(change_payment(world, postman, payment_id, give_back), world)


@router.post("/payments/{payment_id}/refunds/{refund_id}/end")
async def end_refund(
    payment_id: str, refund_id: str, wanted: RefundEnd, world: WorldOf, postman: PostmanOf
) -> dict[str, Any]:
    """The refund went through, failed at the bank, or was cancelled at the dashboard."""
    payment = change_payment(world, postman, payment_id, lambda one: refund_ended(one, refund_id, wanted.status))
    return _shown(payment, world)


@router.post("/payments/{payment_id}/chargeback")
async def charge_back(payment_id: str, world: WorldOf, postman: PostmanOf, part: Part | None = None) -> dict[str, Any]:
    cents = part.amount.cents if part and part.amount else None
    payment = change_payment(
        world, postman, payment_id, lambda one: charged_back(one, new_id("chb_"), cents, now=now())
    )
    return _shown(payment, world)


@router.post("/payments/{payment_id}/reverse-chargebacks")
async def reverse_chargebacks(payment_id: str, world: WorldOf, postman: PostmanOf) -> dict[str, Any]:
    payment = change_payment(world, postman, payment_id, lambda one: chargebacks_reversed(one, now=now()))
    return _shown(payment, world)


@router.post("/payments/{payment_id}/announce")
async def announce(payment_id: str, world: WorldOf, postman: PostmanOf) -> Response:
    """Send the webhook of a payment once more."""
    postman.announce(get_payment(world.store, payment_id))
    return Response(status_code=202)


@router.post("/behaviour")
async def behave(asked: AskedBehaviour, world: WorldOf) -> Behaviour:
    """modes: duplicate, reorder, lose, late, unknown-id, wrong-amount, not-cancelable; slow, error, maintenance, rate-limited and
    forget-answer for the API itself."""
    return set_behaviour(world.store, "payments", asked)
