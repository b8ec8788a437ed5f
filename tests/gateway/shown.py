"""Screens with made-up content, shown in a real browser without a server: every address is answered from memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Route

from services.gateway.web.assets import Assets
from services.gateway.web.templates import Templates
from tests.gateway.samples import TOOL_COLOURS
from tests.gateway.screens import context_of

ORIGIN = "http://immo.test"
HEADERS = {"cache-control": "max-age=600"}


@lru_cache(maxsize=1)
def _made() -> tuple[Assets, Templates]:
    assets = Assets(with_demo=True)
    return assets, Templates(assets, demo={"mail_url": "http://immo.test/mail"})


def screen(name: str, language: str) -> str:
    """Its HTML."""
    templates = _made()[1]
    template, context = context_of(templates, name, language)
    return templates.render(template, language, **context)


def _screen_or_why(name: str, language: str) -> dict[str, Any]:
    """A handler that raises would leave the browser waiting."""
    try:
        return {"body": screen(name, language), "content_type": "text/html; charset=utf-8"}
    except Exception as error:  # the test tells it
        return {"body": repr(error), "status": 500}


def _tool_colours() -> str:
    return "\n".join(
        f".tool-{name} {{ --tool: {colour}; --on-tool: #ffffff; }}" for name, colour in TOOL_COLOURS.items()
    )


@asynccontextmanager
async def shown_in(browser: Browser, **context: Any) -> AsyncIterator[Page]:
    """A page for `show`. context: of the browser, such as viewport or color_scheme."""
    opened = await browser.new_context(reduced_motion="reduce", **context)
    await opened.route("**/*", _answer)
    page = await opened.new_page()
    yield page
    await opened.close()


async def show(page: Page, name: str, language: str) -> None:
    answered = await page.goto(f"{ORIGIN}/{language}/{name}", wait_until="load")
    assert answered is not None
    assert answered.ok, await answered.text()
    await page.evaluate("document.fonts.ready")


async def _answer(route: Route) -> None:
    path = urlsplit(route.request.url).path
    assets, _ = _made()
    if path.startswith("/static/"):
        asset = assets.get(path.split("/", 3)[3])
        await route.fulfill(body=asset.body, content_type=asset.media_type, headers=HEADERS)
    elif path == "/tools.css":
        await route.fulfill(body=_tool_colours(), content_type="text/css", headers=HEADERS)
    elif route.request.is_navigation_request():
        _, language, name = path.split("/", 2)
        await route.fulfill(**_screen_or_why(name, language))
    else:
        await route.fulfill(status=404, body="")
