"""Support and wallets: find one, look into it, freeze it. Each change with a reason."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.support.pages import STAFF_FRESH_S
from services.gateway.wallet.record_words import REASONS, STATES, amount_of, change_of, sentence_of
from services.gateway.wallet.tool_names import tool_name
from services.gateway.wallet.transaction_rows import KINDS
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

PAGE, API = "/support/wallets", "/api/support/wallets"
ADJUSTMENTS = "/api/support/adjustments"
MAX_FOUND = 20
DONE = {"freeze": N_("The wallet is frozen."), "unfreeze": N_("The wallet can be used again.")}

router = APIRouter(prefix=PAGE, include_in_schema=False, route_class=PageRoute)
Staff = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support")]
Action = Literal["freeze", "unfreeze"]


@router.get("")
async def find(visit: Staff, q: str = "") -> Response:
    """By enterprise number, or by a part of the name."""
    search = " ".join(q.split())[:100]
    form = Form.of({"q": search})
    found = None
    if search and not any(char.isalpha() for char in search):
        try:
            one = await visit.get("organisation", "/api/support/organisations", {"number": search[:50]})
        except REFUSALS as refusal:
            visit.fields = {"q": search}
            form = visit.refused(refusal, fields={"enterprise_number": "q"})
            return await _desk(visit, form, status=status_of(refusal))
        found = [SimpleNamespace(**{**one, "is_closed": one["closed_at"] is not None})]
    elif search:
        async with visit.at.database.acquire() as db:
            rows = await store.search_by_name(db, search, limit=MAX_FOUND)
        found = [SimpleNamespace(**dict(row)) for row in rows]
    return await _desk(visit, form, found=found)


@router.get("/{organisation_id}")
async def show(visit: Staff, organisation_id: UUID) -> Response:
    facts: dict[str, Any] = await visit.get("wallet", f"{API}/{organisation_id}")
    names = await names_in(visit, [*facts["adjustments"], *facts["entries"]])
    tools = {one["unit"]: await unit_name(visit, one["unit"]) for one in facts["wallets"]}
    return visit.page(
        "support/wallet.html",
        found=await organisation_of(visit, organisation_id),
        wallet=SimpleNamespace(**facts),
        units=[
            SimpleNamespace(
                name=tools[one["unit"]],
                **{
                    name: amount_of(visit.words, one[name], one["unit"], tool=tools[one["unit"]])
                    for name in ("balance_cents", "available_cents", "held_cents")
                },
            )
            for one in facts["wallets"]
        ],
        lines=[_line(visit, one, tools) for one in facts["lines"]],
        adjustments=[await adjustment_view(visit, one, names) for one in facts["adjustments"]],
        entries=[
            SimpleNamespace(
                **{name: one[name] for name in ("at", "reason", "by_staff")},
                sentence=sentence_of(visit.words, one),
                who=names.get(one["actor"], ""),
            )
            for one in facts["entries"]
        ],
    )


@router.get("/{organisation_id}/{action}")
async def ask(visit: Staff, organisation_id: UUID, action: Action) -> Response:
    return await _page(visit, organisation_id, action, Form())


@router.post("/{organisation_id}/{action}")
async def act(visit: Staff, organisation_id: UUID, action: Action) -> Response:
    body = {"reason": visit.fields.get("reason", "")[:1000]}
    try:
        await visit.post("wallet", f"{API}/{organisation_id}/{action}", body)
    except REFUSALS as refusal:
        return await _page(visit, organisation_id, action, visit.refused(refusal), status=status_of(refusal))
    visit.say(DONE[action])
    return visit.redirect(f"{PAGE}/{organisation_id}")


async def organisation_of(visit: Visit, organisation_id: UUID) -> SimpleNamespace:
    return SimpleNamespace(**await visit.get("organisation", f"/api/support/organisations/{organisation_id}"))


async def names_in(visit: Visit, things: list[dict[str, Any]]) -> dict[str, str]:
    """Of all who asked, decided or did one of them."""
    ids = {one.get(name) for one in things for name in ("requested_by", "decided_by", "actor")}
    async with visit.at.database.acquire() as db:
        return await store.names_of(db, [UUID(one) for one in ids if one])


async def unit_name(visit: Visit, unit: str) -> str:
    """Of the tool whose credits these are; empty for euros."""
    return "" if unit == "EUR" else await tool_name(visit, unit.removeprefix("credits/"))


async def adjustment_view(visit: Visit, facts: dict[str, Any], names: dict[str, str]) -> SimpleNamespace:
    tool = await unit_name(visit, facts["unit"])
    return SimpleNamespace(
        **facts,
        amount=change_of(visit.words, facts["amount_cents"], facts["unit"], tool=tool),
        reason_name=visit.words.gettext(REASONS.get(str(facts["reason"]), str(facts["reason"]))),
        state_name=visit.words.gettext(STATES.get(facts["state"], facts["state"])),
        asked_by=names.get(facts["requested_by"], ""),
        ended_by=names.get(facts["decided_by"] or "", ""),
        is_mine=facts["requested_by"] == str(visit.account_id),
    )


def _line(visit: Visit, facts: dict[str, Any], tools: dict[str, str]) -> SimpleNamespace:
    unit, tool = facts["unit"], tools.get(facts["unit"], "")
    return SimpleNamespace(
        **{name: facts[name] for name in ("at", "number", "description")},
        kind_name=visit.words.gettext(KINDS.get(str(facts["kind"]), str(facts["kind"]))),
        amount=change_of(visit.words, facts["amount_cents"], unit, tool=tool),
        after=amount_of(visit.words, facts["balance_after_cents"], unit, tool=tool),
        is_plus=facts["amount_cents"] > 0,
    )


async def _desk(visit: Visit, form: Form, *, found: list[SimpleNamespace] | None = None, status: int = 200) -> Response:
    waiting: dict[str, Any] = await visit.get("wallet", ADJUSTMENTS)
    names = await names_in(visit, waiting["adjustments"])
    async with visit.at.database.acquire() as db:
        owners = await store.organisation_names(db, [UUID(one["organisation_id"]) for one in waiting["adjustments"]])
    shown = [await adjustment_view(visit, one, names) for one in waiting["adjustments"]]
    for one in shown:
        one.organisation = owners.get(one.organisation_id, "")
    return visit.page("support/wallets.html", status=status, form=form, found=found, waiting=shown)


async def _page(visit: Visit, organisation_id: UUID, action: Action, form: Form, *, status: int = 200) -> Response:
    found = await organisation_of(visit, organisation_id)
    return visit.page("support/wallet_freeze.html", status=status, form=form, found=found, action=action)
