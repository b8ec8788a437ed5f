"""The checkout page: what the payer sees at the provider's, with every way it can end."""

from decimal import Decimal
from typing import Annotated

from babel.numbers import format_currency
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tools.world.payments.desk import PostmanOf, end_payment, get_payment
from tools.world.payments.payment import Method, NotPossible, Outcome
from tools.world.world import WorldOf

METHODS: dict[Method, str] = {
    "bancontact": "Bancontact",
    "maestro": "Maestro",
    "mastercard": "Mastercard",
    "visa": "Visa",
}
router = APIRouter(prefix="/payments/checkout", tags=["payments"], default_response_class=HTMLResponse)


@router.get("/{payment_id}")
async def show(payment_id: str, request: Request, world: WorldOf) -> HTMLResponse:
    payment = get_payment(world.store, payment_id)
    language = world.language(request, payment.locale)
    amount = format_currency(Decimal(payment.cents) / 100, "EUR", locale=language)
    # The shop may have named cards in general; one of them has to be chosen first.
    preselected = payment.method if payment.method in METHODS else "mastercard" if payment.method else "bancontact"
    values = {"payment": payment, "amount": amount, "methods": METHODS, "preselected": preselected}
    page = world.page(request, "checkout.html", language, **values)
    return HTMLResponse(page)


@router.post("/{payment_id}")
async def end(
    payment_id: str,
    outcome: Annotated[Outcome, Form()],
    world: WorldOf,
    postman: PostmanOf,
    method: Annotated[Method, Form()] = "bancontact",
) -> RedirectResponse:
    """End the payment and go back to the shop; one that has ended already only goes back."""
    try:
        payment = end_payment(world, postman, payment_id, outcome, method)
    except NotPossible:
        payment = get_payment(world.store, payment_id)
    return RedirectResponse(payment.redirect_url, status_code=303)
