"""A forgotten password: an address, the code that goes there, a new password. No secret is ever part of a page's address.

Until the code is right nothing on these pages depends on whether there is an account. The browser that asked holds a token in its
cookie; the code itself can be read on any device, and entered on another after asking there with "I have a code".
"""

import time
from dataclasses import asdict, dataclass, replace
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.codes import entered, refused_code
from services.gateway.accounts.new_passwords import differ, strength_of
from services.gateway.web.access import anyone
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

COOKIE, PURPOSE = "immo_reset", "password-reset"
KEPT_S = 3600

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


@dataclass(frozen=True)
class Asked:
    """What the cookie keeps. resend_at: in seconds since 1970. username: known once the code was right."""

    token: str
    email: str
    resend_at: int
    username: str = ""


@router.get("/forgotten")
async def form(visit: Anyone) -> Response:
    return visit.page("accounts/forgotten.html", form=Form(), section="sign-in")


@router.post("/forgotten")
async def ask(visit: Anyone) -> Response:
    email = visit.fields.get("email", "").strip()[:400]
    if "@" not in email:
        form = Form.of(visit.fields)
        form.errors["email"] = visit.words.gettext(N_("Enter the e-mail address of your account."))
        return visit.page("accounts/forgotten.html", status=422, form=form, section="sign-in")
    return await _ask(visit, email, sends=not visit.fields.get("has_code"))


@router.post("/forgotten/again")
async def ask_again(visit: Anyone) -> Response:
    asked = _asked(visit)
    if asked is None:
        return visit.redirect(visit.to("/forgotten"))
    if asked.resend_at > time.time():
        return _code_page(visit, asked, Form())
    return await _ask(visit, asked.email, sends=True)


@router.get("/forgotten/code")
async def code_form(visit: Anyone) -> Response:
    asked = _asked(visit)
    return _code_page(visit, asked, Form()) if asked else visit.redirect(visit.to("/forgotten"))


@router.post("/forgotten/code")
async def enter_code(visit: Anyone) -> Response:
    asked = _asked(visit)
    if asked is None:
        return visit.redirect(visit.to("/forgotten"))
    body = {"reset_token": asked.token, "code": entered(visit)}
    try:
        proven = await visit.ask("/internal/passwords/forgotten/prove", body)
    except REFUSALS as refusal:
        return _code_page(visit, asked, refused_code(visit, refusal), status=status_of(refusal))
    _keep(visit, replace(asked, username=proven["username"]))
    return visit.redirect(visit.to("/forgotten/password"))


@router.get("/forgotten/password")
async def password_form(visit: Anyone) -> Response:
    asked = _asked(visit)
    if asked is None or not asked.username:
        return visit.redirect(visit.to("/forgotten"))
    return await _password_page(visit, asked, Form())


@router.post("/forgotten/password")
async def set_password(visit: Anyone) -> Response:
    """Nobody is signed in by this: where a second factor is asked for, it is asked for now."""
    asked = _asked(visit)
    if asked is None or not asked.username:
        return visit.redirect(visit.to("/forgotten"))
    form = differ(visit)
    if form is not None:
        return await _password_page(visit, asked, form, status=422)
    body = {"reset_token": asked.token, "password": visit.fields.get("password", "")}
    try:
        await visit.ask("/internal/passwords/forgotten/complete", body)
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code == "reset-expired":
            visit.jar.drop(COOKIE)
            return visit.page("accounts/forgotten.html", status=422, form=visit.refused(refusal), section="sign-in")
        return await _password_page(visit, asked, visit.refused(refusal), status=status_of(refusal))
    visit.jar.drop(COOKIE)
    visit.close_session()
    visit.say(N_("Your new password counts from now on. Sign in with it."))
    return visit.redirect(visit.to("/sign-in"))


async def _ask(visit: Visit, email: str, *, sends: bool) -> Response:
    body = {"email": email, "client_address": visit.address, "sends": sends}
    try:
        answer = await visit.ask("/internal/passwords/forgotten", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return visit.page("accounts/forgotten.html", status=status_of(refusal), form=form, section="sign-in")
    resend_at = int(time.time()) + (int(answer["retry_after_s"]) if sends else 0)
    _keep(visit, Asked(answer["reset_token"], email, resend_at))
    return visit.redirect(visit.to("/forgotten/code"))


def _keep(visit: Visit, asked: Asked) -> None:
    visit.jar.set(COOKIE, visit.own.signer.pack(PURPOSE, asdict(asked)), max_age_s=KEPT_S)


def _asked(visit: Visit) -> Asked | None:
    kept = visit.own.signer.unpack(PURPOSE, visit.jar.given(COOKIE))
    return Asked(**kept) if kept else None


def _code_page(visit: Visit, asked: Asked, form: Form, *, status: int = 200) -> Response:
    wait_s = max(0, asked.resend_at - int(time.time()))
    return visit.page(
        "accounts/forgotten_code.html",
        status=status,
        section="sign-in",
        form=form,
        email=asked.email,
        retry_after_s=wait_s,
    )


async def _password_page(visit: Visit, asked: Asked, form: Form, *, status: int = 200) -> Response:
    return visit.page(
        "accounts/forgotten_password.html",
        status=status,
        section="sign-in",
        form=form,
        username=asked.username,
        strength=await strength_of(visit, form, username=asked.username, email=asked.email),
    )
