"""An organisation's logo and cover picture."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.views import organisation
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

UPLOADS = "/organisations/*/pictures/*"
API_UPLOADS = "/api/organisations/*/pictures/*"
SAVED = {"logo": N_("The logo is saved."), "cover": N_("The cover picture is saved.")}
REMOVED = {"logo": N_("The logo is removed."), "cover": N_("The cover picture is removed.")}
_KEPT = ("content-type", "cache-control", "etag")

router = APIRouter(prefix="/organisations/{organisation_id}/pictures", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
Kind = Literal["logo", "cover"]


@router.get("")
async def forms(visit: Member, organisation_id: UUID) -> Response:
    return await _page(visit, organisation_id, Form())


@router.get("/{name}")
async def picture(visit: Member, organisation_id: UUID, name: UUID) -> Response:
    """Its address names what it shows, so a browser that has it asks no more. It is no secret of one person's, unlike theirs."""
    answer = await visit.file("organisation", f"/api/organisations/{organisation_id}/pictures/{name}")
    headers = {header: answer.headers[header] for header in _KEPT if answer.is_success and header in answer.headers}
    return Response(answer.content if answer.is_success else b"", answer.status_code, headers)


@router.post("/{kind}")
async def save(visit: Annotated[Visit, signed_in(upload="picture")], organisation_id: UUID, kind: Kind) -> Response:
    try:
        await visit.put("organisation", f"/api/organisations/{organisation_id}/pictures/{kind}", visit.upload)
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"picture": kind})
        return await _page(visit, organisation_id, form, status=status_of(refusal))
    visit.say(SAVED[kind])
    return visit.redirect(f"/organisations/{organisation_id}/pictures")


@router.post("/{kind}/remove")
async def remove(visit: Member, organisation_id: UUID, kind: Kind) -> Response:
    await visit.delete("organisation", f"/api/organisations/{organisation_id}/pictures/{kind}")
    visit.say(REMOVED[kind])
    return visit.redirect(f"/organisations/{organisation_id}/pictures")


async def _page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    head = await organisation(visit, organisation_id)
    return visit.page(
        "organisations/pictures.html", status=status, section="organisations", tab="data", organisation=head, form=form
    )
