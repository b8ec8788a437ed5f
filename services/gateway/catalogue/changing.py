"""Changing the catalogue: what a change comes to is looked at first, then made under a reason."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from services.gateway.catalogue.words import problems, told
from services.gateway.web.addresses import local_path
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

API = "/api/catalogue"


async def versions_now(visit: Visit) -> dict[str, int]:
    records: list[dict[str, Any]] = await visit.get("organisation", API)
    return {record["tool_id"]: record["version"] for record in records}


def document_of(tool_id: str, entry: Mapping[str, Any]) -> str:
    """As a file that holds this one tool: JSON is YAML too."""
    return json.dumps({"id": tool_id, **entry}, ensure_ascii=False)


async def look_at(visit: Visit, document: str, versions: Mapping[str, int], *, back: str) -> Response:
    """The page that says what would change, or why it cannot."""
    body = {"document": document, "versions": versions, "dry_run": True}
    try:
        outcomes: list[dict[str, Any]] = await visit.post("organisation", f"{API}/changes", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        errors: list[dict[str, Any]] = []
        if isinstance(refusal, RemoteProblem):
            errors = refusal.body.get("errors") or []
        lines = problems(visit, errors) or [form.general]
        return visit.page("catalogue/refused.html", status=status_of(refusal), problems=lines, back=back)
    return _preview(visit, outcomes, document, versions, back, Form())


async def save(visit: Visit) -> Response:
    """What was looked at, under the reason that is given now; refused when somebody has changed the tool meanwhile."""
    fields = visit.fields
    document, back = fields.get("document", ""), local_path(fields.get("back"))
    versions = _versions(fields.get("versions", ""))
    body = {"document": document, "versions": versions, "reason": fields.get("reason", "")}
    try:
        await visit.post("organisation", f"{API}/changes", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        if not form.errors["reason"]:
            return visit.page("catalogue/refused.html", status=status_of(refusal), problems=[form.general], back=back)
        outcomes = await visit.post("organisation", f"{API}/changes", {**body, "reason": "", "dry_run": True})
        return _preview(visit, outcomes, document, versions, back, form, status=422)
    visit.say(N_("The catalogue is changed."))
    return visit.redirect(f"/catalogue/{next(iter(versions))}" if len(versions) == 1 else "/catalogue")


def _preview(
    visit: Visit,
    outcomes: list[dict[str, Any]],
    document: str,
    versions: Mapping[str, int],
    back: str,
    form: Form,
    *,
    status: int = 200,
) -> Response:
    """versions: of all tools that were looked at; those of the document are kept for saving."""
    changed = [
        {**outcome, "changes": [told(visit, change) for change in outcome["changes"]]}
        for outcome in outcomes
        if outcome["changes"]
    ]
    kept = {outcome["tool_id"]: versions.get(outcome["tool_id"], 0) for outcome in outcomes}
    return visit.page(
        "catalogue/preview.html",
        status=status,
        changed=changed,
        document=document,
        versions=json.dumps(kept),
        back=back,
        form=form,
        takes_away=any(change.takes_away for outcome in changed for change in outcome["changes"]),
    )


def _versions(text: str) -> dict[str, int]:
    """As the page before wrote it; nothing where it was tampered with, and the service refuses."""
    try:
        found = json.loads(text)
        return {str(tool_id): int(version) for tool_id, version in found.items()}
    except (ValueError, AttributeError, TypeError):
        return {}
