"""Another password, for whoever knows the present one."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.new_passwords import differ, strength_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/security/password")
async def form(visit: Member) -> Response:
    return await _page(visit, Form())


@router.post("/security/password")
async def change(visit: Member) -> Response:
    form = differ(visit)
    if form is not None:
        return await _page(visit, form, status=422)
    body = {
        "session_token": visit.session_token,
        "current": visit.fields.get("current", ""),
        "password": visit.fields.get("password", ""),
    }
    try:
        view = await visit.ask("/internal/passwords/change", body)
    except REFUSALS as refusal:
        return await _page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.open_session(view)
    visit.say(N_("Your new password counts from now on. Everywhere else you are signed out."))
    return visit.redirect("/security")


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return visit.page(
        "accounts/password.html",
        status=status,
        here="/security",
        form=form,
        strength=await strength_of(visit, form),
    )
