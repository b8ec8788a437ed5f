"""What a person was told: the list, each entry's way to its screen, and what counts as read."""

from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.notifications.live import NOTHING_YET
from services.gateway.web.access import signed_in
from services.gateway.web.addresses import local_path
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS
from services.gateway.web.visit import Visit

PATH = "/notifications"
PAGE_SIZE = 20

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get(PATH)
async def notifications(visit: Member, organisation: UUID | None = None, before: UUID | None = None) -> Response:
    query = {"limit": PAGE_SIZE} | ({"organisation": organisation} if organisation else {})
    answer: dict[str, Any] = await visit.get(
        "notify", "/api/notifications", query | ({"before": before} if before else {})
    )
    visit.unread = answer["unread"]
    await visit.look_at_address()
    visit.own.unread.note(visit.account_id, visit.unread)
    kept = {"organisation": str(organisation)} if organisation else {}
    return visit.page(
        "notifications/index.html",
        notifications=answer["notifications"],
        unread=answer["unread"],
        latest=answer["latest"] or NOTHING_YET,
        organisations=answer["organisations"],
        form=Form.of(kept),
        is_first=before is None,
        is_filtered=organisation is not None,
        first_url=_with(kept),
        next_url=_with({**kept, "before": answer["next"]}) if answer["next"] else "",
    )


@router.get(PATH + "/{notification_id}")
async def open_one(visit: Member, notification_id: UUID) -> Response:
    """It is read by being opened, and leads to where one can do something about it."""
    view = await _mark_read(visit, notification_id)
    url = urlsplit(view["url"] or "")
    return visit.redirect(local_path(f"{url.path}?{url.query}" if url.query else url.path, otherwise=PATH))


@router.post(PATH + "/read")
async def mark_all_read(visit: Member) -> Response:
    """Those that the page showed; what came meanwhile stays new."""
    up_to = visit.fields.get("up_to", "")
    await visit.post("notify", "/api/notifications/read" + (f"?{urlencode({'up_to': up_to})}" if up_to else ""))
    visit.own.unread.forget(visit.account_id)
    return visit.redirect(_back(visit))


@router.post(PATH + "/{notification_id}/read")
async def mark_read(visit: Member, notification_id: UUID) -> Response:
    with suppress(*REFUSALS):
        await _mark_read(visit, notification_id)
    return visit.redirect(_back(visit))


async def _mark_read(visit: Visit, notification_id: UUID) -> dict[str, Any]:
    view: dict[str, Any] = await visit.post("notify", f"/api/notifications/{notification_id}/read")
    visit.own.unread.forget(visit.account_id)
    return view


def _back(visit: Visit) -> str:
    return local_path(visit.fields.get("return_to"), otherwise=PATH)


def _with(query: dict[str, Any]) -> str:
    return f"{PATH}?{urlencode(query)}" if query else PATH
