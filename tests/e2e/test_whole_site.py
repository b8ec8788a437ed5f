"""Every page that a manager, the support and a stranger can reach: no dead link, nothing broken, nothing forgotten in English."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from pathlib import Path

import pytest
import pytest_asyncio
from babel.messages.pofile import read_po

from deploy.local.demo import play
from deploy.local.demo.browser import Browser
from deploy.local.demo.walk import Seen, Walk, texts_of
from deploy.local.demo.wallet_story import WalletStory
from services import gateway
from shared.i18n import KIT_FOLDER
from tests.e2e.platform import Platform

pytestmark = pytest.mark.slow

GATEWAY = Path(gateway.__file__).parent
OTHER_LANGUAGES = ("fr", "nl", "de")
MAX_BYTES = 150_000
LEAST_KINDS = {"stranger": 12, "manager": 50, "support": 30}
ALIKE = {"/", "/sign-in/card", "/account/notifications/{}"}
"""Addresses that show what another one shows, or a part of it."""

Site = dict[str, tuple[Browser, list[Seen]]]
"""Of each of them the browser, and what was seen."""


@pytest_asyncio.fixture(scope="module")
async def site(platform: Platform) -> AsyncIterator[Site]:
    """What each of them saw, in English."""
    story = WalletStory(platform.stack)
    steps = await play(story, platform.stack.kafka, lambda step: None)
    assert steps[-1].ok, steps[-1]
    for person in (story.ada, story.sofie):
        await asyncio.to_thread(person.browser.open, f"{story.tool}/sign-in")
    stranger = Browser(platform.origin)
    people: dict[str, tuple[Browser, Sequence[str]]] = {
        "stranger": (stranger, ["/", "/sign-in", "/sign-up", "/help", "/docs/events", f"{platform.tool}/sign-in"]),
        "manager": (story.ada.browser, ["/", story.ada.browser.url, "/organisations"]),
        "support": (story.sofie.browser, ["/", "/support"]),
    }
    found: Site = {}
    for name, (browser, starts) in people.items():
        walk = Walk(platform.origin, browser.session)
        found[name] = (browser, await asyncio.to_thread(lambda walk=walk, starts=starts: list(walk.pages(starts))))
    yield found


def pages(site: Site) -> list[Seen]:
    return [seen for _, walked in site.values() for seen in walked if seen.soup is not None]


async def test_each_of_them_reaches_much_of_the_site(site: Site) -> None:
    kinds = {name: {seen.kind for seen in walked} for name, (_, walked) in site.items()}
    assert {
        name: len(found) > least for (name, found), least in zip(kinds.items(), (12, 50, 30), strict=True)
    } == dict.fromkeys(kinds, True)


async def test_no_link_is_dead_and_nothing_is_broken(site: Site) -> None:
    wrong = [
        f"{name}: {seen.address} answers {seen.status}, linked from {seen.came_from}"
        for name, (_, walked) in site.items()
        for seen in walked
        if seen.status >= 400
    ]
    assert wrong == []
    assert [f"{seen.address}: {seen.missing_anchors}" for seen in pages(site) if seen.missing_anchors] == []


async def test_each_page_has_one_heading_a_title_and_a_language(site: Site) -> None:
    assert [f"{seen.address}: {seen.headings}" for seen in pages(site) if len(seen.headings) != 1] == []
    assert [seen.address for seen in pages(site) if seen.language != "en" or not seen.title] == []


async def test_pages_of_different_kinds_have_different_titles(site: Site) -> None:
    """A person with ten tabs open finds the one that they look for."""
    by_title: dict[str, set[str]] = defaultdict(set)
    for seen in pages(site):
        by_title[seen.title].add(re.sub(r"\?.*|(?<=/mode-)[a-z-]+", "", seen.kind))
    assert {title: kinds for title, kinds in by_title.items() if len(kinds - ALIKE) > 1} == {}


async def test_no_page_is_heavy(site: Site, platform: Platform) -> None:
    """As a first visit fetches it: the page, styles, scripts, fonts and pictures, as they are sent."""
    any_page = Browser(platform.origin)
    any_page.open("/")
    shared = [str(one["href"]) for one in any_page.page.select('link[href*="/static/"], link[href="/tools.css"]')]
    prefix = next(re.match(r"/static/\w+", path)[0] for path in shared if path.startswith("/static/"))  # type: ignore[index]
    modules = sorted(path.name for path in (GATEWAY / "static/js").glob("*.js"))
    names = [
        *(f"{prefix}/js/{name}" for name in modules),
        f"{prefix}/img/icons.svg",
        f"{prefix}/fonts/bricolage-latin.woff2",
    ]
    common = sum(_sent(any_page, path) for path in {*shared, *names})
    weights = {seen.kind: seen.size_bytes + common for seen in pages(site)}
    assert {kind: weight for kind, weight in weights.items() if weight > MAX_BYTES} == {}


def _sent(browser: Browser, path: str) -> int:
    response = browser.session.get(f"{browser.origin}{path}", stream=True)
    assert response.ok, path
    return len(response.raw.read(decode_content=False))


@lru_cache
def _english(language: str) -> frozenset[str]:
    """Sentences that read differently in this language."""
    sentences: set[str] = set()
    for folder in (GATEWAY, KIT_FOLDER):
        with (folder / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
            for message in read_po(file):
                text, said = message.id, message.string
                if isinstance(text, str) and text and said != text and "{" not in text:
                    sentences.add(text)
    return frozenset(sentences)


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
async def test_nothing_is_left_in_english(site: Site, platform: Platform, language: str) -> None:
    left: list[str] = []
    for browser, walked in site.values():
        browser.session.cookies.set("immo_language", language)
        walk = Walk(platform.origin, browser.session)
        for address in {seen.kind: seen.address for seen in walked if seen.soup is not None}.values():
            seen = await asyncio.to_thread(walk.look, address)
            assert (seen.status, seen.language) == (200, language), address
            if seen.soup is not None:
                left += [f"{address}: {text}" for text in set(texts_of(seen.soup)) if text in _english(language)]
    assert left == []
