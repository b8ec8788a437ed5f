"""One's organisations: the overview, finding one, creating it, asking to join."""

from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.organisations.views import with_initials
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.countries import countries
from shared.markers import N_

ADDRESS = ("street", "number", "box", "postal_code", "city", "country")
EMPLOYEE = ("type", "email", "phone", "fax")
SECTION = "organisations"
SEARCH_FROM = 6
"""So many cards one oversees without a search field."""

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/organisations")
async def overview(visit: Member, q: str = "") -> Response:
    """From the read model alone: as fast while the organisation service is away."""
    search = " ".join(q.split())[:100]
    async with visit.at.database.acquire() as db:
        total = await store.count_memberships(db, visit.account_id)
        rows = await store.memberships(db, visit.account_id, search=search)
    found = [with_initials(dict(row)) for row in rows]
    if visit.request.headers.get("x-fragment"):
        return visit.page("organisations/cards.html", organisations=found, search=search)
    return visit.page(
        "organisations/index.html",
        section=SECTION,
        organisations=found,
        search=search,
        has_search=total > SEARCH_FROM,
        total=total,
    )


@router.get("/organisations/find")
async def find(visit: Member, number: str = "") -> Response:
    """What the number leads to: an organisation to join, or one to create."""
    if not number.strip():
        return _find_page(visit, Form())
    try:
        answer: dict[str, Any] = await visit.get("organisation", "/api/organisations", {"number": number[:50]})
    except REFUSALS as refusal:
        visit.fields = {"number": number}
        form = visit.refused(refusal, fields={"enterprise_number": "number"})
        return _find_page(visit, form, status=status_of(refusal))
    if answer["organisation"] is None:
        return visit.redirect(visit.to(f"/organisations/new?number={answer['enterprise_number']}"))
    found = with_initials(answer["organisation"], my_state=answer["my_state"])
    return _find_page(visit, Form.of({"number": number}), found=found)


def _find_page(visit: Visit, form: Form, *, found: SimpleNamespace | None = None, status: int = 200) -> Response:
    return visit.page("organisations/find.html", status=status, section=SECTION, form=form, found=found)


@router.get("/organisations/new")
async def creation_form(visit: Member, number: str) -> Response:
    answer: dict[str, Any] = await visit.get("organisation", "/api/organisations", {"number": number[:50]})
    if answer["organisation"] is not None:
        return visit.redirect(visit.to(f"/organisations/find?number={quote(number)}"))
    values = {"address.country": "BE", "employee.type": "head"}
    proposal = answer["proposal"]
    if proposal:
        # The register publishes no address of people in business by themselves.
        address: dict[str, Any] = proposal["address"] or {}
        values |= {f"address.{name}": str(address.get(name) or "") for name in ADDRESS}
        values["name"] = proposal["name"]
        values["address.country"] = values["address.country"] or "BE"
    return _creation_page(visit, Form.of(values), answer["enterprise_number"], is_proposed=proposal is not None)


@router.post("/organisations/new")
async def create(visit: Member) -> Response:
    fields = visit.fields
    number = fields.get("enterprise_number", "")
    try:
        answer = await visit.post("organisation", "/api/organisations", _creation_body(fields))
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code == "organisation-exists":
            return await _somebody_was_faster(visit, number)
        is_proposed = bool(fields.get("is_proposed"))
        form = visit.refused(refusal)
        return _creation_page(visit, form, number, is_proposed=is_proposed, status=status_of(refusal))
    visit.say(N_("{organisation} has been created, and you are its manager."), organisation=fields.get("name", ""))
    tools = f"/organisations/{answer['organisation_id']}/tools"
    if visit.tool is not None:
        return visit.redirect(visit.to(f"{tools}/{visit.tool.id}/register"))
    return visit.redirect(visit.to(tools))


async def _somebody_was_faster(visit: Visit, number: str) -> Response:
    """What the person told of themselves is not typed twice: it becomes their request to join."""
    answer: dict[str, Any] = await visit.get("organisation", "/api/organisations", {"number": number[:50]})
    if answer["organisation"]["is_closed"] or answer["my_state"]:
        return visit.redirect(visit.to(f"/organisations/find?number={quote(number)}"))
    form = Form.of({name: visit.fields.get(f"employee.{name}", "") for name in EMPLOYEE})
    return visit.page(
        "organisations/join.html",
        status=409,
        section=SECTION,
        form=form,
        organisation=with_initials(answer["organisation"]),
        was_faster=True,
    )


def _creation_body(fields: dict[str, str]) -> dict[str, Any]:
    return {
        "enterprise_number": fields.get("enterprise_number", ""),
        "name": fields.get("name", ""),
        "address": {name: fields.get(f"address.{name}", "") for name in ADDRESS},
        "email": fields.get("email", ""),
        "phone": fields.get("phone", ""),
        "employee": {name: fields.get(f"employee.{name}", "") for name in EMPLOYEE},
    }


def _creation_page(visit: Visit, form: Form, number: str, *, is_proposed: bool = False, status: int = 200) -> Response:
    return visit.page(
        "organisations/new.html",
        status=status,
        section=SECTION,
        form=form,
        number=number,
        is_proposed=is_proposed,
        countries=countries(visit.language),
    )


@router.get("/organisations/{organisation_id}/join")
async def join_form(visit: Member, organisation_id: UUID, number: str = "") -> Response:
    organisation = await _brief(visit, organisation_id, number)
    return visit.page(
        "organisations/join.html",
        section=SECTION,
        form=Form.of({"type": "employee"}),
        organisation=organisation,
        was_faster=False,
    )


@router.post("/organisations/{organisation_id}/join")
async def join(visit: Member, organisation_id: UUID) -> Response:
    body = {name: visit.fields.get(name, "") for name in EMPLOYEE}
    organisation = await _brief(visit, organisation_id, visit.fields.get("number", ""))
    try:
        answer = await visit.post("organisation", f"/api/organisations/{organisation_id}/requests", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return visit.page(
            "organisations/join.html",
            status=status_of(refusal),
            section=SECTION,
            form=form,
            organisation=organisation,
            was_faster=False,
        )
    return visit.page(
        "organisations/joined.html", section=SECTION, organisation=organisation, managers=answer["managers"]
    )


async def _brief(visit: Visit, organisation_id: UUID, number: str) -> SimpleNamespace:
    """A stranger may know of an organisation what its number tells: the name."""
    answer: dict[str, Any] = await visit.get("organisation", "/api/organisations", {"number": number[:50]})
    found = answer["organisation"]
    if found is None or found["id"] != str(organisation_id):
        raise RemoteProblem("organisation", 404, {"code": "organisation-not-found"})
    return with_initials(found)
