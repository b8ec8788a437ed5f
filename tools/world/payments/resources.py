"""Payments, refunds and chargebacks as Mollie shows them: amounts are strings, times are ISO 8601, links say where to go on."""

from collections.abc import Sequence
from typing import Any, Literal

from tools.world.payments.payment import ENDED_AT, Chargeback, Method, NotPossible, Payment, Refund

CARDS = ("maestro", "mastercard", "visa")


def amount(cents: int) -> dict[str, str]:
    return {"currency": "EUR", "value": f"{cents // 100}.{cents % 100:02d}"}


def as_mollie(payment: Payment, base: str, embed: Sequence[str] = ()) -> dict[str, Any]:
    """Mollie's name for a card is `creditcard`, whatever the brand. base: the simulator's address. embed: refunds, chargebacks."""
    own = f"{base}/payments/v1/payments/{payment.payment_id}"
    links = {"self": {"href": own, "type": "application/hal+json"}}
    if payment.status == "open":
        checkout = f"{base}/payments/checkout/{payment.payment_id}"
        links["checkout"] = {"href": checkout, "type": "text/html"}
    is_card = payment.method in CARDS
    resource: dict[str, Any] = {
        "resource": "payment",
        "id": payment.payment_id,
        "mode": "test",
        "createdAt": payment.created_at.isoformat(),
        "expiresAt": payment.expires_at.isoformat(),
        "status": payment.status,
        "isCancelable": payment.status == "open" and payment.is_cancelable,
        "amount": amount(payment.reported_cents),
        "amountRefunded": amount(payment.refunded_cents),
        "amountChargedBack": amount(payment.charged_back_cents),
        "description": payment.description,
        "method": _method(payment.method),
        "details": {"cardLabel": payment.method.capitalize()} if is_card and payment.method else None,
        "metadata": payment.metadata,
        "locale": payment.locale,
        "redirectUrl": payment.redirect_url,
        "webhookUrl": payment.webhook_url,
        "_links": links,
    }
    if payment.status != "open" and payment.ended_at:
        resource[ENDED_AT[payment.status]] = payment.ended_at.isoformat()
    embedded: dict[str, Any] = {}
    if "refunds" in embed:
        embedded["refunds"] = [refund_as_mollie(payment, one) for one in payment.refunds]
    if "chargebacks" in embed:
        embedded["chargebacks"] = [chargeback_as_mollie(payment, one) for one in payment.chargebacks]
    return resource | ({"_embedded": embedded} if embedded else {})


def refund_as_mollie(payment: Payment, refund: Refund) -> dict[str, Any]:
    return {
        "resource": "refund",
        "id": refund.refund_id,
        "paymentId": payment.payment_id,
        "amount": amount(refund.cents),
        "description": refund.description,
        "metadata": refund.metadata,
        "status": refund.status,
        "createdAt": refund.created_at.isoformat(),
    }


def chargeback_as_mollie(payment: Payment, chargeback: Chargeback) -> dict[str, Any]:
    return {
        "resource": "chargeback",
        "id": chargeback.chargeback_id,
        "paymentId": payment.payment_id,
        "amount": amount(chargeback.cents),
        "createdAt": chargeback.created_at.isoformat(),
        "reversedAt": chargeback.reversed_at.isoformat() if chargeback.reversed_at else None,
    }


def page_as_mollie(
    name: Literal["payments", "refunds", "chargebacks"],
    items: Sequence[dict[str, Any]],
    begin: str | None,
    limit: int,
    base: str,
) -> dict[str, Any]:
    """One page of a list, newest first. begin: the id to begin at, going back in time."""
    items = sorted(items, key=lambda item: (item["createdAt"], item["id"]), reverse=True)
    if begin:
        places = [place for place, item in enumerate(items) if item["id"] == begin]
        if not places:
            raise NotPossible("There is nothing with this id", "from")
        items = items[places[0] :]
    page, rest = items[:limit], items[limit:]
    own = f"{base}/payments/v1/{name}"
    following = {"href": f"{own}?from={rest[0]['id']}&limit={limit}", "type": "application/hal+json"} if rest else None
    return {
        "count": len(page),
        "_embedded": {name: list(page)},
        "_links": {"self": {"href": own, "type": "application/hal+json"}, "previous": None, "next": following},
    }


def problem(status: int, title: str, detail: str, field: str | None = None) -> dict[str, Any]:
    """Return an error as Mollie words it."""
    return {"status": status, "title": title, "detail": detail} | ({"field": field} if field else {})


def refusal(error: NotPossible) -> dict[str, Any]:
    return problem(422, "Unprocessable Entity", error.detail, error.field)


def _method(method: Method | None) -> str | None:
    return "creditcard" if method in CARDS else method
