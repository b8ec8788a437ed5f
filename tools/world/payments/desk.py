"""Payments as they are kept, and what happens to them whoever asks for it."""

import asyncio
import secrets
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from tools.world.behaviour import behaviour_of
from tools.world.payments.payment import Method, Outcome, Payment, ended, refund_ended
from tools.world.payments.webhooks import Postman
from tools.world.store import Store
from tools.world.world import World

KIND = "payment"
OPEN, REFUNDING = "open", "refunding"
CHECK_S = 2
WRONG_BY_CENTS = 100
MAX_PAYMENTS = 5_000


class NoSuchPayment(Exception):
    pass


def postman_of(request: Request) -> Postman:
    return request.app.state.postman


PostmanOf = Annotated[Postman, Depends(postman_of)]


def now() -> datetime:
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(10))


def get_payment(store: Store, payment_id: str) -> Payment:
    found = store.find(KIND, payment_id)
    if found is None:
        raise NoSuchPayment
    return Payment.model_validate(found)


def all_payments(store: Store) -> list[Payment]:
    return [Payment.model_validate(document.body) for document in store.newest(KIND, limit=MAX_PAYMENTS)]


def save_payment(store: Store, payment: Payment) -> None:
    label = REFUNDING if any(refund.status == "pending" for refund in payment.refunds) else payment.status
    store.put(KIND, payment.payment_id, payment.model_dump(mode="json"), label=label)


def change_payment(world: World, postman: Postman, payment_id: str, change: Callable[[Payment], Payment]) -> Payment:
    """Change it, keep it, announce it."""
    payment = change(get_payment(world.store, payment_id))
    save_payment(world.store, payment)
    postman.announce(payment)
    return payment


def end_payment(world: World, postman: Postman, payment_id: str, outcome: Outcome, method: Method | None) -> Payment:
    def end(payment: Payment) -> Payment:
        payment = ended(payment, outcome, method, now=now())
        if outcome == "paid" and "wrong-amount" in behaviour_of(world.store, "payments").modes:
            return payment.model_copy(update={"reported_cents": max(payment.cents - WRONG_BY_CENTS, 1)})
        return payment

    return change_payment(world, postman, payment_id, end)


async def let_time_pass(world: World, postman: Postman) -> None:
    """Expire open payments and carry out refunds whose time has come, for ever."""
    while True:
        for document in world.store.newest(KIND, label=OPEN, limit=1000):
            if Payment.model_validate(document.body).expires_at <= now():
                end_payment(world, postman, document.key, "expired", None)
        done_before = now() - timedelta(seconds=world.settings.refund_s)
        for document in world.store.newest(KIND, label=REFUNDING, limit=1000):
            for refund in Payment.model_validate(document.body).refunds:
                if refund.status == "pending" and refund.created_at <= done_before:
                    change_payment(
                        world,
                        postman,
                        document.key,
                        lambda one, made=refund: refund_ended(one, made.refund_id, "refunded"),
                    )
        await asyncio.sleep(CHECK_S)
