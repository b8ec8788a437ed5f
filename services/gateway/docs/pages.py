"""Documentation for those who build tools, and the design system for those who build screens."""

from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from services.gateway.docs.asyncapi import Topic, read_document, topics_in
from services.gateway.tools.views import card_of
from services.gateway.web.access import anyone
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


@router.get("/docs/events")
async def events(visit: Anyone) -> Response:
    return visit.page("docs/events.html", section="docs", topics=_topics(), shown=None)


@router.get("/docs/events/asyncapi.json")
async def asyncapi(visit: Anyone) -> Response:
    return JSONResponse(_document())


@router.get("/docs/events/{slug}")
async def topic(visit: Anyone, slug: str) -> Response:
    """Raises NotFound. A page of its own: all of them together would weigh more than a page may."""
    shown = next((one for one in _topics() if one.slug == slug), None)
    if shown is None:
        raise NotFound
    return visit.page("docs/events.html", section="docs", topics=_topics(), shown=shown)


@router.get("/design")
async def design(visit: Anyone) -> Response:
    """In a demo only."""
    if not visit.at.settings.is_demo:
        raise NotFound
    form = Form.of({"username": "nora", "email": "info@example.com", "type": "employee"})
    form.errors["username"] = visit.words.gettext(
        N_("At least 6 characters. We propose one from your name; choose well, it never changes afterwards.")
    )
    snapshot = await visit.own.catalogue.snapshot()
    tools = [card_of(tool, visit.language) for tool in snapshot.listed(visit.language)]
    return visit.page("design.html", section="design", form=form, tools=tools, icons=_icons(visit))


def _icons(visit: Visit) -> list[str]:
    sprite = visit.own.assets.get("img/icons.svg").body.decode()
    return [part.split('"', 1)[0] for part in sprite.split('<symbol id="')[1:]]


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    document = read_document()
    if document is None:
        raise NotFound
    return document


@lru_cache(maxsize=1)
def _topics() -> list[Topic]:
    return topics_in(_document())
