"""Pictures of every screen, in each language, on a phone and on a desktop, by day and for one language by night, and a page of them all."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from deploy.local.demo.browser import Browser as PlainBrowser
from deploy.local.demo.walk import Walk

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
LANGUAGES = ("fr", "nl", "en", "de")
WIDTHS = {"phone": 390, "desktop": 1280}
HEIGHT = 900
QUALITY = 80
ANEW = ("/", "/select")
_ONE_OF_MANY = re.compile(r"/(help|help/errors|tools|catalogue)/(?!contact|search|errors)[a-z0-9-]+")
"""Kinds of pages that differ for each who looks at them."""


@dataclass(frozen=True)
class Visitor:
    """browser: with the cookies of somebody, or of nobody. starts: where the walk begins."""

    name: str
    browser: PlainBrowser
    starts: Sequence[str]


@dataclass(frozen=True)
class Screen:
    visitor: Visitor
    address: str
    kind: str
    title: str

    @property
    def file(self) -> str:
        words = re.sub(r"[^a-z0-9]+", "-", self.kind.replace("{}", "x").lower()).strip("-") or "start"
        return f"{self.visitor.name}-{words}.jpg".lower().replace(" ", "-")


@dataclass(frozen=True)
class Look:
    language: str
    device: str
    is_dark: bool

    @property
    def folder(self) -> str:
        return f"{self.language}-{self.device}{'-dark' if self.is_dark else ''}"


def looks(languages: Sequence[str]) -> list[Look]:
    """Each language by day, the first by night too."""
    day = [Look(language, device, is_dark=False) for language in languages for device in WIDTHS]
    return day + [Look(languages[0], device, is_dark=True) for device in WIDTHS]


def screens_of(origin: str, visitors: Sequence[Visitor]) -> Iterator[Screen]:
    """One of each kind of page, as the first who reaches it sees it."""
    known: set[str] = set()
    for visitor in visitors:
        for seen in Walk(origin, visitor.browser.session, at_most=1).pages(visitor.starts):
            kind = _ONE_OF_MANY.sub(r"/\1/{}", seen.kind)
            if seen.soup is not None and (kind not in known or kind in ANEW):
                yield Screen(visitor, seen.address, kind, seen.title.removesuffix(" · Immo-Connect"))
            known.add(kind)


def take(folder: Path, origin: str, screens: Sequence[Screen], languages: Sequence[str]) -> Iterator[Path]:
    """Each picture as it is taken; then the page of them all."""
    with sync_playwright() as playwright:
        path = next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for look in looks(languages):
            (folder / look.folder).mkdir(parents=True, exist_ok=True)
            yield from _with_look(browser, folder, origin, screens, look)
        browser.close()
    index = folder / "index.html"
    index.write_text(_index(screens, languages), encoding="utf-8")
    yield index


def _with_look(browser: Browser, folder: Path, origin: str, screens: Sequence[Screen], look: Look) -> Iterator[Path]:
    for visitor in {screen.visitor.name: screen.visitor for screen in screens}.values():
        context = browser.new_context(
            viewport={"width": WIDTHS[look.device], "height": HEIGHT},
            color_scheme="dark" if look.is_dark else "light",
            reduced_motion="reduce",
            locale=f"{look.language}-BE",
        )
        cookies: list[Any] = [
            {"name": one.name, "value": one.value, "url": origin}
            for one in visitor.browser.session.cookies
            if one.name != "immo_language"
        ]
        context.add_cookies([*cookies, {"name": "immo_language", "value": look.language, "url": origin}])
        page = context.new_page()
        for screen in screens:
            if screen.visitor is visitor:
                yield _picture(page, screen, folder / look.folder / screen.file)
        context.close()


def _picture(page: Page, screen: Screen, path: Path) -> Path:
    """Pages that ask again and again never fall silent: what has come after loading is what is shown."""
    page.goto(screen.address, wait_until="load")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, full_page=True, type="jpeg", quality=QUALITY)
    return path


def _index(screens: Sequence[Screen], languages: Sequence[str]) -> str:
    shown = looks(languages)
    parts = [
        f'<section id="{escape(screen.file)}"><h2>{escape(screen.title)}</h2>'
        f"<p><code>{escape(screen.kind)}</code> · {escape(screen.visitor.name)}</p><div>"
        + "".join(
            f'<a href="{look.folder}/{screen.file}"><figure>'
            f'<img loading="lazy" src="{look.folder}/{screen.file}" alt="{escape(screen.title)}" class="{look.device}">'
            f"<figcaption>{look.folder}</figcaption></figure></a>"
            for look in shown
        )
        + "</div></section>"
        for screen in screens
    ]
    links = "".join(f'<li><a href="#{escape(one.file)}">{escape(one.title)}</a></li>' for one in screens)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Screens of Immo-Connect</title><style>'
        "body{font:16px/1.5 system-ui,sans-serif;margin:2rem;background:#f3f1ec;color:#1a2529}"
        "section>div{display:flex;gap:1rem;overflow-x:auto;padding:.5rem 0 1rem}section{border-top:1px solid #ccc}"
        "figure{margin:0}img{height:28rem;object-fit:cover;object-position:top;border:1px solid #ccc;background:#fff}"
        "img.phone{width:13rem}img.desktop{width:38rem}ul{columns:4 14rem}"
        f"</style></head><body><h1>{len(screens)} screens</h1><ul>{links}</ul>{''.join(parts)}</body></html>\n"
    )
