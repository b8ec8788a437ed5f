"""Plans and credits of an organisation: what it holds, what it can buy, bought after a page that says what will happen."""

import secrets
from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.wallet.frame import api_of, here_of, wallet_page
from services.gateway.wallet.tool_names import tool_name
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

HELD = ("active", "waiting", "used-up")
BOUGHT_PLAN = N_("Bought: {name}. It was paid from the wallet and can be used at once.")
BOUGHT_CREDITS = N_("Bought: {name}. The credits can be used at once.")
RENEWAL_ON = N_("The plan is renewed when it ends.")
RENEWAL_OFF = N_("The plan is not renewed. It runs to its end.")
GONE = N_("This is not offered any more. Look at what is.")

router = APIRouter(prefix="/organisations/{organisation_id}/wallet", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/plans")
async def plans(visit: Member, organisation_id: UUID) -> Response:
    return await _page(visit, organisation_id, Form())


@router.get("/plans/buy")
async def check(visit: Member, organisation_id: UUID) -> Response:
    """What will happen is said first; the key that is made here makes it happen once."""
    return await _confirmation(visit, organisation_id, visit.request.query_params.get("offer", ""), Form())


@router.post("/plans/buy")
async def buy(visit: Member, organisation_id: UUID) -> Response:
    kind = "credits" if visit.fields.get("kind") == "credits" else "plans"
    body: dict[str, Any] = {"offer_id": visit.fields.get("offer", ""), "key": visit.fields.get("key", "")}
    if kind == "plans":
        body["renews"] = visit.fields.get("renews") == "yes"
    try:
        bought = await visit.post("wallet", api_of(organisation_id, f"/{kind}"), body)
    except REFUSALS as refusal:
        form, status = visit.refused(refusal), status_of(refusal)
        return await _confirmation(visit, organisation_id, visit.fields.get("offer", ""), form, status=status)
    visit.say(BOUGHT_CREDITS if kind == "credits" else BOUGHT_PLAN, name=bought["name"])
    return visit.redirect(here_of(organisation_id, "/plans"))


@router.post("/plans/{plan_id}/renewal")
async def set_renewal(visit: Member, organisation_id: UUID, plan_id: UUID) -> Response:
    renews = visit.fields.get("renews") == "yes"
    try:
        await visit.put("wallet", api_of(organisation_id, f"/plans/{plan_id}/renewal"), {"renews": renews})
    except REFUSALS as refusal:
        return await _page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(RENEWAL_ON if renews else RENEWAL_OFF)
    return visit.redirect(here_of(organisation_id, "/plans"))


async def held_plans(visit: Visit, organisation_id: UUID) -> list[SimpleNamespace]:
    """All that the organisation bought, those that end last first."""
    found: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/plans"))
    return [plan_of(one, await tool_name(visit, one["tool_id"])) for one in found["plans"]]


def plan_of(plan: dict[str, Any], tool: str) -> SimpleNamespace:
    """As the API gives it; dates as dates. share: of the uses that are gone, in percent."""
    share = round(100 * plan["used"] / plan["uses"]) if plan["uses"] else None
    return SimpleNamespace(**{**plan, "ends_on": date.fromisoformat(plan["ends_on"]), "tool": tool, "share": share})


def offer_of(offer: dict[str, Any], language: str, tool: str) -> SimpleNamespace:
    """rate: of VAT, in percent. each_cents: what one use or credit comes to with VAT, where they are counted."""
    count = offer["uses"] or offer["credits"]
    more = {
        "name": offer["names"].get(language, ""),
        "tool": tool,
        "rate": f"{offer['vat_rate_bp'] / 100:g}",
        "ends_on": date.fromisoformat(offer["ends_on"]) if offer["ends_on"] else None,
        "each_cents": round(offer["price_excl_cents"] / count) if count else None,
    }
    return SimpleNamespace(**{**offer, **more})


async def _offers(visit: Visit, organisation_id: UUID) -> list[SimpleNamespace]:
    """By tool."""
    found: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/offers"))
    tools: list[SimpleNamespace] = []
    for one in found["tools"]:
        name = await tool_name(visit, one["tool_id"])
        parts = {kind: [offer_of(each, visit.language, name) for each in one[kind]] for kind in ("plans", "credits")}
        per_use = offer_of(one["per_use"], visit.language, name) if one["per_use"] else None
        tools.append(SimpleNamespace(**{**one, **parts, "per_use": per_use, "name": name}))
    return sorted(tools, key=lambda tool: tool.name.casefold())


async def _page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    account: dict[str, Any] = await visit.get("wallet", api_of(organisation_id))
    bought = await held_plans(visit, organisation_id)
    tools = await _offers(visit, organisation_id)
    on_sale = {tool.tool_id for tool in tools if tool.credits}
    others = [one for one in account["credits"] if one["tool_id"] not in on_sale]
    return await wallet_page(
        visit,
        "wallet/plans.html",
        organisation_id,
        "plans",
        status=status,
        form=form,
        wallet=SimpleNamespace(**account),
        held=[one for one in bought if one.state in HELD],
        over=[one for one in bought if one.state not in HELD],
        tools=tools,
        others=[SimpleNamespace(**one, name=await tool_name(visit, one["tool_id"])) for one in others],
    )


async def _confirmation(
    visit: Visit, organisation_id: UUID, offer_id: str, form: Form, *, status: int = 200
) -> Response:
    """A form that was refused keeps its key: nothing was bought with it."""
    tools = await _offers(visit, organisation_id)
    found = [(tool, one) for tool in tools for one in (*tool.plans, *tool.credits) if one.offer_id == offer_id]
    if not found:
        form.general = form.general or visit.words.gettext(GONE)
        return await _page(visit, organisation_id, form, status=status if status != 200 else 404)
    [(tool, offer)] = found
    account: dict[str, Any] = await visit.get("wallet", api_of(organisation_id))
    running = [one for one in await held_plans(visit, organisation_id) if one.tool_id == offer.tool_id]
    return await wallet_page(
        visit,
        "wallet/plan_buy.html",
        organisation_id,
        "plans",
        status=status,
        form=form,
        wallet=SimpleNamespace(**account),
        tool=tool,
        offer=offer,
        running=[one for one in running if one.state in ("active", "waiting")],
        short_cents=max(offer.price_incl_cents - account["available_cents"], 0),
        key=visit.fields.get("key", "") or secrets.token_urlsafe(18),
    )
