"""Signing up, in and out, and the account's own pages."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from services.gateway.accounts.onward import go_on
from services.gateway.help.terms import TERMS_VERSION
from services.gateway.journey.authorizations import AuthorizationExpired
from services.gateway.journey.rules import needs_fresh_sign_in
from services.gateway.model.catalogue import now_utc
from services.gateway.web.access import anyone, signed_in
from services.gateway.web.addresses import local_path, request_id_of
from services.gateway.web.client_address import client_address
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, Refusal, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

RESEND_AFTER_S = 60
SHARED_MAILBOX = re.compile(
    r"(info|sales|vente|ventes|verkoop|contact|office|kantoor|bureau|admin|immo|location|verhuur|support|hello|bonjour|team|mail)"
    r"([.+_-][^@]*)?@",
    re.IGNORECASE,
)

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]
Pending = Annotated[Visit, signed_in(acr="pending")]
Member = Annotated[Visit, signed_in()]


@router.get("/sign-in")
async def sign_in_form(visit: Anyone, next: str = "") -> Response:  # noqa: A002 - the name in the address
    """Someone who is signed in goes on, unless the tool wants a fresh sign-in. A tool that wants no screens is told so."""
    if visit.request_expired:
        raise AuthorizationExpired
    if visit.authorization is not None and "none" in visit.authorization.prompt:
        return await _answer_without_screens(visit)
    if visit.signed is not None and not _is_too_old(visit):
        return visit.redirect(local_path(next)) if next else await go_on(visit)
    return _sign_in_page(visit, Form.of({"next": local_path(next, otherwise="")}))


def _is_too_old(visit: Visit) -> bool:
    asked = visit.authorization
    if asked is None:
        return False
    auth_time = datetime.fromtimestamp(visit.person.auth_time, UTC)
    return needs_fresh_sign_in(
        asked.prompt, asked.max_age_s, created_at=asked.created_at, auth_time=auth_time, now=now_utc()
    )


async def _answer_without_screens(visit: Visit) -> Response:
    """Which organisation one comes for is always a question, so there is no silent sign-in."""
    error = "login_required" if visit.signed is None else "interaction_required"
    answer = await visit.ask(f"/internal/authorizations/{visit.request_id}/cancel", {"error": error})
    return visit.redirect(str(answer["redirect_to"]))


@router.post("/sign-in")
async def sign_in(visit: Anyone) -> Response:
    fields = visit.fields
    try:
        visit.own.sign_ins.take(_address(visit))
        view = await visit.ask(
            "/internal/sessions",
            {
                "identifier": fields.get("identifier", "").strip(),
                "password": fields.get("password", ""),
                **_browser(visit),
            },
        )
    except REFUSALS as refusal:
        form = _sign_in_refused(visit, refusal)
        return _sign_in_page(visit, form, status=status_of(refusal))
    visit.open_session(view)
    onward = local_path(fields.get("next"), otherwise="")
    if onward and not visit.request_id and view["account"]["state"] == "active":
        return visit.redirect(onward)
    return await go_on(visit)


def _sign_in_refused(visit: Visit, refusal: Refusal) -> Form:
    """Wrong credentials are a matter of this form, not of a session that ended."""
    if isinstance(refusal, RemoteProblem) and refusal.status == 401:
        return Form.refused(visit.fields, refusal.body, renamed={})
    return visit.refused(refusal)


def _sign_in_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    needs_eid = visit.tool is not None and visit.authorization is not None and visit.authorization.needs_eid
    return visit.page("accounts/sign_in.html", status=status, section="sign-in", form=form, needs_eid=needs_eid)


@router.get("/sign-up")
async def sign_up_form(visit: Anyone) -> Response:
    if visit.signed is not None:
        return await go_on(visit)
    return _sign_up_page(visit, Form())


@router.get("/sign-up/username")
async def propose_username(visit: Anyone, first_name: str = "", last_name: str = "") -> Response:
    visit.own.proposals.take(_address(visit))
    return JSONResponse({"username": await _proposal(visit, first_name, last_name)})


@router.post("/sign-up")
async def sign_up(visit: Anyone) -> Response:
    fields = visit.fields
    if fields.get("propose"):
        proposed = await _proposal(visit, fields.get("first_name", ""), fields.get("last_name", ""))
        return _sign_up_page(visit, Form.of({**fields, "username": proposed}))
    if fields.get("password") != fields.get("password_again"):
        form = Form.of(fields)
        form.errors["password_again"] = visit.words.gettext(N_("The two passwords are not the same."))
        return _sign_up_page(visit, form, status=422)
    names = ("first_name", "last_name", "username", "email", "password")
    body: dict[str, Any] = {name: fields.get(name, "") for name in names}
    try:
        visit.own.sign_ins.take(_address(visit))
        answer = await visit.ask(
            "/internal/accounts",
            {**body, "language": visit.language, "terms_version": TERMS_VERSION, **_browser(visit)},
        )
    except REFUSALS as refusal:
        return _sign_up_page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.open_session(answer["session"])
    return visit.redirect(visit.to("/activate"))


async def _proposal(visit: Visit, first_name: str, last_name: str) -> str:
    answer = await visit.client("identity").get(
        "/internal/username-proposal", query={"first_name": first_name[:100], "last_name": last_name[:100]}
    )
    return str(answer["username"])


def _sign_up_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    is_shared = SHARED_MAILBOX.match(form.values["email"]) is not None
    return visit.page("accounts/sign_up.html", status=status, form=form, shared_mailbox=is_shared)


@router.get("/activate")
async def activation_form(visit: Pending) -> Response:
    if visit.person.acr != "pending":
        return await go_on(visit)
    return await _activation_page(visit, Form())


@router.post("/activate")
async def activate(visit: Pending) -> Response:
    code = re.sub(r"[^0-9A-Za-z]", "", visit.fields.get("code", "")).upper()[:20]
    body = {"session_token": visit.session_token, "code": code}
    try:
        answer = await visit.ask("/internal/accounts/activate", body)
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code == "already-active":
            return visit.redirect(visit.to("/sign-in"))
        form = visit.refused(refusal)
        if form.general and isinstance(refusal, RemoteProblem):
            form.errors["code"], form.general = form.general, ""
        return await _activation_page(visit, form, status=status_of(refusal))
    visit.open_session(answer["session"])
    visit.say(N_("Your account is active. Welcome!"))
    return await go_on(visit)


@router.post("/activate/again")
async def send_again(visit: Pending) -> Response:
    try:
        await visit.ask("/internal/accounts/activation-code", {"session_token": visit.session_token})
    except REFUSALS as refusal:
        return await _activation_page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("A new code is on its way."))
    return visit.redirect(visit.to("/activate"))


async def _activation_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    email = ""
    with suppress(*REFUSALS):  # the page does without it
        email = str((await visit.get("identity", "/api/account"))["email"])
    return visit.page("accounts/activate.html", status=status, form=form, email=email, retry_after_s=RESEND_AFTER_S)


@router.get("/signed-out")
@router.get("/sign-out")
async def sign_out_form(visit: Anyone) -> Response:
    return visit.page("accounts/sign_out.html", section="sign-in")


@router.post("/sign-out")
async def sign_out(visit: Anyone) -> Response:
    """The cookies go in any case; without identity the session ends by itself."""
    if visit.session_token:
        with suppress(*REFUSALS):
            await visit.ask("/internal/sessions/end", {"session_token": visit.session_token})
    visit.close_session()
    return visit.redirect(visit.to("/sign-in") if visit.request_id else "/sign-out")


@router.post("/back-to-tool")
async def back_to_tool(visit: Anyone) -> Response:
    """Identity gives the address, which is one of the tool's registered ones."""
    request_id = request_id_of(visit.request.query_params.get("request"))
    if not request_id or visit.request_expired:
        raise AuthorizationExpired
    answer = await visit.ask(f"/internal/authorizations/{request_id}/cancel", None)
    return visit.redirect(str(answer["redirect_to"]))


@router.get("/notifications")
async def notifications(visit: Member) -> Response:
    """What is new is shown as new once."""
    answer: dict[str, Any] = await visit.get("notify", "/api/notifications")
    if answer["unread"]:
        with suppress(*REFUSALS):
            await visit.post("notify", "/api/notifications/read")
    return visit.page("accounts/notifications.html", notifications=answer["notifications"])


def _browser(visit: Visit) -> dict[str, str]:
    return {"user_agent": visit.request.headers.get("user-agent", "")[:500], "client_address": _address(visit)}


def _address(visit: Visit) -> str:
    return client_address(visit.request, visit.at.settings.client_address_header)
