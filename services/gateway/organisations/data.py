"""What an organisation tells of itself: to read for all who belong there, to change for its managers."""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import data_form
from services.gateway.organisations.views import organisation
from services.gateway.typed.keeping import or_typed
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, Refusal, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.countries import countries
from shared.markers import N_

SECTION = "organisations"

router = APIRouter(prefix="/organisations/{organisation_id}", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("")
async def show(visit: Member, organisation_id: UUID) -> Response:
    data: dict[str, Any] = await visit.get("organisation", _api(organisation_id))
    return visit.page(
        "organisations/data.html",
        section=SECTION,
        tab="data",
        organisation=await organisation(visit, organisation_id),
        data=data,
        countries=dict(countries(visit.language)),
        **_words(visit),
    )


@router.get("/data")
async def form(visit: Member, organisation_id: UUID) -> Response:
    data: dict[str, Any] = await visit.get("organisation", _api(organisation_id))
    return await _page(visit, organisation_id, Form.of(or_typed(visit, data_form.values_of(data))))


@router.post("/data")
async def save(visit: Member, organisation_id: UUID) -> Response:
    changed = data_form.ROWS.asked(visit.fields)
    if changed is not None:
        return await _page(visit, organisation_id, Form.of(changed), is_changed=True)
    visit.fields = data_form.ROWS.tidy(visit.fields)
    try:
        await visit.put("organisation", _api(organisation_id), data_form.body_of(visit.fields, version=0))
    except REFUSALS as refusal:
        return await _refused(visit, organisation_id, refusal)
    visit.say(N_("The data of {organisation} are saved."), organisation=visit.fields.get("name", ""))
    return visit.redirect(f"/organisations/{organisation_id}")


async def _refused(visit: Visit, organisation_id: UUID, refusal: Refusal) -> Response:
    """What was typed stays. After another manager's change, what differs is shown, and the next save is meant to win."""
    form, differing = visit.refused(refusal), []
    if isinstance(refusal, RemoteProblem) and refusal.code == "organisation-changed-meanwhile":
        data: dict[str, Any] = await visit.get("organisation", _api(organisation_id))
        differing = data_form.differences(visit.fields, data)
        form.values["version"] = str(data["version"])
    status = status_of(refusal)
    return await _page(visit, organisation_id, form, status=status, is_changed=True, differing=differing)


async def _page(
    visit: Visit,
    organisation_id: UUID,
    form: Form,
    *,
    status: int = 200,
    is_changed: bool = False,
    differing: list[tuple[str, str, str]] | None = None,
) -> Response:
    """A form that was typed is shown again also when the service is away: then without the present name above it."""
    return visit.page(
        "organisations/data_edit.html",
        status=status,
        section=SECTION,
        tab="data",
        organisation=await _head(visit, organisation_id, form),
        form=form,
        rows=data_form.ROWS.count(form.values),
        max_rows=data_form.ROWS.max_rows,
        countries=countries(visit.language),
        is_changed=is_changed,
        differing=differing or [],
        **_words(visit),
    )


async def _head(visit: Visit, organisation_id: UUID, form: Form) -> SimpleNamespace:
    try:
        return await organisation(visit, organisation_id)
    except REFUSALS:
        if not form.general:
            raise
        return SimpleNamespace(id=organisation_id, name=form.values["name"], initials="?", logo=None, cover=None,
                               enterprise_number="", manager=True, awaiting=0)  # fmt: skip


def _words(visit: Visit) -> dict[str, Any]:
    words = visit.words.gettext
    return {
        "legal_forms": [(code, words(text)) for code, text in data_form.LEGAL_FORMS.items()],
        "address_kinds": [(code, words(text)) for code, text in data_form.ADDRESS_KINDS.items()],
        "networks": [(code, words(text)) for code, text in data_form.NETWORKS.items()],
        "languages": list(data_form.LANGUAGES.items()),
    }


def _api(organisation_id: UUID) -> str:
    return f"/api/organisations/{organisation_id}/data"
