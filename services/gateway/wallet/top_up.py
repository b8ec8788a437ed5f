"""Topping up a wallet: by a payment page, where it leads back to, and payments that are still open."""

from datetime import datetime
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.wallet.bank_transfer import bank_transfer
from services.gateway.wallet.frame import api_of, here_of, wallet_page
from services.gateway.wallet.rules import cents_of, first_amount
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

AMOUNTS = (5_000, 10_000, 25_000, 50_000)
MAX_DIGITS = 9
METHODS = {"bancontact": "Bancontact", "mastercard": "Mastercard", "visa": "Visa", "maestro": "Maestro"}

router = APIRouter(prefix="/organisations/{organisation_id}/wallet", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/top-up")
async def top_up_form(visit: Member, organisation_id: UUID) -> Response:
    return await _page(visit, organisation_id, None)


@router.post("/top-ups")
async def top_up(visit: Member, organisation_id: UUID) -> Response:
    """Leads on to the payment provider's page, whose address the wallet service gives. Sent twice, it is one payment."""
    fields = visit.fields
    chosen = fields.get("amount", "")
    is_other = not (chosen.isascii() and chosen.isdecimal() and len(chosen) <= MAX_DIGITS)
    amount_cents = cents_of(fields.get("amount_other", "")) if is_other else int(chosen)
    if amount_cents is None:
        form = Form.of(fields)
        form.errors["amount_other"] = visit.words.gettext(N_("Enter an amount, for example 75 or 62.50."))
        return await _page(visit, organisation_id, form, status=422)
    page = f"{visit.at.settings.public_origin}{here_of(organisation_id)}/top-ups/{{top_up_id}}"
    body = {
        "amount_cents": amount_cents,
        "method": fields.get("method", ""),
        "return_url": page,
        "request_id": _request_id(fields.get("request_id", "")),
    }
    try:
        answer = await visit.post("wallet", api_of(organisation_id, "/top-ups"), body)
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"amount_cents": "amount_other"})
        return await _page(visit, organisation_id, form, status=status_of(refusal))
    return visit.redirect(str(answer["checkout_url"]))


@router.get("/top-ups/{top_up_id}")
async def top_up_page(visit: Member, organisation_id: UUID, top_up_id: UUID) -> Response:
    """Where the payment page leads back to; nobody knows yet how the payment went."""
    found = await _top_up(visit, organisation_id, top_up_id)
    return await wallet_page(visit, "wallet/top_up.html", organisation_id, "top-up", top_up=found)


@router.get("/top-ups/{top_up_id}/live")
async def top_up_live(visit: Member, organisation_id: UUID, top_up_id: UUID) -> Response:
    found = await _top_up(visit, organisation_id, top_up_id)
    response = visit.page("wallet/top_up_live.html", here=here_of(organisation_id), top_up=found)
    response.headers["x-live"] = "on" if found.state == "pending" else "done"
    return response


@router.get("/top-ups/{top_up_id}/cancel")
async def ask_to_cancel(visit: Member, organisation_id: UUID, top_up_id: UUID) -> Response:
    found = await _top_up(visit, organisation_id, top_up_id)
    if not found.can_cancel:
        return visit.redirect(f"{here_of(organisation_id)}/top-ups/{top_up_id}")
    return await wallet_page(visit, "wallet/top_up_cancel.html", organisation_id, "top-up", top_up=found, form=Form())


@router.post("/top-ups/{top_up_id}/cancel")
async def cancel(visit: Member, organisation_id: UUID, top_up_id: UUID) -> Response:
    """The page after it says what became of it: it may have been paid at this very moment."""
    try:
        await visit.post("wallet", f"/api/top-ups/{top_up_id}/cancel", {})
    except REFUSALS as refusal:
        form, found = visit.refused(refusal), await _top_up(visit, organisation_id, top_up_id)
        return await wallet_page(
            visit,
            "wallet/top_up_cancel.html",
            organisation_id,
            "top-up",
            status=status_of(refusal),
            top_up=found,
            form=form,
        )
    return visit.redirect(f"{here_of(organisation_id)}/top-ups/{top_up_id}")


async def _top_up(visit: Visit, organisation_id: UUID, top_up_id: UUID) -> SimpleNamespace:
    """Raises NotFound for one of another organisation: its page would name the wrong one."""
    found: dict[str, Any] = await visit.get("wallet", f"/api/top-ups/{top_up_id}")
    if found["organisation_id"] != str(organisation_id):
        raise NotFound
    return top_up_view(found)


def top_up_view(found: dict[str, Any]) -> SimpleNamespace:
    moments = {name: datetime.fromisoformat(found[name]) for name in ("created_at", "expires_at") if found.get(name)}
    return SimpleNamespace(**{**found, **moments, "method_name": METHODS.get(found["method"], found["method"])})


async def _page(visit: Visit, organisation_id: UUID, form: Form | None, *, status: int = 200) -> Response:
    """form: None for one that nobody filled in yet."""
    account: dict[str, Any] = await visit.get("wallet", api_of(organisation_id))
    found: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/top-ups"))
    if form is None:
        first = first_amount(account["balance_cents"], AMOUNTS, minimum_cents=account["minimum_top_up_cents"])
        form = Form.of({"method": found["preferred_method"], "request_id": str(uuid4()), **first})
    return await wallet_page(
        visit,
        "wallet/top_up_form.html",
        organisation_id,
        "top-up",
        status=status,
        form=form,
        wallet=SimpleNamespace(**account),
        amounts=AMOUNTS,
        methods=[(method, METHODS.get(method, method)) for method in found["methods"]],
        pending=[top_up_view(one) for one in found["top_ups"]],
        transfer=await bank_transfer(visit, organisation_id),
    )


def _request_id(typed: str) -> str | None:
    try:
        return str(UUID(typed))
    except ValueError:
        return None
