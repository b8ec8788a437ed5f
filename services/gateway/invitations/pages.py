"""Whoever got an invitation by mail: what it offers, accepting, declining. The token of the link is in no address but the first."""

import re
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.onward import go_on
from services.gateway.invitations.kept import Kept, drop, keep, kept_of
from services.gateway.organisations.views import EMPLOYEE_TYPES
from services.gateway.web.access import anyone, signed_in
from services.gateway.web.cookies import LANGUAGE_COOKIE, Jar
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.i18n import LANGUAGES
from shared.markers import N_

PATH = "/invitation"
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
OVER = ("invitation-over", "invitation-not-found")

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]
Member = Annotated[Visit, signed_in()]


@router.get("/invitations/{token}")
async def arrive(visit: Anyone, token: str) -> Response:
    """Nothing is answered by this: programs that look at mails follow links too."""
    if TOKEN.fullmatch(token):
        keep(visit, Kept(token))
    else:
        drop(visit)
    return visit.redirect(PATH)


@router.get(PATH)
async def show(visit: Anyone) -> Response:
    kept = kept_of(visit)
    if kept is None:
        return _over(visit, "unknown")
    if visit.signed is not None and visit.signed.person.acr == "pending":
        return visit.redirect(visit.to("/activate"))
    try:
        offer = await _offer(visit, kept)
    except RemoteProblem as problem:
        if problem.code not in OVER:
            raise
        return _over(visit, "unknown")
    if offer["state"] != "open":
        return _over(visit, str(offer["state"]))
    keep(visit, Kept(kept.token, str(offer["email"])))
    _speak(visit, str(offer["language"]))
    return _page(visit, offer, Form())


@router.post("/invitation/accept")
async def accept(visit: Member) -> Response:
    kept = kept_of(visit)
    if kept is None:
        return visit.redirect(PATH)
    try:
        answer = await visit.post("organisation", "/api/invitations/accept", {"token": kept.token})
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code in OVER:
            return visit.redirect(PATH)
        form = visit.refused(refusal)
        return _page(visit, await _offer(visit, kept), form, status=status_of(refusal))
    drop(visit)
    visit.say(N_("You now belong to {organisation}."), organisation=answer["organisation_name"])
    return await go_on(visit)


@router.get("/invitation/decline")
async def decline_form(visit: Anyone) -> Response:
    kept = kept_of(visit)
    if kept is None:
        return visit.redirect(PATH)
    offer = await _offer(visit, kept)
    return visit.page("invitations/decline.html", offer=offer)


@router.post("/invitation/decline")
async def decline(visit: Anyone) -> Response:
    """Who holds the link may, signed in or not."""
    kept = kept_of(visit)
    if kept is not None:
        try:
            await visit.client("organisation").post("/internal/invitations/decline", {"token": kept.token})
        except RemoteProblem as problem:
            if problem.code not in OVER:
                raise
            return visit.redirect(PATH)
    drop(visit)
    visit.say(N_("The invitation is declined."))
    return visit.redirect("/organisations" if visit.signed is not None else "/")


@router.post("/invitation/later")
async def later(visit: Anyone) -> Response:
    """The mail still leads here."""
    drop(visit)
    return await go_on(visit) if visit.signed is not None else visit.redirect("/")


async def _offer(visit: Visit, kept: Kept) -> dict[str, Any]:
    body = {"token": kept.token}
    if visit.signed is not None:
        return await visit.post("organisation", "/api/invitations/look-up", body)
    return await visit.client("organisation").post("/internal/invitations/look-up", body, language=visit.language)


def _speak(visit: Visit, language: str) -> None:
    """In the language of the mail, where none was chosen in this browser."""
    if not visit.jar.get(LANGUAGE_COOKIE) and language in LANGUAGES:
        visit.language = language
        visit.jar.set(LANGUAGE_COOKIE, language, max_age_s=Jar.YEAR_S)


def _page(visit: Visit, offer: dict[str, Any], form: Form, *, status: int = 200) -> Response:
    type_name = visit.words.gettext(EMPLOYEE_TYPES.get(offer["type"], str(offer["type"])))
    return visit.page("invitations/show.html", status=status, offer=offer, type_name=type_name, form=form)


def _over(visit: Visit, state: str) -> Response:
    """state: unknown for a link that leads nowhere, or was replaced by a later one."""
    drop(visit)
    return visit.page("invitations/over.html", status=404 if state == "unknown" else 200, state=state)
