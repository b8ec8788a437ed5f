"""Signing in with a second factor after the password, or with a passkey alone."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.onward import go_on_to
from services.gateway.security.answers import NotRead, body_of, leads_to, options, refused
from services.gateway.web.access import anyone
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import SignInNeeded, Visit
from shared.client import RemoteProblem

COOKIE = "immo_second_factor"
PURPOSE = "second-factor"
EXPIRED = "sign-in-expired"

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


def ask_second_factor(visit: Visit, asked: Mapping[str, Any], wanted: str) -> Response:
    """asked: identity's, in the place of a session. The token in it is good for giving the second factor and for nothing else."""
    kept = {"token": asked["token"], "methods": list(asked["methods"]), "next": wanted[:500]}
    visit.jar.set(COOKIE, visit.own.signer.pack(PURPOSE, kept), max_age_s=int(asked["expires_in_s"]))
    return visit.redirect(visit.to("/sign-in/second-factor"))


@router.get("/sign-in/second-factor")
async def second_factor_form(visit: Anyone) -> Response:
    return _page(visit, _kept(visit), Form())


@router.post("/sign-in/second-factor")
async def second_factor(visit: Anyone) -> Response:
    kept = _kept(visit)
    try:
        visit.own.sign_ins.take(visit.address)
        body = {"token": kept["token"], "code": visit.fields.get("code", "")[:100]}
        view = await visit.ask("/internal/sessions/second-factor", body)
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code == EXPIRED:
            return _begin_again(visit)
        return _page(visit, kept, visit.refused(refusal), status=status_of(refusal))
    return await _signed_in(visit, view, kept["next"])


@router.post("/sign-in/second-factor/options")
async def second_factor_options(visit: Anyone) -> Response:
    try:
        answer = await visit.ask("/internal/sessions/second-factor/passkey-options", {"token": _kept(visit)["token"]})
    except REFUSALS as refusal:
        return refused(visit, refusal)
    return options(visit, answer)


@router.post("/sign-in/second-factor/passkey")
async def second_factor_passkey(visit: Anyone) -> Response:
    kept = _kept(visit)
    try:
        body = await body_of(visit)
        proof = {"token": kept["token"], "credential": body["credential"]}
        view = await visit.ask("/internal/sessions/second-factor", proof)
    except (*REFUSALS, NotRead) as refusal:
        return refused(visit, refusal)
    return leads_to(visit, await _signed_in(visit, view, kept["next"]))


@router.post("/sign-in/passkey/options")
async def passkey_options(visit: Anyone) -> Response:
    try:
        visit.own.proposals.take(visit.address)
        answer = await visit.ask("/internal/sessions/passkey/options", {"bound_to": visit.bound_to})
    except REFUSALS as refusal:
        return refused(visit, refusal)
    return options(visit, answer)


@router.post("/sign-in/passkey")
async def passkey(visit: Anyone) -> Response:
    """Whoever has unlocked a passkey is signed in; it says who it is."""
    try:
        visit.own.sign_ins.take(visit.address)
        body = await body_of(visit)
        proof = {"bound_to": visit.bound_to, "credential": body["credential"], **visit.browser}
        view = await visit.ask("/internal/sessions/passkey", proof)
    except (*REFUSALS, NotRead) as refusal:
        return refused(visit, refusal)
    return leads_to(visit, await _signed_in(visit, view, str(body.get("next") or "")))


async def _signed_in(visit: Visit, view: Mapping[str, Any], wanted: str) -> Response:
    visit.jar.drop(COOKIE)
    visit.open_session(view)
    return await go_on_to(visit, wanted)


def _kept(visit: Visit) -> dict[str, Any]:
    """Raises SignInNeeded: nobody gave a password here, or too long ago."""
    kept = visit.own.signer.unpack(PURPOSE, visit.jar.get(COOKIE))
    if kept is None:
        raise SignInNeeded(keeps_session=True)
    return kept


def _begin_again(visit: Visit) -> Response:
    visit.jar.drop(COOKIE)
    return visit.redirect(visit.to("/sign-in"))


def _page(visit: Visit, kept: Mapping[str, Any], form: Form, *, status: int = 200) -> Response:
    return visit.page(
        "security/second_factor.html", status=status, section="sign-in", form=form, methods=kept["methods"]
    )
