"""Who sees a wallet and when it counts as low: for its managers."""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.organisations.views import employee
from services.gateway.wallet.frame import api_of, here_of, wallet_page
from services.gateway.wallet.record_words import sentence_of
from services.gateway.wallet.rules import cents_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

MAX_FOUND = 10
MAX_QUERY = 100

router = APIRouter(
    prefix="/organisations/{organisation_id}/wallet/settings", include_in_schema=False, route_class=PageRoute
)
Member = Annotated[Visit, signed_in()]


@router.get("")
async def settings(visit: Member, organisation_id: UUID, q: str = "") -> Response:
    return await _page(visit, organisation_id, search=q.strip()[:MAX_QUERY])


@router.post("/threshold")
async def set_threshold(visit: Member, organisation_id: UUID) -> Response:
    """An empty field is no threshold, as is 0."""
    cents = cents_of(visit.fields.get("threshold", "").strip() or "0")
    if cents is None:
        form = Form.of(visit.fields)
        form.errors["threshold"] = visit.words.gettext(N_("Enter an amount, for example 75 or 62.50."))
        return await _page(visit, organisation_id, form, status=422)
    try:
        await visit.put("wallet", api_of(organisation_id, "/threshold"), {"threshold_cents": cents})
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"threshold_cents": "threshold"})
        return await _page(visit, organisation_id, form, status=status_of(refusal))
    if cents:
        visit.say(N_("Below {amount_cents:money} the wallet counts as low from now on."), amount_cents=cents)
    else:
        visit.say(N_("Nobody is told any more that the wallet is low."))
    return visit.redirect(here_of(organisation_id, "/settings"))


@router.post("/viewers/{account_id}/allow")
async def allow(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    try:
        await visit.put("wallet", api_of(organisation_id, f"/viewers/{account_id}"))
    except REFUSALS as refusal:
        return await _page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("They see the wallet from now on, and can top it up."))
    return visit.redirect(here_of(organisation_id, "/settings#viewers"))


@router.post("/viewers/{account_id}/dismiss")
async def dismiss(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    try:
        await visit.delete("wallet", api_of(organisation_id, f"/viewers/{account_id}"))
    except REFUSALS as refusal:
        return await _page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("They no longer see the wallet."))
    return visit.redirect(here_of(organisation_id, "/settings#viewers"))


async def _page(
    visit: Visit, organisation_id: UUID, form: Form | None = None, *, search: str = "", status: int = 200
) -> Response:
    account: dict[str, Any] = await visit.get("wallet", api_of(organisation_id))
    viewers: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/viewers"))
    record: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/record"))
    names = await _names(visit, viewers["viewers"], record["entries"])
    chosen = {one["account_id"] for one in viewers["viewers"]}
    euros, cents = divmod(int(account["low_threshold_cents"]), 100)
    threshold = f"{euros}{'.' if visit.language == 'en' else ','}{cents:02}"
    return await wallet_page(
        visit,
        "wallet/settings.html",
        organisation_id,
        "settings",
        status=status,
        form=form or Form.of({"threshold": threshold}),
        viewers=[SimpleNamespace(**one, name=names.get(one["account_id"], "")) for one in viewers["viewers"]],
        search=search,
        found=await _search(visit, organisation_id, search, chosen) if search else [],
        entries=[
            SimpleNamespace(
                at=one["at"],
                sentence=sentence_of(visit.words, one),
                who=names.get(one["actor"] or "", "") if one["actor"] else visit.words.gettext(N_("support")),
                whom=names.get(one["account_id"] or "", "") or await _other(visit, one["details"]),
            )
            for one in record["entries"]
        ],
    )


async def _search(visit: Visit, organisation_id: UUID, search: str, chosen: set[str]) -> list[SimpleNamespace]:
    """Active employees who do not see it yet."""
    query = {"filter": "all", "q": search, "limit": MAX_FOUND}
    found: dict[str, Any] = await visit.get("organisation", f"/api/organisations/{organisation_id}/employees", query)
    people = [employee(visit, one) for one in found["employees"]]
    return [one for one in people if one.state == "active" and not one.manager and str(one.account_id) not in chosen]


async def _names(visit: Visit, viewers: list[dict[str, Any]], entries: list[dict[str, Any]]) -> dict[str, str]:
    ids = {one["account_id"] for one in (*viewers, *entries)} | {one["actor"] for one in entries}
    async with visit.at.database.acquire() as db:
        return await store.names_of(db, [UUID(one) for one in ids if one])


async def _other(visit: Visit, details: dict[str, Any]) -> str:
    """The organisation on the other side of a transfer."""
    if "other" not in details:
        return ""
    async with visit.at.database.acquire() as db:
        return (await store.organisation_names(db, [UUID(details["other"])])).get(details["other"], "")
