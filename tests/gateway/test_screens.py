"""Each template renders with made-up content, in each language, without a sentence that was forgotten."""

import re
from pathlib import Path

import pytest

from services import gateway
from services.gateway.web.assets import Assets
from services.gateway.web.templates import Templates
from shared.i18n import LANGUAGES
from tests.gateway.screens import SCREENS, context_of

FRAMES = (
    "layout.html",
    "macros/",
    "parts/",
    "tools/register.html",
    "organisations/frame.html",
    "organisations/employee_frame.html",
    "accounts/frame.html",
    "tools/card.html",
    "wallet/frame.html",
    "wallet/parts/",
)
INCLUDED = (
    "catalogue/upload.html",
    "catalogue/changes.html",
    "tools/access_rows.html",
    "tools/own.html",
    "security/lost.html",
    "recognitions/history_table.html",
    "recognitions/live.html",
    "wallet/top_up_live.html",
    "selection/cards.html",
    "selection/card.html",
    "organisations/employees_found.html",
    "organisations/cards.html",
    "notifications/entries.html",
)


STATIC = Path(gateway.__file__).parent / "static"
DRAWN = set(re.findall(r'\bid="([\w-]+)"', (STATIC / "img/icons.svg").read_text()))


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets(with_demo=True), demo={"mail_url": "http://127.0.0.1/mail"})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS)
def test_the_screen_renders(templates: Templates, screen: str, language: str) -> None:
    template, context = context_of(templates, screen, language)
    html = templates.render(template, language, **context)
    assert f'<html lang="{language}"' in html
    assert html.count("<h1") == 1
    assert not re.search(r"<title>\s*[–·]", html)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=", html)
    assert set(re.findall(r"icons\.svg#([\w-]*)", html)) <= DRAWN


def test_every_icon_that_a_template_names_is_drawn() -> None:
    """Also what no screen above happens to show."""
    sources = {path.name: path.read_text() for path in (STATIC.parent / "templates").rglob("*.html")}
    named = {(name, icon) for name, text in sources.items() for icon in re.findall(r'\bicon\("([\w-]+)"', text)}
    assert {(name, icon) for name, icon in named if icon not in DRAWN} == set()
    assert len(named) > 100


def test_every_page_is_among_the_screens(templates: Templates) -> None:
    shown = {template for template, _ in SCREENS.values()}
    pages = {name for name in templates.names() if not name.startswith(FRAMES) and name not in INCLUDED}
    assert pages == shown
