"""How one signs in, and setting up a second factor on the way to a tool that asks for one."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.web.access import signed_in
from services.gateway.web.addresses import local_path
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/security")
async def overview(visit: Member) -> Response:
    await visit.look_at_address()
    return visit.page(
        "security/index.html",
        here="/security",
        factors=await visit.get("identity", "/api/factors"),
        email=(await visit.get("identity", "/api/account"))["email"],
    )


@router.get("/security/second-factor")
async def choose_second_factor(visit: Member, next: str = "") -> Response:  # noqa: A002 - the name in the address
    """For a tool or a page that asks for one, where the account has none yet. next: the page; a card that is linked will do for it."""
    factors = await visit.get("identity", "/api/factors")
    wanted = local_path(next, otherwise="")
    return visit.page("security/choose.html", here="/security", factors=factors, wanted=wanted)
