"""What the staff records by hand in a case: a recognition, on evidence."""

import base64
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.recognitions import views
from services.gateway.support.pages import STAFF_FRESH_S, Staff
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

RECORD_PATH = "/support/recognitions"
MAX_FORM_BYTES = 2 * 1024 * 1024 + 65_536
"""What the recognition service takes as evidence, and the form around it."""
_API = "/api/support/recognitions"
_RENAMED = {"file.content": "file", "file.name": "file"}

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Recording = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support", upload="file")]


@router.get("/support/cases/{case_id}/recognitions")
async def show(visit: Staff, case_id: UUID) -> Response:
    return await _page(visit, case_id, Form())


@router.post(RECORD_PATH)
async def record(visit: Recording) -> Response:
    """At an address of its own, because its form may be larger than others."""
    case_id = _case_id(visit)
    try:
        await visit.post("recognition", _API, _body(visit, case_id))
    except REFUSALS as refusal:
        return await _page(visit, case_id, visit.refused(refusal, fields=_RENAMED), status=status_of(refusal))
    visit.say(N_("The recognition is recorded, and counts."))
    return visit.redirect(f"/support/cases/{case_id}/recognitions")


@router.get("/support/cases/{case_id}/recognitions/{kind}/withdraw")
async def ask_to_withdraw(visit: Staff, case_id: UUID, kind: str) -> Response:
    return await _confirmation(visit, case_id, kind, Form())


@router.post("/support/cases/{case_id}/recognitions/{kind}/withdraw")
async def withdraw(visit: Staff, case_id: UUID, kind: str) -> Response:
    body = {"kind": kind[:100], "statement": visit.fields.get("statement", "")}
    try:
        await visit.post("recognition", f"{_API}/{case_id}/withdraw", body)
    except REFUSALS as refusal:
        return await _confirmation(visit, case_id, kind, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("The recognition is withdrawn."))
    return visit.redirect(f"/support/cases/{case_id}/recognitions")


@router.get("/support/cases/{case_id}/recognitions/evidence/{evidence_id}")
async def evidence(visit: Staff, case_id: UUID, evidence_id: UUID) -> Response:
    """To be saved: nothing that somebody sent is shown as a page of ours."""
    answer = await visit.file("recognition", f"{_API}/{case_id}/evidence/{evidence_id}")
    if answer.status_code != 200:
        raise NotFound
    kept = {name: answer.headers[name] for name in ("content-disposition", "cache-control") if name in answer.headers}
    kept["content-security-policy"] = "default-src 'none'; sandbox"
    return Response(answer.content, 200, kept, answer.headers.get("content-type"))


async def _page(visit: Visit, case_id: UUID, form: Form, *, status: int = 200) -> Response:
    case = await visit.get("identity", f"/api/support/cases/{case_id}")
    found = await visit.get("recognition", f"{_API}/{case_id}")
    return visit.page(
        "support/recognitions.html",
        status=status,
        case=case,
        form=form,
        held=[views.recognition(one) for one in found["recognitions"]],
        lines=[views.line(one) for one in found["history"]],
        kinds=[(kind["kind"], kind["name"]) for kind in found["kinds"]],
    )


async def _confirmation(visit: Visit, case_id: UUID, kind: str, form: Form, *, status: int = 200) -> Response:
    """Raises NotFound for what support has not recorded."""
    found = await visit.get("recognition", f"{_API}/{case_id}")
    held = next((views.recognition(one) for one in found["recognitions"] if _is_recorded(one, kind)), None)
    if held is None:
        raise NotFound
    case = await visit.get("identity", f"/api/support/cases/{case_id}")
    return visit.page("support/withdraw_recognition.html", status=status, case=case, form=form, held=held)


def _is_recorded(one: dict[str, Any], kind: str) -> bool:
    return one["kind"] == kind and one["source"] == views.SOURCE_SUPPORT and one["state"] == "valid"


def _case_id(visit: Visit) -> UUID:
    """Raises NotFound."""
    try:
        return UUID(visit.fields.get("case_id", ""))
    except ValueError as error:
        raise NotFound from error


def _body(visit: Visit, case_id: UUID) -> dict[str, Any]:
    fields = visit.fields
    body: dict[str, Any] = {
        "case_id": str(case_id),
        "kind": fields.get("kind", "")[:100],
        "number": fields.get("number", "")[:1000] or None,
        "valid_from": fields.get("valid_from") or None,
        "valid_until": fields.get("valid_until") or None,
        "statement": fields.get("statement", "")[:4000],
    }
    if visit.upload:
        name = visit.upload_name[-200:] or "file"
        body["file"] = {"name": name, "content": base64.b64encode(visit.upload).decode()}
    return body
