"""Terms that changed since they were accepted."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.onward import go_on
from services.gateway.help.terms import TERMS_VERSION
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Pending = Annotated[Visit, signed_in(acr="pending")]


@router.get("/terms/accept")
async def form(visit: Pending) -> Response:
    return visit.page("accounts/accept_terms.html", version=TERMS_VERSION)


@router.post("/terms/accept")
async def accept(visit: Pending) -> Response:
    await visit.put("identity", "/api/account/terms", {"terms_version": TERMS_VERSION})
    visit.keep_fact("terms_version", TERMS_VERSION)
    return await go_on(visit)
