"""One's recognitions, as they arrive."""

from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.onward import next_path
from services.gateway.organisations.store import has_membership
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/recognitions")
async def recognitions(visit: Member) -> Response:
    view = await _view(visit)
    return visit.page("recognitions/index.html", section="recognitions", view=view, next_url=await _next(visit))


@router.get("/recognitions/live")
async def live(visit: Member) -> Response:
    """The part of the page that changes; `X-Live: done` once every registry has answered."""
    view = await _view(visit)
    response = visit.page("recognitions/live.html", view=view)
    response.headers["x-live"] = "on" if view.is_waiting else "done"
    return response


@router.post("/recognitions/refresh")
async def refresh(visit: Member) -> Response:
    try:
        await visit.post("recognition", "/api/recognitions/refresh")
        visit.say(N_("The registries have been asked again."))
    except RemoteProblem as refusal:
        if refusal.code != "too-soon":
            raise
        visit.say(N_("The registries were asked only a moment ago; their answer counts."))
    return visit.redirect(visit.to("/recognitions"))


async def _view(visit: Visit) -> SimpleNamespace:
    try:
        answer: dict[str, Any] = await visit.get("recognition", "/api/recognitions")
    except Unavailable:
        answer = {"recognitions": [], "registries": [{"registry": "", "name": "…", "state": "unavailable"}]}
    registries = [SimpleNamespace(name=one["name"], state=one["state"]) for one in answer["registries"]]
    names = {one["registry"]: one["name"] for one in answer["registries"]}
    held = [_recognition(one, names) for one in answer["recognitions"]]
    is_linked = visit.account is not None and visit.account.eid_linked
    can_ask = is_linked and bool(answer.get("can_ask", True))
    is_waiting = can_ask and (not registries or any(one.state == "pending" for one in registries))
    return SimpleNamespace(recognitions=held, registries=registries, is_waiting=is_waiting, can_ask=can_ask)


def _recognition(one: dict[str, Any], registries: dict[str, str]) -> SimpleNamespace:
    until = one["valid_until"]
    return SimpleNamespace(
        name=one["name"],
        number=one["number"],
        source=registries.get(one["source"], one["source"]),
        is_valid=one["state"] == "valid",
        valid_until=date.fromisoformat(until) if until else None,
    )


async def _next(visit: Visit) -> str:
    """Someone without an organisation finds one before there is anything to select."""
    path = next_path(visit)
    if path == "/select":
        async with visit.at.database.acquire() as db:
            if not await has_membership(db, visit.account_id):
                path = "/organisations/find"
    return visit.to(path)
