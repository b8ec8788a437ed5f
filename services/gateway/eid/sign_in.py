"""Signing in with the card alone. A genuine card that opens no account is offered the two ways to one."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from services.gateway.accounts.onward import go_on, next_path
from services.gateway.eid.answers import TokenRefused, onward, refusal, token_of
from services.gateway.eid.cases import CASES, GENERAL_ADVICE, known_code
from services.gateway.journey.authorizations import AuthorizationExpired
from services.gateway.journey.rules import BEFORE_ALL
from services.gateway.web.access import anyone
from services.gateway.web.addresses import local_path
from services.gateway.web.cookies import VISITOR_COOKIE
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import TooMany, Unavailable

BINDING_PURPOSE = "eid-sign-in"
# From the front door to the page, in the person's own browser, for the one time that it is shown.
STRANGER_COOKIE = "immo_card_names"
STRANGER_PURPOSE = "card-names"

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


@router.get("/sign-in/card")
async def card_form(visit: Anyone, next: str = "", refused: str = "") -> Response:  # noqa: A002 - the name in the address
    """refused: why the front door did not take a card."""
    if visit.request_expired:
        raise AuthorizationExpired
    if visit.signed is not None and not visit.request_id:
        return await go_on(visit)
    return visit.page(
        "eid/sign_in.html",
        section="sign-in",
        after=local_path(next, otherwise=""),
        cases=CASES,
        general=GENERAL_ADVICE,
        shown=known_code(refused),
        stranger=_take_stranger(visit),
        door=visit.at.settings.eid_proxy,
    )


def _take_stranger(visit: Visit) -> dict[str, Any] | None:
    """The names on a card that opened no account at the front door a moment ago."""
    packed = visit.jar.given(STRANGER_COOKIE)
    if packed:
        visit.jar.drop(STRANGER_COOKIE)
    return visit.own.signer.unpack(STRANGER_PURPOSE, packed)


@router.post("/sign-in/card/challenge")
async def challenge(visit: Anyone) -> Response:
    try:
        visit.own.sign_ins.take(visit.address)
        answer = await visit.ask("/internal/eid/challenge", {"binding": _binding(visit)})
    except (RemoteProblem, Unavailable, TooMany) as problem:
        return refusal(visit, problem)
    return visit.jar.send(JSONResponse({"nonce": answer["nonce"]}))


@router.post("/sign-in/card")
async def sign_in(visit: Anyone, next: str = "") -> Response:  # noqa: A002 - the name in the address
    """`{"next"}` for a card that opens an account, `{"stranger"}` with the card's own names for another genuine one."""
    try:
        token = await token_of(visit.request)
        body = {"binding": _binding(visit), "token": token, **visit.browser}
        answer = await visit.ask("/internal/sessions/eid", body)
    except TokenRefused as refused:
        return refused.answer
    except (RemoteProblem, Unavailable) as problem:
        return refusal(visit, problem)
    if "session" not in answer:
        return visit.jar.send(JSONResponse({"stranger": answer["stranger"]}))
    return onward(visit, signed_in_path(visit, answer["session"], local_path(next, otherwise="")))


def signed_in_path(visit: Visit, session: dict[str, Any], after: str) -> str:
    """The path to go on to, in the session that has just begun."""
    visit.open_session(session)
    path = next_path(visit)
    return after if after and not visit.request_id and path not in BEFORE_ALL else path


def _binding(visit: Visit) -> str:
    """What identity binds its challenge to. The form's token was checked, so the browser has one or the other."""
    return visit.own.signer.tag(BINDING_PURPOSE, visit.session_token or visit.jar.get(VISITOR_COOKIE))
