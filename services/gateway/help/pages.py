"""Help, what an error code means, the terms of use, the start page, and what the protocol's errors say to a person."""

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.help.library import TOPICS
from services.gateway.help.meanings import MEANINGS, UNKNOWN
from services.gateway.help.searching import MAX_QUERY
from services.gateway.help.terms import TERMS_VERSION
from services.gateway.tools.views import card_of
from services.gateway.web import errors
from services.gateway.web.access import anyone
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

_CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")
MAX_RELATED = 6

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
    """Older links bring an error's code along: they want to ask the help desk."""
    if code or reference:
        return visit.redirect(f"/help/contact?{urlencode(_known(code=code, reference=reference))}")
    shelf = visit.own.library.shelf(visit.language)
    return visit.page("help/index.html", section="help", topics=shelf.by_topic(), asked_most=shelf.asked_most())


@router.get("/help/search")
async def search(visit: Anyone, q: str = "") -> Response:
    query = q.strip()[:MAX_QUERY]
    found = visit.own.library.search(query, visit.language) if query else []
    return visit.page("help/search.html", section="help", query=query, found=found)


@router.get("/help/errors/{code}")
async def error_code(visit: Anyone, code: str) -> Response:
    """In two sentences where the code has a meaning of its own, and the article that goes further."""
    if _CODE.fullmatch(code) is None:
        raise NotFound
    article = visit.own.library.answer_to(code, visit.language)
    meaning = MEANINGS.get(code) or (None if article else UNKNOWN)
    return visit.page("help/error_code.html", section="help", code=code, meaning=meaning, article=article)


@router.get("/help/{slug}")
async def article_page(visit: Anyone, slug: str) -> Response:
    shelf = visit.own.library.shelf(visit.language)
    article = shelf.articles.get(slug)
    if article is None:
        raise NotFound
    related = [one for one in shelf.articles.values() if one.subject.topic == article.subject.topic and one != article]
    return visit.page(
        "help/article.html",
        section="help",
        article=article,
        topic=TOPICS[article.subject.topic],
        related=related[:MAX_RELATED],
    )


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


def _known(**given: str) -> dict[str, str]:
    """What looks like a code; an address may say anything."""
    return {name: value for name, value in given.items() if _CODE.fullmatch(value)}
