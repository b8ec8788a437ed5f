"""The person's own page about the linked card: which one, since when, and undoing it."""

from datetime import datetime
from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.formats import BRUSSELS
from shared.markers import N_

FRESH_S = 900
HERE = "/identity-card"

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
Confirmed = Annotated[Visit, signed_in(fresh_s=FRESH_S)]


@router.get(HERE)
async def identity_card(visit: Member) -> Response:
    answer: dict[str, Any] = await visit.get("identity", "/api/eid")
    return visit.page("eid/identity_card.html", here=HERE, link=_link(answer["link"]))


@router.get(f"{HERE}/unlink")
async def unlink_form(visit: Confirmed) -> Response:
    answer: dict[str, Any] = await visit.get("identity", "/api/eid")
    if answer["link"] is None:
        return visit.redirect(HERE)
    return visit.page("eid/unlink.html", here=HERE, link=_link(answer["link"]))


@router.post(f"{HERE}/unlink")
async def unlink(visit: Confirmed) -> Response:
    """The session goes on, weaker, so it is fetched anew."""
    try:
        await visit.post("identity", "/api/eid/unlink")
    except RemoteProblem as problem:
        if problem.code != "eid-not-linked":
            raise
    visit.open_session(await visit.ask("/internal/sessions/refresh", {"session_token": visit.session_token}))
    visit.say(N_("Your identity card is no longer linked."))
    return visit.redirect(HERE)


def _link(link: dict[str, Any] | None) -> SimpleNamespace | None:
    if link is None:
        return None
    return SimpleNamespace(
        is_foreign=link["kind"] == "foreign",
        ending=link["ending"],
        linked_on=_day(link["linked_at"]),
        used_on=_day(link["used_at"]),
        valid_until=_day(link["valid_until"]),
        has_ended=link["valid_until"] is not None
        and datetime.fromisoformat(link["valid_until"]) < datetime.now(BRUSSELS),
    )


def _day(moment: str | None) -> Any:
    return None if moment is None else datetime.fromisoformat(moment).astimezone(BRUSSELS).date()
