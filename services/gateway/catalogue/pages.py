"""The catalogue as the staff keeps it: each tool and its history; every change is looked at before it is made, under a reason."""

from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.catalogue.changing import look_at, versions_now
from services.gateway.catalogue.fields import sections
from services.gateway.catalogue.words import by_whom, told
from services.gateway.tools.views import slug
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.ui import monogram
from services.gateway.web.visit import Visit

PAGE, API = "/catalogue", "/api/catalogue"
STAFF_FRESH_S = 8 * 3600

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Staff = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support")]
Upload = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support", upload="file")]


@router.get(PAGE)
async def show_all(visit: Staff) -> Response:
    records: list[dict[str, Any]] = await visit.get("organisation", API)
    tools = [await view_of(visit, record) for record in records]
    return visit.page("catalogue/index.html", tools=sorted(tools, key=lambda tool: tool.name.casefold()), problems=[])


@router.post("/catalogue/upload")
async def upload(visit: Upload) -> Response:
    """A file with one tool or several, some of them new."""
    text = visit.upload.decode("utf-8", errors="replace")
    return await look_at(visit, text, await versions_now(visit), back=PAGE)


@router.get("/catalogue/{tool_id}")
async def show(visit: Staff, tool_id: str) -> Response:
    found: dict[str, Any] = await visit.get("organisation", f"{API}/{slug(tool_id)}")
    tool = await view_of(visit, found["record"])
    entry: dict[str, Any] = found["record"]["entry"]
    tool.entry = entry
    return visit.page(
        "catalogue/tool.html", tool=tool, modes=found["usage_modes"], sections=list(sections(entry).values())
    )


@router.get("/catalogue/{tool_id}/file")
async def download(visit: Staff, tool_id: str) -> Response:
    found = await visit.get("organisation", f"{API}/{slug(tool_id)}/document")
    name = f'attachment; filename="{tool_id}-{found["version"]}.yaml"'
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return visit.jar.send(Response(found["document"], media_type="application/yaml", headers=headers))


@router.get("/catalogue/{tool_id}/versions")
async def history(visit: Staff, tool_id: str, before: int = 0) -> Response:
    query = {"before": before} if before > 0 else None
    found: list[dict[str, Any]] = await visit.get("organisation", f"{API}/{slug(tool_id)}/versions", query)
    record: dict[str, Any] = (await visit.get("organisation", f"{API}/{tool_id}"))["record"]
    versions = [
        SimpleNamespace(
            number=one["version"],
            by=by_whom(visit, one),
            at=one["changed_at"],
            reason=one["reason"],
            changes=[told(visit, change) for change in one["changes"]],
            is_present=one["version"] == record["version"],
        )
        for one in found
    ]
    last = versions[-1].number
    older = f"/catalogue/{tool_id}/versions?before={last}" if last > 1 else ""
    return visit.page("catalogue/versions.html", tool=await view_of(visit, record), versions=versions, older_url=older)


@router.post("/catalogue/{tool_id}/versions/{version}")
async def take_again(visit: Staff, tool_id: str, version: int) -> Response:
    """An older version as a change of the present one."""
    found = await visit.get("organisation", f"{API}/{slug(tool_id)}/document", {"version": version})
    versions = {tool_id: (await versions_now(visit)).get(tool_id, 0)}
    return await look_at(visit, found["document"], versions, back=f"{PAGE}/{tool_id}/versions")


async def view_of(visit: Visit, record: dict[str, Any]) -> SimpleNamespace:
    """A tool's head. Its logo is shown as soon as the read model has it."""
    name = record["entry"]["names"][visit.language]
    known = (await visit.own.catalogue.snapshot()).tools.get(record["tool_id"])
    return SimpleNamespace(
        id=record["tool_id"],
        name=name,
        monogram=monogram(name),
        logo=known.views[visit.language].logo if known else "",
        description=record["entry"]["descriptions"][visit.language],
        is_offered=record["entry"]["state"] == "offered",
        version=record["version"],
        organisations=record["organisations"],
        at=record["changed_at"],
        by=by_whom(visit, record),
        reason=record["reason"],
    )
