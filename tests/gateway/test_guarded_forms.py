"""Whoever has typed more than a line is asked before it is lost: each such form of each screen is guarded."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from playwright.async_api import Dialog, Page

from services.gateway.web.assets import Assets
from services.gateway.web.templates import Templates
from tests.gateway.screens import SCREENS, context_of
from tests.gateway.shown import show

TYPED = {"text", "email", "tel", "url", "date", "number"}
NOTHING_TO_SEND = {"design"}
"""Screens whose forms only show what forms look like."""


@dataclass
class SeenForm:
    """lines: the fields that hold a line of text each. areas: those that hold several. secrets: passwords and codes."""

    action: str
    lines: list[str] = field(default_factory=list[str])
    areas: list[str] = field(default_factory=list[str])
    secrets: list[str] = field(default_factory=list[str])
    is_guarded: bool = False

    @property
    def takes_more_than_a_line(self) -> bool:
        return bool(self.areas) or len(self.lines) > 1


class _Forms(HTMLParser):
    """Those that change something; searching and filtering is typed again in no time."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[SeenForm] = []
        self._open: SeenForm | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._open = SeenForm(given.get("action") or "") if given.get("method") == "post" else None
            self.forms += [self._open] if self._open else []
        if self._open is None:
            return
        self._open.is_guarded |= "data-guard" in given
        name = given.get("name") or ""
        if tag == "textarea":
            self._open.areas.append(name)
        if given.get("type") == "password" or given.get("autocomplete") == "one-time-code" or "data-code" in given:
            self._open.secrets.append(name)
        elif tag == "input" and (given.get("type") or "text") in TYPED and "readonly" not in given:
            self._open.lines.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets(with_demo=True), demo={"mail_url": "http://127.0.0.1/mail"})


def forms_of(html: str) -> list[SeenForm]:
    parser = _Forms()
    parser.feed(html)
    return parser.forms


@pytest.mark.parametrize("screen", sorted(set(SCREENS) - NOTHING_TO_SEND))
def test_a_form_in_which_more_than_a_line_is_typed_is_guarded(templates: Templates, screen: str) -> None:
    template, context = context_of(templates, screen, "en")
    forms = forms_of(templates.render(template, "en", **context))
    bare = [one for one in forms if one.takes_more_than_a_line and not one.is_guarded]
    assert [f"{template}: {one.action} {one.lines + one.areas}" for one in bare] == []


@pytest.mark.browser
async def test_the_browser_asks_before_it_leaves_what_was_typed_or_refused(page: Page) -> None:
    asked = list[str]()

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    try:
        await show(page, "new", "en")
        field = page.locator('main form[data-guard] input[type="email"]').first
        await field.press("x")
        await page.locator(".brand").click()
        assert asked == ["beforeunload"]
        assert page.url.endswith("/new")
    finally:
        page.remove_listener("dialog", stay)
