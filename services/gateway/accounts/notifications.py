"""What a person was told, on the site too."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.refusals import REFUSALS
from services.gateway.web.visit import Visit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/notifications")
async def notifications(visit: Member) -> Response:
    """What is new is shown as new once."""
    answer: dict[str, Any] = await visit.get("notify", "/api/notifications")
    if answer["unread"]:
        with suppress(*REFUSALS):
            await visit.post("notify", "/api/notifications/read")
    return visit.page("accounts/notifications.html", notifications=answer["notifications"])
