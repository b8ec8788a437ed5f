"""Another mail address: the old one stays until the code that went to the new one was entered."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.codes import entered, refused_code
from services.gateway.accounts.mailboxes import SHARED, looks_shared
from services.gateway.model.addresses import forget_undeliverable
from services.gateway.web.access import signed_in
from services.gateway.web.addresses import local_path
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

FRESH_S = 900
PATH = "/security/email"

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
Proven = Annotated[Visit, signed_in(fresh_s=FRESH_S)]


@router.get("/security/email")
async def form(visit: Proven) -> Response:
    return await _page(visit, Form())


@router.post("/security/email")
async def request(visit: Proven) -> Response:
    email = visit.fields.get("email", "")
    if looks_shared(email) and visit.fields.get("hinted") != email:
        return await _page(visit, Form.of(visit.fields))
    try:
        await visit.put("identity", "/api/account/email", {"email": email})
    except REFUSALS as refusal:
        return await _page(visit, visit.refused(refusal), status=status_of(refusal))
    return visit.redirect(PATH)


@router.post("/security/email/code")
async def confirm(visit: Member) -> Response:
    try:
        await visit.post("identity", "/api/account/email/confirm", {"code": entered(visit)})
    except REFUSALS as refusal:
        return await _page(visit, refused_code(visit, refusal), status=status_of(refusal))
    visit.say(N_("Your new address counts from now on."))
    return visit.redirect("/security")


@router.post("/security/email/again")
async def send_again(visit: Member) -> Response:
    try:
        await visit.post("identity", "/api/account/email/code")
    except REFUSALS as refusal:
        return await _page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("A new code is on its way."))
    return visit.redirect(PATH)


@router.post("/security/email/cancel")
async def cancel(visit: Member) -> Response:
    await visit.delete("identity", "/api/account/email")
    visit.say(N_("Your address stays as it was."))
    return visit.redirect(PATH)


@router.post("/security/email/works-again")
async def works_again(visit: Member) -> Response:
    """Gone from this page at once; from others when the event has come."""
    await visit.post("notify", "/api/notifications/address/works-again")
    async with visit.at.database.transaction() as db:
        await forget_undeliverable(db, visit.account_id)
    visit.say(N_("We send mails to your address again."))
    return visit.redirect(local_path(visit.fields.get("return_to")))


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    state: dict[str, Any] = await visit.get("identity", "/api/account/email")
    return visit.page(
        "accounts/email.html",
        status=status,
        here="/security",
        form=form,
        mailboxes=SHARED,
        is_shared=looks_shared(form.values["email"]),
        **state,
    )
