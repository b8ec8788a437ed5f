"""Static files, the colours of tools, and the choice of language and appearance."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.typed import keeping
from services.gateway.web.access import anyone
from services.gateway.web.addresses import local_path
from services.gateway.web.assets import Asset
from services.gateway.web.cookies import LANGUAGE_COOKIE, THEME_COOKIE, Jar
from services.gateway.web.errors import PageRoute
from services.gateway.web.own import own_of
from services.gateway.web.visit import THEMES, Visit
from shared.client import RemoteProblem
from shared.errors import NotFound, Unavailable
from shared.i18n import LANGUAGES
from shared.tokens import public

FOR_GOOD = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=10"

router = APIRouter(include_in_schema=False, route_class=PageRoute)
files = APIRouter(include_in_schema=False, dependencies=[public("the same for everyone")])
Anyone = Annotated[Visit, anyone()]


@files.get("/static/{version}/{name:path}")
async def static_file(version: str, name: str, request: Request) -> Response:
    """Raises NotFound. Any version gets the present file: a page may outlive the process that made it."""
    assets = own_of(request.app.state.runtime).assets
    asset = assets.get(name)
    lasting = FOR_GOOD if version == assets.version else A_MOMENT
    return _sent(request, asset, {"cache-control": lasting})


@files.get("/embed/{name}.js")
async def embedded(name: str, request: Request) -> Response:
    """A script for the pages of tools. What stands at one address never changes: tools name its hash."""
    asset = own_of(request.app.state.runtime).assets.get(f"embed/{name}.js")
    headers = {
        "cache-control": FOR_GOOD,
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }
    return _sent(request, asset, headers)


def _sent(request: Request, asset: Asset, headers: Mapping[str, str]) -> Response:
    """Compressed for those who take it: half of a first visit on a phone is spent on fetching."""
    if asset.gzipped is None:
        return Response(asset.body, media_type=asset.media_type, headers=headers)
    takes = any(part.split(";")[0].strip() == "gzip" for part in request.headers.get("accept-encoding", "").split(","))
    more = {"vary": "accept-encoding", **({"content-encoding": "gzip"} if takes else {})}
    return Response(asset.gzipped if takes else asset.body, media_type=asset.media_type, headers={**headers, **more})


@files.get("/tools.css")
async def tool_colours(request: Request) -> Response:
    snapshot = await own_of(request.app.state.runtime).catalogue.snapshot()
    return Response(snapshot.stylesheet, media_type="text/css", headers={"cache-control": A_MOMENT})


@files.get("/tools/drawings/{name}.svg")
async def drawing(name: str, request: Request) -> Response:
    """A tool's logo or banner, which its address names by its content. Opened by itself it can do nothing either."""
    snapshot = await own_of(request.app.state.runtime).catalogue.snapshot()
    text = snapshot.drawing(name)
    if text is None:
        raise NotFound
    headers = {"cache-control": FOR_GOOD, "content-security-policy": "default-src 'none'; sandbox"}
    return Response(text, media_type="image/svg+xml", headers=headers)


@files.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    asset = own_of(request.app.state.runtime).assets.get("img/icon.svg")
    return Response(asset.body, media_type=asset.media_type, headers={"cache-control": A_MOMENT})


@files.get("/robots.txt")
async def robots() -> Response:
    return Response("User-agent: *\nAllow: /$\nAllow: /help\nAllow: /tools\nDisallow: /\n", media_type="text/plain")


@router.post("/preferences")
async def choose(visit: Anyone) -> Response:
    language, theme = visit.fields.get("language"), visit.fields.get("theme")
    if language in LANGUAGES:
        visit.jar.set(LANGUAGE_COOKIE, str(language), max_age_s=Jar.YEAR_S)
        await _keep_on_account(visit, str(language))
    if theme in THEMES:
        visit.jar.set(THEME_COOKIE, str(theme), max_age_s=Jar.YEAR_S)
    elif theme == "auto":
        visit.jar.drop(THEME_COOKIE)
    return visit.redirect(local_path(visit.fields.get("return_to")))


@router.post("/typed/forget")
async def forget_typed(visit: Anyone) -> Response:
    """The page as it is without what was typed before the session ended."""
    page = local_path(visit.fields.get("return_to"))
    await keeping.forget(visit, urlsplit(page).path)
    return visit.redirect(page)


async def _keep_on_account(visit: Visit, language: str) -> None:
    """The choice counts in this browser at once, whether identity can be reached or not."""
    if visit.signed is None:
        return
    try:
        await visit.put("identity", "/api/account/language", {"language": language})
    except (RemoteProblem, Unavailable):
        return
