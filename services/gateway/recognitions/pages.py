"""One's recognitions, as they arrive; what else there is; and how all of it came to be."""

from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.onward import next_path
from services.gateway.organisations.store import has_membership
from services.gateway.recognitions import views
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.markers import N_

HIGHEST_DIGITS = 18

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/recognitions")
async def recognitions(visit: Member) -> Response:
    view = await _view(visit)
    held = {one.kind for one in view.recognitions if one.is_valid}
    others = [kind for kind in await _kinds(visit) if kind["kind"] not in held]
    return visit.page(
        "recognitions/index.html", section="recognitions", view=view, others=others, next_url=await _next(visit)
    )


@router.get("/recognitions/live")
async def live(visit: Member) -> Response:
    """The part of the page that changes; `X-Live: done` once every registry has answered."""
    view = await _view(visit)
    response = visit.page("recognitions/live.html", view=view)
    response.headers["x-live"] = "on" if view.is_waiting else "done"
    return response


@router.get("/recognitions/history")
async def history(visit: Member) -> Response:
    before = visit.request.query_params.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) <= HIGHEST_DIGITS and int(before) > 0
    answer = await visit.get("recognition", "/api/recognitions/history", {"before": before} if is_number else None)
    return visit.page(
        "recognitions/history.html",
        section="recognitions",
        lines=[views.line(one) for one in answer["lines"]],
        older=answer["next"],
        is_first=not is_number,
    )


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
        away = {"registry": "", "name": "…", "state": "unavailable", "as_of": None, "lag": None}
        answer = {"recognitions": [], "registries": [away]}
    registries = [views.registry(one) for one in answer["registries"]]
    is_linked = visit.account is not None and visit.account.eid_linked
    can_ask = is_linked and bool(answer.get("can_ask", True))
    is_waiting = can_ask and (not registries or any(one.state == "pending" for one in registries))
    return SimpleNamespace(
        recognitions=[views.recognition(one) for one in answer["recognitions"]],
        registries=registries,
        is_waiting=is_waiting,
        can_ask=can_ask,
        ask_again_at=answer.get("ask_again_at"),
    )


async def _kinds(visit: Visit) -> list[dict[str, Any]]:
    """None of them while the service is away: the page is about what one holds."""
    try:
        return await visit.get("recognition", "/api/recognition-kinds")
    except Unavailable:
        return []


async def _next(visit: Visit) -> str:
    """Someone without an organisation finds one before there is anything to select."""
    path = next_path(visit)
    if path == "/select":
        async with visit.at.database.acquire() as db:
            if not await has_membership(db, visit.account_id):
                path = "/organisations/find"
    return visit.to(path)
