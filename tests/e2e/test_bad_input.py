"""Odd input at every page and every form of the gateway, as somebody signed in who manages an organisation: a page, never a fault."""

import random
import re
from urllib.parse import quote

import pytest

from deploy.local.demo.story import Story
from shared.routes import routes_of
from tests.e2e.platform import Platform
from tests.test_routes import application

pytestmark = pytest.mark.slow

SEED = 20_261_121
ROUNDS = 3
ODD = [
    *("", " ", "\0", "é" * 300, "a" * 9_000, "-1", "1e309", "999999999999999999999"),
    *("null", "true", "{}", "[]", "%00", "%", "../../etc/passwd", "{{ 7 * 7 }}", "🙂"),
    *("<script>alert(1)</script>", "' OR 1=1 --", "\r\nSet-Cookie: a=b", "//evil.example", "https://evil.example"),
    *("0123456749", "BE 0123.456.749", "018f6f5e-0000-7000-8000-000000000001", "5000", "yes"),
    *("agent", "user", "paid", "confirm", "access"),
]
# The one would sign the visitor out, the other change the language of the next pages.
NOT_WHILE_SIGNED_IN = (("POST", "/sign-out"), ("POST", "/preferences"))
NAMES = ("number", "code", "amount", "email", "next", "request", "q", "step", "page", "token", "usage_mode", "name")
NOT_PAGES = (
    "/internal",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/static",
    "/api",
    "/oauth2/",
    "/.well-known",
    "/demo",
)
FIELDS = re.compile(r'name="([\w.]+)"')


def pages() -> list[tuple[str, str]]:
    """Method and path of each."""
    found = [(method, facts.path) for facts in routes_of(application("gateway")) for method in facts.methods]
    return sorted((m, p) for m, p in found if m in ("GET", "POST") and not p.startswith(NOT_PAGES))


def filled(path: str, story: Story, generator: random.Random) -> str:
    """Path parameters: now and then what exists, else something odd."""

    def value(match: re.Match[str]) -> str:
        real = {"organisation_id": story.organisation_id, "tool_id": "cadastrefinder", "action": "block"}
        name = match.group(1)
        return real[name] if name in real and generator.random() < 0.6 else quote(generator.choice(ODD[1:]), safe="")

    return re.sub(r"\{(\w+)(?::\w+)?\}", value, path)


@pytest.mark.parametrize(("method", "path"), [page for page in pages() if page not in NOT_WHILE_SIGNED_IN])
def test_a_page_answers_anything(method: str, path: str, story: Story, platform: Platform) -> None:
    generator = random.Random(f"{SEED} {method} {path}")
    browser = story.ada.browser
    browser.open("/profile")
    csrf = str(browser.page.select_one('input[name="csrf"]')["value"])  # pyright: ignore[reportOptionalSubscript]
    names = sorted({*FIELDS.findall(str(browser.page)), *NAMES})
    for _ in range(ROUNDS):
        address = filled(path, story, generator)
        values = {name: generator.choice(ODD) for name in generator.sample(names, k=5)}
        given = {"params": values} if method == "GET" else {"data": {**values, "csrf": csrf}}
        with browser.call(method, address, allow_redirects=False, stream=True, **given) as answer:
            # What goes on for as long as somebody listens is not read to its end.
            goes_on = answer.headers.get("content-type", "").startswith("text/event-stream")
            text = "" if goes_on else answer.text
        assert answer.status_code < 500, f"seed {SEED}: {method} {address} {values}: {text[:300]}"
        assert "<script>alert(1)" not in text
        onward = answer.headers.get("location", platform.origin)
        assert re.match(
            rf"/(?!/)|\?|{re.escape(platform.origin)}|{re.escape(platform.tool)}|{re.escape(platform.world)}", onward
        ), onward


def test_a_form_without_its_token_changes_nothing(story: Story, platform: Platform) -> None:
    browser = story.ada.browser
    for method, path in pages():
        if method != "POST" or path == "/preferences":
            continue
        answer = browser.call("POST", filled(path, story, random.Random(path)), data={}, allow_redirects=False)
        assert answer.status_code in (400, 403, 404, 422), f"{path} answered {answer.status_code}"
    browser.open("/organisations")
    assert browser.path == "/organisations"
