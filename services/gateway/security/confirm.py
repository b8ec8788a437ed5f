"""Proof that is fresh, or stronger: whoever is signed in shows once more who they are, and goes on in the same session.

Before what cannot be undone, and for a tool that asks for two factors.
"""

from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.onward import go_on_to
from services.gateway.security.answers import NotRead, body_of, leads_to, options, refused
from services.gateway.web.access import signed_in
from services.gateway.web.addresses import local_path, referring_path
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/confirm")
async def confirm_form(visit: Member, next: str = "", stronger: bool = False) -> Response:  # noqa: A002 - the name in the address
    """stronger: fresh proof alone will not do; who has no second factor is led to set one up."""
    factors = await visit.get("identity", "/api/factors")
    wanted = local_path(next, otherwise="")
    if stronger and not _has_any(factors):
        asked = f"?{urlencode({'next': wanted})}" if wanted else ""
        return visit.redirect(visit.to(f"/security/second-factor{asked}"))
    return _page(visit, factors, Form.of({"next": wanted, "back": _way_back(visit)}))


@router.post("/confirm")
async def confirm(visit: Member) -> Response:
    proof = {name: visit.fields.get(name, "")[:1000] for name in ("password", "code") if visit.fields.get(name)}
    try:
        view = await visit.ask("/internal/sessions/confirm", {"session_token": visit.session_token, **proof})
    except REFUSALS as refusal:
        factors = await visit.get("identity", "/api/factors")
        return _page(visit, factors, visit.refused(refusal), status=status_of(refusal))
    visit.open_session(view)
    return await _onward(visit, visit.fields.get("next"))


@router.post("/confirm/options")
async def confirm_options(visit: Member) -> Response:
    try:
        body = {"session_token": visit.session_token}
        answer = await visit.ask("/internal/sessions/confirm/passkey-options", body)
    except REFUSALS as refusal:
        return refused(visit, refusal)
    return options(visit, answer)


@router.post("/confirm/passkey")
async def confirm_with_passkey(visit: Member) -> Response:
    try:
        body = await body_of(visit)
        proof = {"session_token": visit.session_token, "credential": body["credential"]}
        view = await visit.ask("/internal/sessions/confirm", proof)
    except (*REFUSALS, NotRead) as refusal:
        return refused(visit, refusal)
    visit.open_session(view)
    return leads_to(visit, await _onward(visit, str(body.get("next") or "")))


async def _onward(visit: Visit, wanted: str | None) -> Response:
    """Back to the page that asked, also when a tool waits at the end of it; else on towards the tool."""
    path = local_path(wanted, otherwise="")
    if path:
        return visit.redirect(path)
    return await go_on_to(visit, "/security")


def _way_back(visit: Visit) -> str:
    """For whoever would rather not: the page that they come from. It is kept while proof is refused."""
    before = referring_path(visit.request.headers.get("referer"), visit.at.settings.public_origin)
    return "/security" if not before or urlsplit(before).path == "/confirm" else before


def _has_any(factors: dict[str, Any]) -> bool:
    return bool(factors["passkeys"]) or factors["totp_since"] is not None


def _page(visit: Visit, factors: dict[str, Any], form: Form, *, status: int = 200) -> Response:
    return visit.page(
        "security/confirm.html",
        status=status,
        form=form,
        back_url=local_path(form.values["back"], otherwise="/security"),
        has_factor=_has_any(factors),
        has_passkey=bool(factors["passkeys"]) and factors["passkeys_available"],
        has_code=factors["totp_since"] is not None or factors["recovery_codes_left"] > 0,
    )
