"""Importing a tool's list of organisations: a file or a pasted text is looked at first, then taken over under a reason."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.tools.views import slug
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

API = "/api/catalogue"
STAFF_FRESH_S = 8 * 3600
LOOK_PATH, TAKE_PATH = "/catalogue/*/lists/*", "/catalogue/*/lists/*/import"
MAX_FORM_BYTES = 2 * 1024 * 1024
"""What the service takes as a list, and how a form writes its line ends."""
BAD_LINES = {
    "characters": N_("no number"),
    "length": N_("not ten digits"),
    "first-digit": N_("starts with neither 0 nor 1"),
    "check-digits": N_("a digit must be wrong"),
}

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Staff = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support")]
Upload = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support", upload="file")]


@router.get("/catalogue/{tool_id}/lists")
async def show(visit: Staff, tool_id: str) -> Response:
    return await _index(visit, tool_id, Form())


@router.post("/catalogue/{tool_id}/lists/{name}")
async def look(visit: Upload, tool_id: str, name: str) -> Response:
    """What the file, or the text where there is no file, would change."""
    text = visit.upload.decode("utf-8", errors="replace") if visit.upload else visit.fields.get("text", "")
    try:
        outcome = await _send(visit, tool_id, name, {"text": text, "dry_run": True})
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        form.general = form.general or next(iter(form.errors.values()), "")
        form.errors.clear()
        return await _index(visit, tool_id, form, chosen=name, status=status_of(refusal))
    return await _preview(visit, tool_id, name, text, outcome, Form())


@router.post("/catalogue/{tool_id}/lists/{name}/import")
async def take(visit: Staff, tool_id: str, name: str) -> Response:
    """What was looked at; refused where the list has changed meanwhile."""
    fields = visit.fields
    text, version = fields.get("text", ""), fields.get("version", "")
    looked_at: dict[str, Any] = {"text": text, "version": int(version[:18]) if version.isdecimal() else 0}
    answer = {"reason": fields.get("reason", ""), "confirmed": fields.get("confirmed") == "yes"}
    try:
        await _send(visit, tool_id, name, {**looked_at, **answer})
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        if isinstance(refusal, RemoteProblem) and refusal.code == "list-shrunken":
            form.errors["confirmed"] = form.general
        if not (form.errors["reason"] or form.errors["confirmed"]):
            return await _index(visit, tool_id, form, chosen=name, status=status_of(refusal))
        outcome = await _send(visit, tool_id, name, {"text": text, "dry_run": True})
        return await _preview(visit, tool_id, name, text, outcome, form, status=status_of(refusal))
    visit.say(N_("The list is imported. Registrations follow within seconds."))
    return visit.redirect(f"/catalogue/{slug(tool_id)}/lists")


async def _send(visit: Visit, tool_id: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
    return await visit.post("organisation", f"{API}/{slug(tool_id)}/lists/{slug(name)}", body)


async def _index(visit: Visit, tool_id: str, form: Form, *, chosen: str = "", status: int = 200) -> Response:
    lists: list[dict[str, Any]] = await visit.get("organisation", f"{API}/{slug(tool_id)}/lists")
    tool = await _tool(visit, tool_id)
    return visit.page("lists/index.html", status=status, tool=tool, lists=lists, form=form, chosen=chosen)


async def _preview(
    visit: Visit, tool_id: str, name: str, text: str, outcome: dict[str, Any], form: Form, *, status: int = 200
) -> Response:
    why = {code: visit.words.gettext(sentence) for code, sentence in BAD_LINES.items()}
    bad = [{**line, "why": why.get(line["reason"], line["reason"])} for line in outcome["bad"]]
    return visit.page(
        "lists/preview.html",
        status=status,
        tool=await _tool(visit, tool_id),
        list_name=name,
        text=text,
        outcome={**outcome, "bad": bad},
        form=form,
    )


async def _tool(visit: Visit, tool_id: str) -> dict[str, str]:
    found: dict[str, Any] = await visit.get("organisation", f"/api/tools/{slug(tool_id)}")
    return {"id": found["id"], "name": found["name"]}
