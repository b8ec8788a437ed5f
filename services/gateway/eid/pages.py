"""Linking the identity card, and confirming with it what a tool or a page asks. The page's script talks to the card; these answer it."""

import time
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from services.gateway.accounts.onward import go_on, next_path, skip_eid
from services.gateway.eid.answers import TokenRefused, onward, refusal, token_of
from services.gateway.eid.cases import CASES, GENERAL_ADVICE, known_code
from services.gateway.web.access import signed_in
from services.gateway.web.addresses import local_path
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.markers import N_
from shared.tokens import ConfirmationNeeded

FRESH_S = 900
RENEWED = N_("Your new card has taken the place of the old one.")
LINKED = N_("Your identity card is linked.")

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/eid")
async def link_form(visit: Member, next: str = "", refused: str = "") -> Response:  # noqa: A002 - the name in the address
    """next: where the card is asked for, although it may have been shown already. refused: why the front door did not take it."""
    after = local_path(next, otherwise="")
    step_up = visit.account is not None and visit.account.eid_linked
    if step_up and not (after or refused) and next_path(visit) != "/eid":
        return await go_on(visit)
    return visit.page(
        "eid/link.html",
        step_up=step_up,
        may_skip=not step_up and not after,
        confirm_first="" if step_up or _is_fresh(visit) else _confirm_path(visit, after),
        after=after,
        cases=CASES,
        general=GENERAL_ADVICE,
        shown=known_code(refused),
        door=visit.at.settings.eid_proxy,
    )


@router.post("/eid/challenge")
async def challenge(visit: Member) -> Response:
    try:
        answer = await visit.post("identity", "/api/eid/challenge")
    except (RemoteProblem, Unavailable) as problem:
        return refusal(visit, problem)
    return visit.jar.send(JSONResponse({"nonce": answer["nonce"]}))


@router.post("/eid/link")
async def link(visit: Member, next: str = "") -> Response:  # noqa: A002 - the name in the address
    """`next` of the answer is where the page goes."""
    try:
        token = await token_of(visit.request)
        answer = await visit.post("identity", "/api/eid/link", {"token": token})
    except TokenRefused as refused:
        return refused.answer
    except (RemoteProblem, Unavailable) as problem:
        if problem.code == ConfirmationNeeded.code:  # the page was open for too long
            return visit.jar.send(JSONResponse({"next": _confirm_path(visit, local_path(next, otherwise=""))}))
        return refusal(visit, problem)
    visit.open_session(answer["session"])
    return onward(visit, after_linking(visit, answer.get("outcome", "unchanged"), local_path(next, otherwise="")))


def _is_fresh(visit: Visit) -> bool:
    return time.time() - visit.person.auth_time <= FRESH_S


def _confirm_path(visit: Visit, after: str) -> str:
    """To fresh proof, and back here. A first card says who holds it, but nothing about whose account this is."""
    here = visit.to(f"/eid?{urlencode({'next': after})}" if after else "/eid")
    return f"/confirm?{urlencode({'next': here})}"


def after_linking(visit: Visit, outcome: str, after: str) -> str:
    """The path to go on to; what has just happened is said there."""
    if outcome == "renewed":
        visit.say(RENEWED)
    if outcome == "linked":
        visit.say(LINKED)
        return after or "/recognitions"
    return after or next_path(visit)


@router.post("/eid/later")
async def later(visit: Member) -> Response:
    """The tool may insist: then its selection screen says so."""
    skip_eid(visit)
    if visit.authorization is not None and visit.authorization.needs_eid:
        return visit.redirect(visit.to("/select"))
    return await go_on(visit)
