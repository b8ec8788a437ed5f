"""The access page: who may use a registered tool as what, who manages it, who asks for it. Nothing changes until it is saved.

One form holds the rows, the search and the pages: whoever turns the page with changes that are not saved is asked what to do with them.
"""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.views import organisation
from services.gateway.tools.access_form import PAGE_SIZE, Edits, View, view_after
from services.gateway.tools.access_views import AccessPage, columns, people, requests, saved, standing
from services.gateway.tools.views import access_url, card
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
PATH = "/organisations/{organisation_id}/registrations/{registration_id}/access"
ROWS = "rows"


@router.get(PATH)
async def access(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    """With X-Fragment: the rows only, for the search while one types."""
    page = AccessPage(organisation_id, registration_id, View.of(visit.request.query_params))
    return await _show(visit, page)


@router.post(PATH)
async def change_access(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    fields = visit.fields
    page = AccessPage(organisation_id, registration_id, View.of(fields), Edits.of(fields))
    action, _, about = fields.get("do", "").partition(".")
    if action == "save":
        return await _save(visit, page)
    if action in ("grant", "refuse"):
        return await _answer(visit, page, about, granted=action == "grant")
    if action == "all":
        page.bulk_role = fields.get("all", "")
        return await _show(visit, page)
    page.onward = view_after(page.view, fields.get("go", ""), fields.get("typed", ""))
    if page.edits.count:
        return await _show(visit, page)
    return visit.redirect(_url(visit, page, page.onward))


async def _save(visit: Visit, page: AccessPage) -> Response:
    onward = view_after(page.view, visit.fields["onward"], "") if visit.fields.get("onward") else page.view
    if page.edits.count:
        try:
            await visit.put("organisation", _api(page, "/access"), page.edits.body())
        except REFUSALS as refusal:
            return await _show(visit, page, visit.refused(refusal), status=status_of(refusal))
        visit.say(N_("Saved: {changes}."), changes=saved(visit, page.edits))
    return visit.redirect(_url(visit, page, onward))


async def _answer(visit: Visit, page: AccessPage, about: str, *, granted: bool) -> Response:
    """What was changed in the rows stays on the page. about: whose request. Raises NotFound for what is no account."""
    try:
        account_id = UUID(about)
    except ValueError as error:
        raise NotFound from error
    body = {"granted": granted, "answer": visit.fields.get(f"answer.{account_id}", "")}
    try:
        await visit.post("organisation", _api(page, f"/requests/{account_id}/answer"), body)
    except REFUSALS as refusal:
        return await _show(visit, page, visit.refused(refusal), status=status_of(refusal))
    if page.edits.count:
        return await _show(visit, page)
    visit.say(N_("The request is granted.") if granted else N_("The request is refused."))
    return visit.redirect(_url(visit, page, page.view))


async def _show(visit: Visit, page: AccessPage, form: Form | None = None, *, status: int = 200) -> Response:
    found: dict[str, Any] = await visit.get("organisation", _api(page, "/access"), page.view.wanted)
    if not found["employees"] and page.view.page > 1 and found["total"]:
        last = -(-found["total"] // PAGE_SIZE)
        return visit.redirect(_url(visit, page, View.of({**vars(page.view), "page": str(last)})))
    elsewhere = page.edits.account_ids - {one["account_id"] for one in found["employees"]}
    if elsewhere:
        more: dict[str, Any] = await visit.get("organisation", _api(page, "/access"), {"only": sorted(elsewhere)})
        found["employees"] = [*more["employees"], *found["employees"]]
    if page.bulk_role is not None and page.bulk_role in {"", *(role["id"] for role in found["roles"])}:
        for one in found["employees"]:
            if one["state"] == "active":
                page.edits.choose(one["account_id"], page.bulk_role, was=one["role"] or "")
    crossed = page.edits.settle(found["employees"])
    return await _page(visit, page, found, crossed, form or Form(), status=status)


async def _page(
    visit: Visit, page: AccessPage, found: dict[str, Any], crossed: set[str], form: Form, *, status: int
) -> Response:
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{found['tool_id']}")
    known = await visit.own.catalogue.tool(found["tool_id"])
    mode = next((mode for mode in tool["usage_modes"] if mode["id"] == found["usage_mode"]), None)
    is_fragment = visit.request.headers.get("x-fragment") == ROWS and visit.request.method == "GET"
    return visit.page(
        "tools/access_rows.html" if is_fragment else "tools/access.html",
        status=status,
        section="organisations",
        tab="tools",
        organisation=SimpleNamespace(id=page.organisation_id)
        if is_fragment
        else await organisation(visit, page.organisation_id),
        tool=card(tool),
        mode=SimpleNamespace(
            name=mode["name"] if mode else found["usage_mode"],
            description=mode["description"] if mode else "",
            needs=found["needs"],
            register_needs=found["register_needs"],
        ),
        form=form,
        standing=standing(visit, known, found),
        columns=columns(visit, known, found),
        people=people(visit, found, page.edits, crossed),
        requests=requests(visit, known, found),
        roles=found["roles"],
        is_manager=found["is_manager"],
        registration_id=page.registration_id,
        access_page=page,
        pages=max(1, -(-found["total"] // PAGE_SIZE)),
        total=found["total"],
        crossed=bool(crossed),
    )


def _url(visit: Visit, page: AccessPage, view: View) -> str:
    url = access_url(page.organisation_id, page.registration_id)
    return visit.to(f"{url}?{view.query}" if view.query else url)


def _api(page: AccessPage, path: str) -> str:
    return f"/api/organisations/{page.organisation_id}/registrations/{page.registration_id}{path}"
