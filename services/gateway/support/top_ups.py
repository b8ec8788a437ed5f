"""Support and online payments: what became of a top-up, giving its money back, and money that is in no wallet."""

from datetime import datetime
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.support.pages import STAFF_FRESH_S
from services.gateway.support.wallets import organisation_of
from services.gateway.wallet.rules import cents_of
from services.gateway.wallet.top_up import top_up_view
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

API = "/api/support"
STATES = {
    "created": N_("Begun"),
    "pending": N_("Open"),
    "completed": N_("Completed"),
    "failed": N_("Failed"),
    "expired": N_("Expired"),
    "requested": N_("Is being sent"),
    "refunded": N_("Refunded"),
}
EFFECTS = {
    "paid": N_("Paid"),
    "refund": N_("Refund"),
    "refund-void": N_("Refund that did not succeed"),
    "chargeback": N_("Chargeback"),
    "chargeback-void": N_("Chargeback withdrawn"),
}
STRAYS = {"unknown": N_("Nobody asked for it"), "amount-mismatch": N_("Another amount than was asked for")}

router = APIRouter(prefix="/support", include_in_schema=False, route_class=PageRoute)
Staff = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support")]


@router.get("/wallets/{organisation_id}/top-ups")
async def top_ups(visit: Staff, organisation_id: UUID) -> Response:
    found: dict[str, Any] = await visit.get("wallet", f"{API}/wallets/{organisation_id}/top-ups")
    return visit.page(
        "support/top_ups.html",
        found=await organisation_of(visit, organisation_id),
        top_ups=[_in_words(visit, one) for one in found["top_ups"]],
    )


@router.get("/top-ups/{top_up_id}")
async def show(visit: Staff, top_up_id: UUID) -> Response:
    return await _page(visit, top_up_id, None)


@router.post("/top-ups/{top_up_id}/refund")
async def refund(visit: Staff, top_up_id: UUID) -> Response:
    """Sent twice, it is one refund."""
    fields = visit.fields
    amount_cents = cents_of(fields.get("amount", ""))
    if amount_cents is None:
        form = Form.of(fields)
        form.errors["amount"] = visit.words.gettext(N_("Enter an amount, for example 75 or 62.50."))
        return await _page(visit, top_up_id, form, status=422)
    body = {
        "id": fields.get("refund_id", ""),
        "amount_cents": amount_cents,
        "reason": fields.get("reason", "").strip(),
    }
    try:
        await visit.post("wallet", f"{API}/top-ups/{top_up_id}/refunds", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"amount_cents": "amount"})
        return await _page(visit, top_up_id, form, status=status_of(refusal))
    visit.say(N_("The money is out of the wallet and on its way back."))
    return visit.redirect(f"/support/top-ups/{top_up_id}")


@router.get("/payments")
async def strays(visit: Staff) -> Response:
    return await _strays(visit, Form())


@router.post("/payments/{provider}/{reference}/settle")
async def settle(visit: Staff, provider: str, reference: str) -> Response:
    body = {"note": visit.fields.get("note", "").strip()}
    try:
        await visit.post("wallet", f"{API}/stray-payments/{provider}/{reference}/settle", body)
    except REFUSALS as refusal:
        return await _strays(visit, visit.refused(refusal), at=reference, status=status_of(refusal))
    visit.say(N_("Noted: this payment is settled."))
    return visit.redirect("/support/payments")


async def _page(visit: Visit, top_up_id: UUID, form: Form | None, *, status: int = 200) -> Response:
    found: dict[str, Any] = await visit.get("wallet", f"{API}/top-ups/{top_up_id}")
    if form is None:
        left = f"{found['left_cents'] // 100}.{found['left_cents'] % 100:02d}"
        form = Form.of({"amount": left, "refund_id": str(uuid4())})
    refunds = [
        SimpleNamespace(**{**_in_words(visit, one).__dict__, "is_ours": one["requested_by"] is not None})
        for one in found["refunds"]
    ]
    effects = [
        SimpleNamespace(**one, name=visit.words.gettext(EFFECTS.get(str(one["kind"]), str(one["kind"]))))
        for one in found["effects"]
    ]
    return visit.page(
        "support/top_up.html",
        status=status,
        form=form,
        found=await organisation_of(visit, UUID(found["organisation_id"])),
        top_up=_in_words(visit, {**found, "refunds": refunds, "effects": effects}),
    )


async def _strays(visit: Visit, form: Form, *, at: str = "", status: int = 200) -> Response:
    """at: the payment whose form was refused."""
    found: dict[str, Any] = await visit.get("wallet", f"{API}/stray-payments")
    payments = [
        SimpleNamespace(
            **{
                **one,
                "found_at": datetime.fromisoformat(one["found_at"]),
                "reason_name": visit.words.gettext(STRAYS.get(str(one["reason"]), str(one["reason"]))),
                "form": form if one["reference"] == at else Form(),
            }
        )
        for one in found["payments"]
    ]
    return visit.page("support/payments.html", status=status, payments=payments)


def _in_words(visit: Visit, one: dict[str, Any]) -> SimpleNamespace:
    state = visit.words.gettext(STATES.get(str(one["state"]), str(one["state"])))
    return top_up_view({"method": "", **one, "state_name": state})
