"""An organisation's people: the list and its file, one of them, changing their data, and what is done to them."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.organisations.people import (
    CONTACT,
    SECTION,
    api_of,
    contact_of,
    find_person,
    here_of,
    page_about,
)
from services.gateway.organisations.views import employee, organisation
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.templates import LANGUAGE_NAMES
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

DONE = {
    "block": N_("{name} is blocked."),
    "activate": N_("{name} is active again."),
    "remove": N_("{name} has been removed."),
    "promote": N_("{name} is a manager now."),
    "dismiss": N_("{name} is no longer a manager."),
}
DONE_TO_ONESELF = {"remove": N_("You have left {organisation}."), "dismiss": N_("You are no longer a manager.")}
MAX_QUERY = 100

router = APIRouter(prefix="/organisations/{organisation_id}", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
Which = Annotated[Literal["all", "awaiting", "managers", "blocked"], Query(alias="filter")]
Sort = Literal["name", "state", "since"]
Action = Literal["block", "activate", "remove", "promote", "dismiss"]


@router.get("/employees")
async def employees(
    visit: Member, organisation_id: UUID, which: Which = "all", q: str = "", sort: Sort = "name", after: str = ""
) -> Response:
    asked = {"filter": which, "q": q.strip()[:MAX_QUERY], "sort": sort}
    found: dict[str, Any] = await visit.get("organisation", api_of(organisation_id), {**asked, "after": after[:1000]})
    head = await organisation(visit, organisation_id, awaiting=found["awaiting"])
    listed: dict[str, Any] = {
        "organisation": head,
        "employees": [employee(visit, one) for one in found["employees"]],
        "total": found["total"],
        "filter": which,
        "query": asked["q"],
        "sort": sort,
        "is_first": not after,
        "address": f"?{urlencode(asked)}",
        "next": f"?{urlencode({**asked, 'after': found['next']})}" if found["next"] else "",
        "file": f"{here_of(organisation_id)}.csv?{urlencode(asked)}",
        "me": str(visit.account_id),
    }
    if visit.request.headers.get("x-fragment"):
        return visit.page("organisations/employees_found.html", **listed)
    return visit.page("organisations/employees.html", section=SECTION, tab="employees", **listed)


@router.get("/employees.csv")
async def file(
    visit: Member, organisation_id: UUID, which: Which = "all", q: str = "", sort: Sort = "name"
) -> Response:
    query = {"filter": which, "q": q.strip()[:MAX_QUERY], "sort": sort}
    return visit.jar.send(
        await visit.csv("organisation", f"{api_of(organisation_id)}.csv", query, name="employees.csv")
    )


@router.get("/employees/{account_id}")
async def detail(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    person = await find_person(visit, organisation_id, account_id)
    for choice in person.access:
        choice.role_name = next((role["name"] for role in choice.roles if role["id"] == choice.role), "")
    return await page_about(visit, "organisations/employee.html", organisation_id, person, part="here")


@router.get("/employees/{account_id}/profile")
async def personal(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    person = await find_person(visit, organisation_id, account_id)
    profile: dict[str, Any] = await visit.get("organisation", api_of(organisation_id, account_id, "/profile"))
    language = dict(LANGUAGE_NAMES).get(profile["language"] or "", "")
    shown = SimpleNamespace(**{**profile, "language": language})
    return await page_about(
        visit, "organisations/employee_profile.html", organisation_id, person, part="profile", profile=shown
    )


@router.get("/employees/{account_id}/picture")
async def picture(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    answer = await visit.file("organisation", api_of(organisation_id, account_id, "/picture"))
    if not answer.is_success:
        return Response(status_code=404)
    return Response(answer.content, media_type="image/webp", headers={"cache-control": "private, no-cache"})


@router.get("/employees/{account_id}/edit")
async def edit_form(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    person = await find_person(visit, organisation_id, account_id)
    form = Form.of({**{name: getattr(person, name) or "" for name in CONTACT}, "version": str(person.version)})
    return await _edit_page(visit, organisation_id, person, form)


@router.post("/employees/{account_id}/edit")
async def edit(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    body = {**contact_of(visit.fields), "version": visit.fields.get("version", "")}
    try:
        await visit.put("organisation", api_of(organisation_id, account_id), body)
    except REFUSALS as refusal:
        person = await find_person(visit, organisation_id, account_id)
        return await _edit_page(visit, organisation_id, person, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("The data are saved."))
    return visit.redirect(here_of(organisation_id, account_id))


async def _edit_page(
    visit: Visit, organisation_id: UUID, person: SimpleNamespace, form: Form, *, status: int = 200
) -> Response:
    return await page_about(
        visit, "organisations/employee_edit.html", organisation_id, person, status=status, form=form
    )


@router.get("/employees/{account_id}/{action}")
async def change_form(visit: Member, organisation_id: UUID, account_id: UUID, action: Action) -> Response:
    person = await find_person(visit, organisation_id, account_id)
    return await _change_page(visit, organisation_id, person, action, Form())


@router.post("/employees/{account_id}/{action}")
async def change(visit: Member, organisation_id: UUID, account_id: UUID, action: Action) -> Response:
    person = await find_person(visit, organisation_id, account_id)
    head = await organisation(visit, organisation_id)
    try:
        await visit.post("organisation", api_of(organisation_id, account_id, f"/{action}"))
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _change_page(visit, organisation_id, person, action, form, status=status_of(refusal))
    said = DONE_TO_ONESELF.get(action, DONE[action]) if person.is_me else DONE[action]
    visit.say(said, name=person.name, organisation=head.name)
    if person.is_me and action == "remove":
        return visit.redirect("/organisations")
    is_gone = action == "remove"
    return visit.redirect(here_of(organisation_id, None if is_gone else account_id))


async def _change_page(
    visit: Visit, organisation_id: UUID, person: SimpleNamespace, action: str, form: Form, *, status: int = 200
) -> Response:
    """losing: the tools that the person can open now."""
    return await page_about(
        visit,
        "organisations/change_state.html",
        organisation_id,
        person,
        status=status,
        form=form,
        action=action,
        losing=sorted({choice.tool_name for choice in person.access if choice.role}),
    )


@router.get("/request")
async def take_back_form(visit: Member, organisation_id: UUID) -> Response:
    """One's own request to join, which nobody has answered yet."""
    return await _take_back_page(visit, organisation_id, Form())


@router.post("/request")
async def take_back(visit: Member, organisation_id: UUID) -> Response:
    try:
        await visit.post("organisation", api_of(organisation_id, visit.account_id, "/remove"))
    except REFUSALS as refusal:
        return await _take_back_page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("Your request is taken back."))
    return visit.redirect("/organisations")


async def _take_back_page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    mine: list[dict[str, Any]] = await visit.get("organisation", "/api/organisations/mine")
    found = next((one for one in mine if one["id"] == str(organisation_id) and one["my_state"] == "requested"), None)
    if found is None:
        raise RemoteProblem("organisation", 404, {"code": "organisation-not-found"})
    return visit.page(
        "organisations/take_back.html", status=status, section=SECTION, form=form, organisation=SimpleNamespace(**found)
    )
