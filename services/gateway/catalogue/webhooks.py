"""A tool's webhooks as the staff sees them: what waits, what was sent and how it was answered; each action under a reason."""

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from services.gateway.catalogue.pages import API as CATALOGUE
from services.gateway.catalogue.pages import Staff, view_of
from services.gateway.catalogue.webhook_kinds import short_name
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

PAGE = "/catalogue/{tool_id}/webhooks"
STATES = {"on": N_("Takes events"), "failing": N_("Does not answer as it should"), "off": N_("Switched off")}
DELIVERY_STATES = {"waiting": N_("Waiting"), "delivered": N_("Delivered"), "failed": N_("Not delivered")}
OFF_REASONS = {
    "asked": N_("Switched off on request."),
    "failing": N_("Switched off because nothing could be delivered for days."),
    "gone": N_("Switched off because the address said that it is gone."),
}
DONE = {
    "test": N_("A test was sent. Its answer is on top of the list."),
    "disable": N_("The webhook is switched off."),
    "enable": N_("The webhook is switched on. What happened meanwhile is sent."),
    "replay": N_("Everything since then is sent once more."),
}

router = APIRouter(prefix=PAGE, include_in_schema=False, route_class=PageRoute)
ToolId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
State = Annotated[Literal["", "waiting", "delivered", "failed"], Query()]
Before = Annotated[int, Query(ge=0, le=2**62)]


@router.get("")
async def show_all(visit: Staff, tool_id: ToolId) -> Response:
    found: list[dict[str, Any]] = await visit.get("notify", api_of(tool_id))
    webhooks = [webhook_of(visit, one) for one in found]
    return visit.page("catalogue/webhooks.html", tool=await tool_of(visit, tool_id), webhooks=webhooks)


@router.get("/{webhook_id}")
async def show(visit: Staff, tool_id: ToolId, webhook_id: UUID, state: State = "", before: Before = 0) -> Response:
    return await _page(visit, tool_id, webhook_id, Form(), state=state, before=before)


@router.post("/{webhook_id}")
async def act(visit: Staff, tool_id: ToolId, webhook_id: UUID) -> Response:
    fields = visit.fields
    action = fields.get("action", "")
    if action not in DONE:
        return visit.redirect(f"{page_of(tool_id)}/{webhook_id}")
    body: dict[str, Any] = {"reason": fields.get("reason", "").strip()}
    if action == "replay":
        body["since"] = f"{fields.get('since', '')}T00:00:00Z"
    try:
        await visit.post("notify", f"{api_of(tool_id)}/{webhook_id}/{action}", body)
    except REFUSALS as refusal:
        return await _page(visit, tool_id, webhook_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(DONE[action])
    return visit.redirect(f"{page_of(tool_id)}/{webhook_id}")


@router.get("/{webhook_id}/deliveries/{delivery_id}")
async def show_delivery(visit: Staff, tool_id: ToolId, webhook_id: UUID, delivery_id: int) -> Response:
    one: dict[str, Any] = await visit.get("notify", f"{api_of(tool_id)}/{webhook_id}/deliveries/{delivery_id}")
    return visit.page(
        "catalogue/webhook_delivery.html",
        tool=await tool_of(visit, tool_id),
        webhook_id=str(webhook_id),
        delivery=_delivery(visit, one),
        payload=json.dumps(one["event"], indent=2, ensure_ascii=False) if one["event"] else "",
    )


async def _page(
    visit: Visit,
    tool_id: str,
    webhook_id: UUID,
    form: Form,
    *,
    state: str = "",
    before: int = 0,
    status: int = 200,
) -> Response:
    path = f"{api_of(tool_id)}/{webhook_id}"
    query = {name: value for name, value in (("state", state), ("before", before)) if value}
    webhook: dict[str, Any] = await visit.get("notify", path)
    found: dict[str, Any] = await visit.get("notify", f"{path}/deliveries", query or None)
    older = f"?state={state}&before={found['next']}" if found["next"] else ""
    return visit.page(
        "catalogue/webhook.html",
        status=status,
        tool=await tool_of(visit, tool_id),
        webhook=webhook_of(visit, webhook),
        deliveries=[_delivery(visit, one) for one in found["deliveries"]],
        states=[("", visit.words.gettext(N_("All"))), *_states(visit)],
        state=state,
        older_url=older,
        form=form,
    )


def _states(visit: Visit) -> list[tuple[str, str]]:
    return [(name, visit.words.gettext(text)) for name, text in DELIVERY_STATES.items()]


async def tool_of(visit: Visit, tool_id: str) -> SimpleNamespace:
    return await view_of(visit, (await visit.get("organisation", f"{CATALOGUE}/{tool_id}"))["record"])


def webhook_of(visit: Visit, one: Mapping[str, Any]) -> SimpleNamespace:
    state, reason = STATES[one["state"]], OFF_REASONS.get(one["off_reason"] or "")
    return SimpleNamespace(
        **one,
        state_name=visit.words.gettext(state),
        off_sentence=visit.words.gettext(reason) if reason else "",
    )


def _delivery(visit: Visit, one: Mapping[str, Any]) -> SimpleNamespace:
    """kind: the short name of the event's type, as programs know it; empty once the event is forgotten."""
    kind = short_name(one["event"]["type"]) if one["event"] else ""
    state = DELIVERY_STATES[one["state"]]
    calls = [SimpleNamespace(**call, said=_said(call)) for call in one["calls"]]
    more = {"kind": kind, "said": _said(one), "state_name": visit.words.gettext(state)}
    return SimpleNamespace(**{**one, "calls": calls}, **more)


def _said(call: Mapping[str, Any]) -> str:
    """What came of it, as programs say it; empty for nothing yet."""
    return call["error"] or (f"HTTP {call['status']}" if call["status"] is not None else "")


def api_of(tool_id: str) -> str:
    return f"/api/webhooks-desk/{tool_id}"


def page_of(tool_id: str) -> str:
    return PAGE.format(tool_id=tool_id)
