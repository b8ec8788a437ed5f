"""Letting someone in, in two steps: who asked is confirmed, who is known by address or username is looked up and added."""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.people import (
    CONTACT,
    SECTION,
    api_of,
    find_person,
    here_of,
    page_about,
    welcome_of,
)
from services.gateway.organisations.views import organisation
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.templates import initials
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

DATA, ACCESS = "organisations/employee_data.html", "organisations/employee_access.html"
ON_DATA = (*CONTACT, "manager")

router = APIRouter(prefix="/organisations/{organisation_id}/employees", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/{account_id}/confirm")
async def confirm_form(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    person = await find_person(visit, organisation_id, account_id)
    form = Form.of({**{name: getattr(person, name) or "" for name in CONTACT}, "manager": ""})
    return await page_about(visit, DATA, organisation_id, person, form=form, way="confirm")


@router.post("/{account_id}/confirm")
async def confirm(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    """Two steps on one address, each with what the other had: nothing is saved before the last."""
    person = await find_person(visit, organisation_id, account_id)
    fields, form = visit.fields, Form.of(visit.fields)
    _keep_choices(person.access, fields)
    if fields.get("step") != "confirm":
        template = DATA if fields.get("step") == "data" else ACCESS
        return await page_about(visit, template, organisation_id, person, form=form, way="confirm")
    try:
        await visit.post("organisation", api_of(organisation_id, account_id, "/confirm"), welcome_of(fields))
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        template, status = _step_of(form), status_of(refusal)
        return await page_about(visit, template, organisation_id, person, status=status, form=form, way="confirm")
    visit.say(N_("{name} is confirmed and gets a mail."), name=person.name)
    return visit.redirect(here_of(organisation_id))


@router.get("/add")
async def find_form(visit: Member, organisation_id: UUID) -> Response:
    return await _find_page(visit, organisation_id, Form())


@router.post("/add")
async def add(visit: Member, organisation_id: UUID) -> Response:
    """Three steps on one address: whom, their data, their access."""
    fields, step = visit.fields, visit.fields.get("step", "")
    if step == "find":
        return await _find(visit, organisation_id)
    person = await _newcomer(visit, organisation_id, fields)
    if step != "confirm":
        template = DATA if step == "data" else ACCESS
        return await page_about(visit, template, organisation_id, person, form=Form.of(fields), way="add")
    try:
        body = {**welcome_of(fields), "account_id": person.account_id}
        await visit.post("organisation", api_of(organisation_id), body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        template, status = _step_of(form), status_of(refusal)
        return await page_about(visit, template, organisation_id, person, status=status, form=form, way="add")
    visit.say(N_("{name} is added and gets a mail."), name=person.name)
    return visit.redirect(here_of(organisation_id))


async def _find(visit: Visit, organisation_id: UUID) -> Response:
    typed = visit.fields.get("who", "").strip()[:254]
    body = {"email": typed} if "@" in typed else {"username": typed}
    if not typed:
        return await _find_page(visit, organisation_id, Form.of(visit.fields))
    try:
        answer: dict[str, Any] = await visit.post("organisation", f"{api_of(organisation_id)}/lookup", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"email": "who", "username": "who"})
        return await _find_page(visit, organisation_id, form, status=status_of(refusal))
    found: dict[str, Any] | None = answer["found"]
    if found is None or found["state"] not in (None, "removed"):
        known = SimpleNamespace(**{**found, "name": found["name"] or typed}) if found else None
        return await _find_page(visit, organisation_id, Form.of(visit.fields), asked=typed, known=known)
    facts = {"account_id": found["account_id"], "name": found["name"] or typed}
    person = await _newcomer(visit, organisation_id, facts)
    form = Form.of({**facts, "type": "employee", "email": body.get("email", "")})
    return await page_about(visit, DATA, organisation_id, person, form=form, way="add")


async def _find_page(
    visit: Visit,
    organisation_id: UUID,
    form: Form,
    *,
    asked: str = "",
    known: SimpleNamespace | None = None,
    status: int = 200,
) -> Response:
    """asked: for whom, when that led to nobody who can be added; then `known` says why, or is None."""
    head = await organisation(visit, organisation_id)
    here = here_of(organisation_id)
    return visit.page(
        "organisations/employee_add.html",
        status=status,
        section=SECTION,
        tab="employees",
        organisation=head,
        here=here,
        form=form,
        asked=asked,
        known=known,
    )


async def _newcomer(visit: Visit, organisation_id: UUID, fields: dict[str, str]) -> SimpleNamespace:
    """Someone who is not here yet, with the tools that they may be given: those that the manager's own page tells of."""
    mine: dict[str, Any] = await visit.get("organisation", api_of(organisation_id, visit.account_id))
    access = [SimpleNamespace(**{**choice, "role": None}) for choice in mine["access"]]
    _keep_choices(access, fields)
    name = fields.get("name", "")[:250]
    try:
        account_id = str(UUID(fields.get("account_id", "")))
    except ValueError:
        raise RemoteProblem("organisation", 422, {"code": "malformed"}) from None
    return SimpleNamespace(account_id=account_id, name=name, initials=initials(name or "?"), access=access)


def _keep_choices(access: list[SimpleNamespace], fields: dict[str, str]) -> None:
    for choice in access:
        choice.role = fields.get(f"access.{choice.registration_id}", choice.role or "")


def _step_of(form: Form) -> str:
    """Where what is wrong can be put right."""
    return DATA if any(form.errors[name] for name in ON_DATA) else ACCESS
