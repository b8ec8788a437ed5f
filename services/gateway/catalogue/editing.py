"""The forms in which the staff edits one tool, its drawings, and whether it is offered."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.catalogue.changing import document_of, look_at, save
from services.gateway.catalogue.fields import Section, merged, sections, values_of
from services.gateway.catalogue.pages import API, PAGE, Staff, Upload, view_of
from services.gateway.tools.views import slug
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import NotFound
from shared.markers import N_

SAVE_PATH, UPLOAD_PATH = "/catalogue/save", "/catalogue/upload"
MAX_FORM_BYTES = 2 * 1024 * 1024
"""Of a file with all tools, and of the form that carries it on."""

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.post(SAVE_PATH)
async def save_changes(visit: Staff) -> Response:
    return await save(visit)


@router.get("/catalogue/{tool_id}/edit/{section}")
async def edit(visit: Staff, tool_id: str, section: str) -> Response:
    record = await _record(visit, tool_id)
    chosen = _section(record, section)
    form = Form.of({**values_of(chosen, record["entry"]), "version": str(record["version"])})
    return await _page(visit, record, chosen, form)


@router.post("/catalogue/{tool_id}/edit/{section}")
async def look(visit: Staff, tool_id: str, section: str) -> Response:
    """What is wrong stands at its field; what is right leads on to the page that says what would change."""
    record = await _record(visit, tool_id)
    chosen = _section(record, section)
    entry = merged(chosen, record["entry"], visit.fields)
    version = visit.fields.get("version", "")
    versions = {tool_id: int(version) if version.isdecimal() else 0}
    document = document_of(tool_id, entry)
    try:
        await visit.post(
            "organisation", f"{API}/changes", {"document": document, "versions": versions, "dry_run": True}
        )
    except REFUSALS as refusal:
        form = _refused(visit, refusal)
        return await _page(visit, record, chosen, form, status=status_of(refusal))
    return await look_at(visit, document, versions, back=f"{PAGE}/{tool_id}/edit/{section}")


@router.post("/catalogue/{tool_id}/drawing/{name}")
async def draw(visit: Upload, tool_id: str, name: str) -> Response:
    """Another logo or banner; none where no file was chosen."""
    if name not in ("logo", "banner"):
        raise NotFound
    record = await _record(visit, tool_id)
    drawing = visit.upload.decode("utf-8", errors="replace").strip() or None
    if drawing is not None and not drawing.startswith("<"):
        drawing = f"<{drawing}"  # a file that is no drawing at all is told so, and not taken for a file's name
    document = document_of(tool_id, {**record["entry"], name: drawing})
    return await look_at(visit, document, {tool_id: record["version"]}, back=f"{PAGE}/{tool_id}")


@router.post("/catalogue/{tool_id}/state/{state}")
async def change_state(visit: Staff, tool_id: str, state: str) -> Response:
    """Retired, it goes on for those who have it; offered again, everyone may register it."""
    if state not in ("offered", "retired"):
        raise NotFound
    record = await _record(visit, tool_id)
    document = document_of(tool_id, {**record["entry"], "state": state})
    return await look_at(visit, document, {tool_id: record["version"]}, back=f"{PAGE}/{tool_id}")


async def _record(visit: Visit, tool_id: str) -> dict[str, Any]:
    return (await visit.get("organisation", f"{API}/{slug(tool_id)}"))["record"]


def _section(record: dict[str, Any], name: str) -> Section:
    found = sections(record["entry"]).get(name)
    if found is None:
        raise NotFound
    return found


def _refused(visit: Visit, refusal: Any) -> Form:
    """Problems of the file that the form makes are problems of the form: `1:cadastrefinder.names.fr` is its field `names.fr`."""
    form = visit.refused(refusal)
    if not isinstance(refusal, RemoteProblem) or not refusal.body.get("errors"):
        return form
    form.errors.clear()
    for error in refusal.body["errors"]:
        path = str(error["field"]).partition(":")[2].partition(".")[2]
        if path in form.values or path in visit.fields:
            form.errors[path] = str(error["detail"])
        else:
            form.general = f"{path}: {error['detail']}" if path else str(error["detail"])
    return form


async def _page(visit: Visit, record: dict[str, Any], section: Section, form: Form, *, status: int = 200) -> Response:
    choices = [
        ("pwd", visit.words.gettext(N_("Password is enough"))),
        ("mfa", visit.words.gettext(N_("Second factor"))),
        ("eid", visit.words.gettext(N_("Identity card (eID)"))),
    ]
    return visit.page(
        "catalogue/edit.html",
        status=status,
        tool=await view_of(visit, record),
        part=section,
        mode_name=section.mode["names"][visit.language] if section.mode else "",
        form=form,
        sign_ins=choices,
    )
