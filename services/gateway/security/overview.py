"""How one signs in, and setting up a second factor on the way to a tool that asks for one."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/security")
async def overview(visit: Member) -> Response:
    return visit.page(
        "security/index.html",
        here="/security",
        factors=await visit.get("identity", "/api/factors"),
        email=(await visit.get("identity", "/api/account"))["email"],
    )


@router.get("/security/second-factor")
async def choose_second_factor(visit: Member) -> Response:
    """For a tool that asks for one, where the account has none yet."""
    factors = await visit.get("identity", "/api/factors")
    return visit.page("security/choose.html", here="/security", factors=factors)
