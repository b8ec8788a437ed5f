"""Help, what an error code means, the terms of use, the start page, and what the protocol's errors say to a person."""

import re
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.help.articles import ARTICLES, SECTIONS, UNKNOWN
from services.gateway.help.terms import TERMS_VERSION
from services.gateway.tools.views import card_of
from services.gateway.web import errors
from services.gateway.web.access import anyone
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

_CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


@router.get("/")
async def landing(visit: Anyone) -> Response:
    """Someone who is signed in has better things to see."""
    if visit.signed is not None and visit.signed.person.acr != "pending":
        return visit.redirect("/organisations")
    snapshot = await visit.own.catalogue.snapshot()
    tools = [card_of(tool, visit.language) for tool in snapshot.listed(visit.language)]
    return visit.page("landing.html", tools=tools)


@router.get("/help")
async def help_page(visit: Anyone, code: str = "", reference: str = "") -> Response:
    """What a contact link brings along goes into the mail's subject: the error's code, and where to find it in our records."""
    code, reference = (text if _CODE.fullmatch(text) else "" for text in (code, reference))
    subject = " ".join(filter(None, (code, reference)))
    support_email = visit.at.settings.support_email
    return visit.page("help/index.html", sections=SECTIONS, support_email=support_email, code=subject)


@router.get("/help/errors/{code}")
async def error_code(visit: Anyone, code: str) -> Response:
    if _CODE.fullmatch(code) is None:
        raise NotFound
    return visit.page("help/error_code.html", code=code, article=ARTICLES.get(code, UNKNOWN))


@router.get("/terms")
async def terms(visit: Anyone) -> Response:
    return visit.page("help/terms.html", version=TERMS_VERSION)


@router.get("/oauth2-error")
async def protocol_error(visit: Anyone, code: str = "") -> Response:
    """The tool is not known here, or wants its answer at an address that is not its own: nobody is led on."""
    text = N_(
        "The program that sent you here is not registered, or has a mistake in its settings. Tell the people who run it."
    )
    sentence = visit.words.gettext(text)
    if _CODE.fullmatch(code):
        sentence = f"{sentence} ({code})"
    return errors.page(visit, 422, sentence)
