"""Inviting by mail, for managers: the list, a new one, sending again, correcting the address, withdrawing."""

from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.people import access_of, api_of
from services.gateway.organisations.views import EMPLOYEE_TYPES, organisation
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

FRAME = {"section": "organisations", "tab": "invitations"}

router = APIRouter(
    prefix="/organisations/{organisation_id}/invitations", include_in_schema=False, route_class=PageRoute
)
Member = Annotated[Visit, signed_in()]


@router.get("")
async def list_invitations(visit: Member, organisation_id: UUID, after: UUID | None = None) -> Response:
    return await _list_page(visit, organisation_id, Form(), after=after)


@router.get("/new")
async def invitation_form(visit: Member, organisation_id: UUID) -> Response:
    form = Form.of({"type": "employee", "language": visit.language})
    return await _form_page(visit, organisation_id, form)


@router.post("/new")
async def invite(visit: Member, organisation_id: UUID) -> Response:
    fields = visit.fields
    email = fields.get("email", "").strip()
    body = {
        **{name: fields.get(name, "") for name in ("email", "type", "language")},
        "manager": fields.get("manager") == "yes",
        "access": access_of(fields),
    }
    try:
        await visit.post("organisation", _api(organisation_id), body)
    except REFUSALS as refusal:
        return await _form_page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("The invitation is on its way to {email}."), email=email)
    return visit.redirect(f"/organisations/{organisation_id}/invitations")


@router.post("/{invitation_id}/send")
async def send_again(visit: Member, organisation_id: UUID, invitation_id: UUID) -> Response:
    try:
        await visit.post("organisation", _api(organisation_id, invitation_id, "/send"))
    except REFUSALS as refusal:
        return await _list_page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("The invitation goes out again. The link in the earlier mail no longer works."))
    return visit.redirect(f"/organisations/{organisation_id}/invitations")


@router.get("/{invitation_id}/address")
async def address_form(visit: Member, organisation_id: UUID, invitation_id: UUID) -> Response:
    return await _address_page(visit, organisation_id, invitation_id, None)


@router.post("/{invitation_id}/address")
async def correct_address(visit: Member, organisation_id: UUID, invitation_id: UUID) -> Response:
    email = visit.fields.get("email", "").strip()
    try:
        await visit.post("organisation", _api(organisation_id, invitation_id, "/address"), {"email": email})
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _address_page(visit, organisation_id, invitation_id, form, status=status_of(refusal))
    visit.say(N_("The invitation is on its way to {email}."), email=email)
    return visit.redirect(f"/organisations/{organisation_id}/invitations")


@router.get("/{invitation_id}/withdraw")
async def withdraw_form(visit: Member, organisation_id: UUID, invitation_id: UUID) -> Response:
    return await _withdraw_page(visit, organisation_id, invitation_id, Form())


@router.post("/{invitation_id}/withdraw")
async def withdraw(visit: Member, organisation_id: UUID, invitation_id: UUID) -> Response:
    try:
        await visit.post("organisation", _api(organisation_id, invitation_id, "/withdraw"))
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _withdraw_page(visit, organisation_id, invitation_id, form, status=status_of(refusal))
    visit.say(N_("The invitation is withdrawn."))
    return visit.redirect(f"/organisations/{organisation_id}/invitations")


async def _list_page(
    visit: Visit, organisation_id: UUID, form: Form, *, after: UUID | None = None, status: int = 200
) -> Response:
    found: dict[str, Any] = await visit.get(
        "organisation", _api(organisation_id), {"after": str(after)} if after else None
    )
    here = f"/organisations/{organisation_id}/invitations"
    return visit.page(
        "organisations/invitations.html",
        status=status,
        organisation=await organisation(visit, organisation_id),
        invitations=[_shown(visit, one) for one in found["invitations"]],
        form=form,
        here=here,
        next_url=f"{here}?{urlencode({'after': found['next']})}" if found["next"] else "",
        **FRAME,
    )


async def _form_page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    """The tools that may be given: those that the manager's own page tells of."""
    mine: dict[str, Any] = await visit.get("organisation", api_of(organisation_id, visit.account_id))
    access = [SimpleNamespace(**{**choice, "role": ""}) for choice in mine["access"]]
    for choice in access:
        choice.role = form.values[f"access.{choice.registration_id}"]
    return visit.page(
        "organisations/invite.html",
        status=status,
        organisation=await organisation(visit, organisation_id),
        form=form,
        types=[(code, visit.words.gettext(name)) for code, name in EMPLOYEE_TYPES.items()],
        access=access,
        **FRAME,
    )


async def _address_page(
    visit: Visit, organisation_id: UUID, invitation_id: UUID, form: Form | None, *, status: int = 200
) -> Response:
    """form: None for the address as it is."""
    found: dict[str, Any] = await visit.get("organisation", _api(organisation_id, invitation_id))
    return visit.page(
        "organisations/invitation_address.html",
        status=status,
        organisation=await organisation(visit, organisation_id),
        invitation=_shown(visit, found),
        form=form or Form.of({"email": found["email"]}),
        here=f"/organisations/{organisation_id}/invitations",
        **FRAME,
    )


async def _withdraw_page(
    visit: Visit, organisation_id: UUID, invitation_id: UUID, form: Form, *, status: int = 200
) -> Response:
    found: dict[str, Any] = await visit.get("organisation", _api(organisation_id, invitation_id))
    return visit.page(
        "organisations/invitation_withdraw.html",
        status=status,
        organisation=await organisation(visit, organisation_id),
        invitation=_shown(visit, found),
        form=form,
        here=f"/organisations/{organisation_id}/invitations",
        **FRAME,
    )


def _shown(visit: Visit, facts: dict[str, Any]) -> SimpleNamespace:
    type_name = visit.words.gettext(EMPLOYEE_TYPES.get(facts["type"], str(facts["type"])))
    return SimpleNamespace(**facts, type_name=type_name)


def _api(organisation_id: UUID, invitation_id: UUID | None = None, action: str = "") -> str:
    one = f"/{invitation_id}" if invitation_id else ""
    return f"/api/organisations/{organisation_id}/invitations{one}{action}"
