"""Support corrects a wallet: one asks, and above a limit another decides."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.support.pages import STAFF_FRESH_S
from services.gateway.support.wallets import (
    ADJUSTMENTS,
    API,
    PAGE,
    adjustment_view,
    names_in,
    organisation_of,
    unit_name,
)
from services.gateway.wallet.record_words import REASONS
from services.gateway.wallet.rules import cents_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.ids import new_id
from shared.markers import N_

EUR = "EUR"
DECIDED = {
    "approve": N_("The correction is booked."),
    "reject": N_("The correction is refused."),
    "withdraw": N_("The correction is withdrawn."),
}

router = APIRouter(prefix=PAGE, include_in_schema=False, route_class=PageRoute)
Staff = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support")]
Decision = Literal["approve", "reject", "withdraw"]


@router.get("/{organisation_id}/adjust")
async def form(visit: Staff, organisation_id: UUID) -> Response:
    """The number that is made here makes it happen once, however often the form is sent."""
    values = {"id": str(new_id()), "unit": EUR, "direction": "add", "reason": "correction"}
    return await _form_page(visit, organisation_id, Form.of(values))


@router.post("/{organisation_id}/adjust")
async def adjust(visit: Staff, organisation_id: UUID) -> Response:
    fields = visit.fields
    unit = fields.get("unit", EUR)
    typed = fields.get("amount", "").strip()
    amount = cents_of(typed) if unit == EUR else int(typed) if typed.isdecimal() and len(typed) < 10 else None
    if not amount:
        form = Form.of(fields)
        text = (
            N_("Enter an amount, for example 75 or 62.50.") if unit == EUR else N_("Enter a whole number of credits.")
        )
        form.errors["amount"] = visit.words.gettext(text)
        return await _form_page(visit, organisation_id, form, status=422)
    body = {
        "id": fields.get("id", ""),
        "unit": unit,
        "amount_cents": -amount if fields.get("direction") == "take" else amount,
        "reason": fields.get("reason", ""),
        "description": fields.get("description", "").strip()[:200],
    }
    try:
        made = await visit.post("wallet", f"{API}/{organisation_id}/adjustments", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"amount_cents": "amount"})
        return await _form_page(visit, organisation_id, form, status=status_of(refusal))
    if made["state"] == "booked":
        visit.say(DECIDED["approve"])
    else:
        visit.say(N_("This is above what one person may correct in a day: a colleague has to agree."))
    return visit.redirect(f"{PAGE}/{organisation_id}")


@router.get("/adjustments/{adjustment_id}")
async def show(visit: Staff, adjustment_id: UUID) -> Response:
    return await _decision_page(visit, adjustment_id, Form())


@router.post("/adjustments/{adjustment_id}/{decision}")
async def decide(visit: Staff, adjustment_id: UUID, decision: Decision) -> Response:
    body = {"reason": visit.fields.get("reason", "")[:1000]} if decision == "reject" else None
    try:
        await visit.post("wallet", f"{ADJUSTMENTS}/{adjustment_id}/{decision}", body)
    except REFUSALS as refusal:
        return await _decision_page(visit, adjustment_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(DECIDED[decision])
    facts: dict[str, Any] = await visit.get("wallet", f"{ADJUSTMENTS}/{adjustment_id}")
    return visit.redirect(f"{PAGE}/{facts['organisation_id']}")


async def _form_page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    facts: dict[str, Any] = await visit.get("wallet", f"{API}/{organisation_id}")
    async with visit.at.database.acquire() as db:
        tools = await store.registered_tools(db, organisation_id)
    units = {one["unit"] for one in facts["wallets"]} | {f"credits/{tool_id}" for tool_id in tools}
    words = visit.words
    return visit.page(
        "support/adjust.html",
        status=status,
        form=form,
        found=await organisation_of(visit, organisation_id),
        wallet=SimpleNamespace(**facts),
        units=[
            (EUR, words.gettext(N_("Euros"))),
            *[
                (unit, words.sentence(N_("Credits for {tool}"), {"tool": await unit_name(visit, unit)}))
                for unit in sorted(units - {EUR})
            ],
        ],
        reasons=[(reason, words.gettext(text)) for reason, text in REASONS.items()],
    )


async def _decision_page(visit: Visit, adjustment_id: UUID, form: Form, *, status: int = 200) -> Response:
    facts: dict[str, Any] = await visit.get("wallet", f"{ADJUSTMENTS}/{adjustment_id}")
    organisation_id = UUID(facts["organisation_id"])
    wallet: dict[str, Any] = await visit.get("wallet", f"{API}/{organisation_id}")
    return visit.page(
        "support/adjustment.html",
        status=status,
        form=form,
        found=await organisation_of(visit, organisation_id),
        wallet=SimpleNamespace(**wallet),
        balance_cents=wallet["wallets"][0]["balance_cents"],
        one=await adjustment_view(visit, facts, await names_in(visit, [facts])),
    )
