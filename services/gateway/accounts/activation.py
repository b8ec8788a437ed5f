"""The code that switches an account on, and the address to which it goes."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.codes import entered, refused_code
from services.gateway.accounts.mailboxes import SHARED, looks_shared
from services.gateway.accounts.onward import go_on
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Pending = Annotated[Visit, signed_in(acr="pending")]


@router.get("/activate")
async def form(visit: Pending) -> Response:
    if visit.person.acr != "pending":
        return await go_on(visit)
    return await _page(visit, Form())


@router.post("/activate")
async def activate(visit: Pending) -> Response:
    body = {"session_token": visit.session_token, "code": entered(visit)}
    try:
        answer = await visit.ask("/internal/accounts/activate", body)
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code == "already-active":
            return visit.redirect(visit.to("/sign-in"))
        return await _page(visit, refused_code(visit, refusal), status=status_of(refusal))
    visit.open_session(answer["session"])
    visit.say(N_("Your account is active. Welcome!"))
    return await go_on(visit)


@router.post("/activate/again")
async def send_again(visit: Pending) -> Response:
    try:
        await visit.ask("/internal/accounts/activation-code", {"session_token": visit.session_token})
    except REFUSALS as refusal:
        return await _page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("A new code is on its way."))
    return visit.redirect(visit.to("/activate"))


@router.get("/activate/address")
async def address_form(visit: Pending) -> Response:
    """For whoever mistyped it."""
    if visit.person.acr != "pending":
        return await go_on(visit)
    return _address_page(visit, Form())


@router.post("/activate/address")
async def correct_address(visit: Pending) -> Response:
    email = visit.fields.get("email", "")
    if looks_shared(email) and visit.fields.get("hinted") != email:
        return _address_page(visit, Form.of(visit.fields))
    body = {"session_token": visit.session_token, "email": email}
    try:
        await visit.ask("/internal/accounts/activation-address", body)
    except REFUSALS as refusal:
        return _address_page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("A new code is on its way."))
    return visit.redirect(visit.to("/activate"))


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    try:
        waiting: dict[str, Any] = await visit.get("identity", "/api/account/activation")
    except REFUSALS:  # the page does without it
        waiting = {"email": "", "retry_after_s": 0}
    return visit.page("accounts/activate.html", status=status, form=form, **waiting)


def _address_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    is_shared = looks_shared(form.values["email"])
    return visit.page("accounts/correct_address.html", status=status, form=form, mailboxes=SHARED, is_shared=is_shared)
