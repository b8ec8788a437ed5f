"""Signing in."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.credentials import left_empty
from services.gateway.accounts.onward import go_on, go_on_to
from services.gateway.help.terms import TERMS_VERSION
from services.gateway.journey.authorizations import AuthorizationExpired
from services.gateway.journey.rules import needs_fresh_sign_in
from services.gateway.journey.silent import answer_without_screens
from services.gateway.legacy.pages import begin_upgrade
from services.gateway.model.catalogue import now_utc
from services.gateway.security.rules import is_name
from services.gateway.security.second_factor import ask_second_factor
from services.gateway.web.access import anyone
from services.gateway.web.addresses import local_path
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, Refusal, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


@router.get("/sign-in")
async def sign_in_form(visit: Anyone, next: str = "") -> Response:  # noqa: A002 - the name in the address
    """Someone who is signed in goes on, unless the tool wants a fresh sign-in. A tool that wants no screens is told so."""
    if visit.request_expired:
        raise AuthorizationExpired
    if visit.authorization is not None and "none" in visit.authorization.prompt:
        is_signed_in = visit.signed is not None and not _is_too_old(visit)
        return await answer_without_screens(visit, is_signed_in=is_signed_in)
    if visit.signed is not None and not _is_too_old(visit):
        return visit.redirect(local_path(next)) if next else await go_on(visit)
    hint = (visit.authorization.login_hint or "") if visit.authorization else ""
    return _sign_in_page(visit, Form.of({"next": local_path(next, otherwise=""), "identifier": hint}))


def _is_too_old(visit: Visit) -> bool:
    asked = visit.authorization
    if asked is None:
        return False
    auth_time = datetime.fromtimestamp(visit.person.auth_time, UTC)
    return needs_fresh_sign_in(
        asked.prompt, asked.max_age_s, created_at=asked.created_at, auth_time=auth_time, now=now_utc()
    )


@router.post("/sign-in")
async def sign_in(visit: Anyone) -> Response:
    fields = visit.fields
    if unfinished := left_empty(visit):
        return _sign_in_page(visit, unfinished, status=422)
    try:
        visit.own.sign_ins.take(visit.address)
        view = await visit.ask(
            "/internal/sessions",
            {
                "identifier": fields.get("identifier", "").strip(),
                "password": fields.get("password", ""),
                "language": visit.language,
                "terms_version": TERMS_VERSION,
                **visit.browser,
            },
        )
    except REFUSALS as refusal:
        form = _sign_in_refused(visit, refusal)
        return _sign_in_page(visit, form, status=status_of(refusal))
    if "second_factor" in view:
        return ask_second_factor(visit, view["second_factor"], fields.get("next", ""))
    if "upgrade_token" in view:
        return begin_upgrade(visit, view["upgrade_token"])
    visit.open_session(view)
    return await go_on_to(visit, fields.get("next"))


def _sign_in_refused(visit: Visit, refusal: Refusal) -> Form:
    """Wrong credentials are a matter of this form, not of a session that ended."""
    if isinstance(refusal, RemoteProblem) and refusal.status == 401:
        return Form.refused(visit.fields, refusal.body, renamed={})
    return visit.refused(refusal)


def _sign_in_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    needs_eid = visit.tool is not None and visit.authorization is not None and visit.authorization.needs_eid
    return visit.page(
        "accounts/sign_in.html",
        status=status,
        section="sign-in",
        form=form,
        needs_eid=needs_eid,
        has_passkeys=is_name(urlsplit(visit.at.settings.public_origin).hostname or ""),
    )
