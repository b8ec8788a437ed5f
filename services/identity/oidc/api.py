"""The provider's public endpoints that a browser comes to: discovery, authorisation, and answers that are posted."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from services.identity.context import FOLDER, At, utc_now
from services.identity.oidc import answers, handlers, hints, parameters
from services.identity.oidc.answers import ANSWER_PATH
from services.identity.oidc.clients import Client
from services.identity.oidc.discovery import discovery_document
from services.identity.oidc.errors import AuthorizeRefused, PageRefused
from services.identity.oidc.parameters import Parameters
from shared.i18n import translator
from shared.markers import N_
from shared.tokens import public

router = APIRouter(tags=["OpenID Connect"])

REDIRECT: dict[str, Any] = {"status_code": 303, "response_class": Response}


@router.get("/.well-known/openid-configuration", dependencies=[public("says how to sign people in here")])
async def discovery(at: At) -> dict[str, Any]:
    return discovery_document(at.settings.public_origin)


@router.get("/oauth2/authorize", **REDIRECT, dependencies=[public("where tools send people to sign in")])
async def authorize(request: Request, at: At) -> Response:
    return await _authorize(at, request.query_params.multi_items())


@router.post("/oauth2/authorize", **REDIRECT, dependencies=[public("where tools send people to sign in")])
async def authorize_by_form(request: Request, at: At) -> Response:
    return await _authorize(at, await form_of(request))


@router.get(
    ANSWER_PATH,
    response_class=HTMLResponse,
    responses={303: {"description": "to the page that says that this is over"}},
    dependencies=[public("the address is known to one browser, once")],
)
async def posted_answer(request: Request, at: At, id: str = "") -> Response:  # noqa: A002 - the name in the address
    async with at.database.acquire() as db:
        answer = await answers.take_form(db, id, now=utc_now())
    if answer is None:
        return _error_page(at, "answer-expired")
    language = request.state.language
    go_on = translator(FOLDER, language).gettext(N_("Continue"))
    page, policy = answers.form_page(answer, language=language, go_on=go_on)
    # The tool may want to see where the form comes from; the rest of the address is nobody's business.
    return HTMLResponse(page, headers={"content-security-policy": policy, "referrer-policy": "strict-origin"})


async def form_of(request: Request) -> Parameters:
    """The fields of a form; uploads are not parameters."""
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def see_other(uri: str) -> Response:
    """303: whatever the method was, the browser comes with GET. No referrer, because addresses hold codes."""
    return Response(status_code=303, headers={"location": uri, "referrer-policy": "no-referrer"})


async def _authorize(at: At, given: Parameters) -> Response:
    try:
        async with at.database.acquire() as db:
            client = await handlers.find_client(db, given)
            pushed = await handlers.take_pushed(db, given, client, now=utc_now())
        asking = given if pushed is None else pushed
        redirect_uri = parameters.redirect_uri_of(asking, client)
    except PageRefused as refused:
        return _error_page(at, refused.code)
    try:
        if pushed is None and client.require_par:
            raise AuthorizeRefused("invalid_request", "this client pushes its requests")
        return await _store(at, asking, client, redirect_uri)
    except AuthorizeRefused as refused:
        return await _refuse(at, asking, redirect_uri, refused)


async def _store(at: At, given: Parameters, client: Client, redirect_uri: str) -> Response:
    """Raises AuthorizeRefused."""
    hinted = await hints.subject_hinted(at, given, client)
    asked = parameters.read_request(given, client, redirect_uri, hinted=hinted)
    ttl_s = at.settings.authorization_request_ttl_s
    async with at.database.transaction() as db:
        request_id = await handlers.store_request(db, asked, ttl_s=ttl_s, now=utc_now())
    return see_other(f"{at.settings.public_origin}/sign-in?{urlencode({'request': str(request_id)})}")


async def _refuse(at: At, given: Parameters, redirect_uri: str, refused: AuthorizeRefused) -> Response:
    origin, mode = at.settings.public_origin, parameters.response_mode_of(given)
    answer = answers.answer(
        redirect_uri,
        mode,
        origin,
        parameters.state_of(given),
        error=refused.error,
        error_description=refused.description,
    )
    async with at.database.transaction() as db:
        return see_other(await answers.address_of(db, answer, origin=origin, now=utc_now()))


def _error_page(at: At, code: str) -> Response:
    return see_other(f"{at.settings.public_origin}/oauth2-error?{urlencode({'code': code})}")
