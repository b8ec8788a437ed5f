"""Registering a tool: which organisation, in which usage mode, under which terms. The way back to the tool stays in each address."""

import re
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.organisations.views import organisation, with_initials
from services.gateway.tools.own import own_registrations
from services.gateway.tools.views import card, card_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import NotFound
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/tools/{tool_id}/register")
async def choose_organisation(visit: Member, tool_id: str) -> Response:
    tool = await visit.own.catalogue.tool(tool_id)
    if tool is None:
        raise NotFound
    async with visit.at.database.acquire() as db:
        rows = await store.memberships(db, visit.account_id)
        present = await store.registrations(db, visit.account_id)
    having = {row["organisation_id"] for row in present if row["tool_id"] == tool_id}
    return visit.page(
        "tools/register_organisation.html",
        section="tools",
        step=1,
        tool=card_of(tool, visit.language),
        organisations=[with_initials(dict(row), has_tool=row["id"] in having) for row in rows],
    )


@router.get("/organisations/{organisation_id}/tools/{tool_id}/register")
async def choose_mode(visit: Member, organisation_id: UUID, tool_id: str) -> Response:
    """Who is no manager is led to those whom to ask."""
    try:
        return await _mode_page(visit, organisation_id, tool_id, Form())
    except RemoteProblem as problem:
        if problem.code != "not-a-manager":
            raise
        return visit.redirect(visit.to(f"/organisations/{organisation_id}/tools/{_slug(tool_id)}/ask"))


@router.get("/organisations/{organisation_id}/tools/{tool_id}/register/terms")
async def read_terms(visit: Member, organisation_id: UUID, tool_id: str, usage_mode: str = "") -> Response:
    if not usage_mode:
        form = Form()
        form.general = visit.words.gettext(N_("Choose how the tool will be used."))
        return await _mode_page(visit, organisation_id, tool_id, form, status=422)
    return await _terms_page(visit, organisation_id, tool_id, usage_mode, Form())


@router.post("/organisations/{organisation_id}/tools/{tool_id}/register")
async def register(visit: Member, organisation_id: UUID, tool_id: str) -> Response:
    fields = visit.fields
    usage_mode = fields.get("usage_mode", "")
    if fields.get("accept") != "yes":
        form = Form.of(fields)
        form.errors["accept"] = visit.words.gettext(N_("Accept the terms to go on."))
        return await _terms_page(visit, organisation_id, tool_id, usage_mode, form, status=422)
    body = {"tool_id": tool_id, "usage_mode": usage_mode, "terms_version": fields.get("terms_version", "")}
    try:
        answer = await visit.post("organisation", f"/api/organisations/{organisation_id}/registrations", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        form.values["accept"] = ""
        code = refusal.code if isinstance(refusal, RemoteProblem) else ""
        if code == "terms-outdated":
            return await _terms_page(visit, organisation_id, tool_id, usage_mode, form, status=status_of(refusal))
        if code == "already-registered" and (done := await _done_before(visit, organisation_id, tool_id, usage_mode)):
            return visit.redirect(done)
        return await _mode_page(visit, organisation_id, tool_id, form, status=status_of(refusal))
    registration_id = UUID(answer["registration_id"])
    return visit.redirect(visit.to(f"/organisations/{organisation_id}/tools/{tool_id}/registered/{registration_id}"))


@router.get("/organisations/{organisation_id}/tools/{tool_id}/registered/{registration_id}")
async def registered(visit: Member, organisation_id: UUID, tool_id: str, registration_id: UUID) -> Response:
    """Raises NotFound for what is not, or no longer, registered."""
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{_slug(tool_id)}")
    found = await own_registrations(visit, organisation_id)
    own = next((one for one in found if one.id == str(registration_id) and one.tool_id == tool_id), None)
    if own is None:
        raise NotFound
    return visit.page(
        "tools/register_done.html",
        section="tools",
        step=4,
        tool=card(tool),
        organisation=await organisation(visit, organisation_id),
        own=own,
    )


async def _done_before(visit: Visit, organisation_id: UUID, tool_id: str, usage_mode: str) -> str:
    """The last page, for who has registered it already and sends the form once more; empty where it was somebody else."""
    found = await own_registrations(visit, organisation_id)
    own = next((one for one in found if (one.tool_id, one.usage_mode) == (tool_id, usage_mode) and one.role), None)
    return visit.to(f"/organisations/{organisation_id}/tools/{tool_id}/registered/{own.id}") if own else ""


async def _mode_page(visit: Visit, organisation_id: UUID, tool_id: str, form: Form, *, status: int = 200) -> Response:
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{_slug(tool_id)}")
    found: list[dict[str, Any]] = await visit.get(
        "organisation", f"/api/organisations/{organisation_id}/tools/{tool_id}/usage-modes"
    )
    present = {one.usage_mode: one for one in await own_registrations(visit, organisation_id) if one.tool_id == tool_id}
    modes = [_mode(mode, present.get(mode["id"])) for mode in found]
    allowed = [mode.id for mode in modes if mode.allowed]
    return visit.page(
        "tools/register_mode.html",
        status=status,
        section="tools",
        step=2,
        tool=card(tool),
        organisation=await organisation(visit, organisation_id),
        form=form,
        modes=modes,
        chosen=form.values["usage_mode"] or (allowed[0] if len(allowed) == 1 else ""),
        any_allowed=bool(allowed),
    )


def _mode(mode: dict[str, Any], own: SimpleNamespace | None) -> SimpleNamespace:
    """own: what one is in it, where it is registered."""
    return SimpleNamespace(
        id=mode["id"],
        name=mode["name"],
        description=mode["description"],
        needs=mode["needs"],
        checks=mode["checks"],
        advice=list(dict.fromkeys(sentence for check in mode["checks"] for sentence in check["advice"])),
        is_registered=mode["registered"],
        own=own,
        allowed=mode["allowed"] and not mode["registered"],
    )


async def _terms_page(
    visit: Visit, organisation_id: UUID, tool_id: str, usage_mode: str, form: Form, *, status: int = 200
) -> Response:
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{_slug(tool_id)}")
    mode = next((one for one in tool["usage_modes"] if one["id"] == usage_mode), None)
    if mode is None:
        raise NotFound
    return visit.page(
        "tools/register_terms.html",
        status=status,
        section="tools",
        step=3,
        tool=card(tool, terms_version=tool["terms"]["version"]),
        organisation=await organisation(visit, organisation_id),
        form=form,
        mode=SimpleNamespace(id=mode["id"], name=mode["name"]),
        terms=re.split(r"\n\s*\n", tool["terms"]["text"].strip()),
    )


def _slug(tool_id: str) -> str:
    """As it may stand in an address of the service's. Raises NotFound."""
    if re.fullmatch(r"[a-z][a-z0-9-]{0,49}", tool_id) is None:
        raise NotFound
    return tool_id
