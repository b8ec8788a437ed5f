"""An organisation's people: the list, one of them, confirming, blocking, activating, removing."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.organisations.views import employee, organisation
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

CONTACT = ("type", "email", "phone")
DONE = {
    "block": N_("{name} is blocked."),
    "activate": N_("{name} is active again."),
    "remove": N_("{name} has been removed."),
}
SECTION = "organisations"

router = APIRouter(prefix="/organisations/{organisation_id}/employees", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
Which = Annotated[Literal["all", "awaiting"], Query(alias="filter")]
Action = Literal["block", "activate", "remove"]


@router.get("")
async def employees(visit: Member, organisation_id: UUID, which: Which = "all") -> Response:
    head = await organisation(visit, organisation_id)
    found: list[dict[str, Any]] = await visit.get(
        "organisation", f"/api/organisations/{organisation_id}/employees", {"filter": which}
    )
    awaiting = sum(1 for one in found if one["state"] == "requested")
    head.awaiting = awaiting if head.manager else 0
    return visit.page(
        "organisations/employees.html",
        section=SECTION,
        tab="employees",
        organisation=head,
        employees=[employee(visit, one) for one in found],
        filter=which,
    )


@router.get("/{account_id}")
async def detail(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    person = await _person(visit, organisation_id, account_id)
    for choice in person.access:
        choice.role_name = next((role["name"] for role in choice.roles if role["id"] == choice.role), "")
    return await _page(visit, "organisations/employee.html", organisation_id, person, access=person.access)


@router.get("/{account_id}/confirm")
async def confirm_form(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    person = await _person(visit, organisation_id, account_id)
    form = Form.of({**{name: getattr(person, name) or "" for name in CONTACT}, "manager": ""})
    return await _page(visit, "organisations/confirm_data.html", organisation_id, person, form=form)


@router.post("/{account_id}/confirm")
async def confirm(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    """Two steps on one address, each with what the other had: nothing is saved before the last."""
    person = await _person(visit, organisation_id, account_id)
    fields, form = visit.fields, Form.of(visit.fields)
    for choice in person.access:
        choice.role = fields.get(f"access.{choice.registration_id}", choice.role or "")
    if fields.get("step") == "data":
        return await _page(visit, "organisations/confirm_data.html", organisation_id, person, form=form)
    if fields.get("step") != "confirm":
        return await _page(
            visit, "organisations/confirm_access.html", organisation_id, person, form=form, access=person.access
        )
    try:
        await visit.post("organisation", _api(organisation_id, account_id, "/confirm"), _confirmation(fields))
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        of_data = any(form.errors[name] for name in CONTACT)
        template = "organisations/confirm_data.html" if of_data else "organisations/confirm_access.html"
        return await _page(
            visit, template, organisation_id, person, status=status_of(refusal), form=form, access=person.access
        )
    visit.say(N_("{name} is confirmed and gets a mail."), name=person.name)
    return visit.redirect(f"/organisations/{organisation_id}/employees")


def _confirmation(fields: dict[str, str]) -> dict[str, Any]:
    chosen = {name.removeprefix("access."): role for name, role in fields.items() if name.startswith("access.")}
    return {
        **{name: fields.get(name, "") for name in CONTACT},
        "manager": fields.get("manager") == "yes",
        "access": [{"registration_id": one, "role": role or None} for one, role in chosen.items()],
    }


@router.get("/{account_id}/{action}")
async def change_form(visit: Member, organisation_id: UUID, account_id: UUID, action: Action) -> Response:
    person = await _person(visit, organisation_id, account_id)
    return await _page(visit, "organisations/change_state.html", organisation_id, person, form=Form(), action=action)


@router.post("/{account_id}/{action}")
async def change(visit: Member, organisation_id: UUID, account_id: UUID, action: Action) -> Response:
    person = await _person(visit, organisation_id, account_id)
    try:
        await visit.post("organisation", _api(organisation_id, account_id, f"/{action}"))
    except REFUSALS as refusal:
        return await _page(
            visit,
            "organisations/change_state.html",
            organisation_id,
            person,
            status=status_of(refusal),
            form=visit.refused(refusal),
            action=action,
        )
    visit.say(DONE[action], name=person.name)
    return visit.redirect(f"/organisations/{organisation_id}/employees")


async def _person(visit: Visit, organisation_id: UUID, account_id: UUID) -> SimpleNamespace:
    found: dict[str, Any] = await visit.get("organisation", _api(organisation_id, account_id))
    person = employee(visit, found)
    person.access = [SimpleNamespace(**choice) for choice in found["access"]]
    return person


async def _page(
    visit: Visit, template: str, organisation_id: UUID, person: SimpleNamespace, *, status: int = 200, **context: Any
) -> Response:
    return visit.page(
        template,
        status=status,
        section=SECTION,
        tab="employees",
        organisation=await organisation(visit, organisation_id),
        person=person,
        here=f"/organisations/{organisation_id}/employees/{person.account_id}",
        **context,
    )


def _api(organisation_id: UUID, account_id: UUID, action: str = "") -> str:
    return f"/api/organisations/{organisation_id}/employees/{account_id}{action}"
