"""The page's Web eID client and the virtual card, talking to each other in a real browser under a strict policy."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.tools.conftest import ROOT, WorldProcess
from tests.tools.test_virtual_cards import NONCE, check_signed_for, issue

pytestmark = pytest.mark.browser

STATIC = ROOT / "services" / "gateway" / "static"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"
PAGE = """<!doctype html><html lang="{language}"><title>page</title><main><button>Start</button></main>
{card}<script type="module" src="/page.js"></script></html>"""
CARD = '<script type="module" src="/static/demo/virtual-card.js"></script>'
SCRIPT = """
import { authenticate, status } from "/static/web-eid.js";
const told = (promise) => promise.catch(({ code, details }) => ({ code, details }));
window.ask = (options) => { window.answer = told(authenticate(options)); };
window.status_ = () => told(status());
document.documentElement.dataset.page = "ready";
"""
TYPES = {"js": "text/javascript", "css": "text/css"}


class Site:
    """A page as the gateway would serve it: with the virtual card, or without any extension at all."""

    def __init__(self, world: WorldProcess) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/demo/cards":
                    self.reply(httpx.get(f"{world.url}/cards", trust_env=False).content, "application/json")
                elif path == "/page.js":
                    self.reply(SCRIPT.encode(), TYPES["js"])
                elif path.startswith("/static/"):
                    self.reply((STATIC / path.removeprefix("/static/")).read_bytes(), TYPES[path.rpartition(".")[2]])
                else:
                    page = PAGE.format(language=path.strip("/")[:2] or "en", card="" if "bare" in path else CARD)
                    self.reply(page.encode(), "text/html")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {"content-type": "application/json"}
                issued = httpx.post(f"{world.url}/cards", content=body, headers=headers, trust_env=False)
                self.reply(issued.content, "application/json")

            def reply(self, content: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-security-policy", POLICY)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def site(world: WorldProcess) -> Iterator[Site]:
    site = Site(world)
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh browser session; whatever the policy forbids fails the test."""
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def ask(page: Page, site: Site, path: str = "/en", **options: Any) -> None:
    page.goto(site.url + path)
    page.wait_for_selector("html[data-page=ready]", state="attached")
    page.evaluate("options => window.ask(options)", {"nonce": NONCE, "timeout": 20_000, **options})


def answer(page: Page) -> dict[str, Any]:
    return page.evaluate("() => window.answer")


def enter_pin(page: Page, pin: str) -> None:
    page.get_by_role("textbox", name="PIN code of").fill(pin)
    page.get_by_role("button", name="Confirm").click()


@pytest.mark.parametrize("algorithm", ["ES384", "RS256"])
def test_a_card_that_was_issued_signs_a_token_that_verifies(
    page: Page, site: Site, http: httpx.Client, algorithm: str
) -> None:
    card = issue(http, first_name="Zoë", algorithm=algorithm)
    ask(page, site)
    page.get_by_role("radio", name="Zoë Peeters").first.check()
    page.get_by_role("button", name="Continue").click()
    enter_pin(page, "1234")
    token = answer(page)
    assert set(token) == {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
    assert token["unverifiedCertificate"] == card["certificate"]
    check_signed_for(token, origin=site.url)


def test_a_person_makes_a_card_and_the_registry_learns_of_it(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http)
    ask(page, site)
    page.get_by_role("button", name="Make another card").click()
    page.get_by_label("First name").fill("Lotte")
    page.get_by_label("Last name").fill("Claes")
    page.get_by_label("IPI/BIV number").check()
    page.get_by_role("button", name="Make this card").click()
    enter_pin(page, "1234")
    check_signed_for(answer(page), origin=site.url)
    newest = http.get("/cards").json()[0]
    assert (newest["first_name"], newest["last_name"], newest["recognitions"]) == ("Lotte", "Claes", ["ipi"])


def test_cancelling_is_told_as_the_persons_choice(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http)
    ask(page, site)
    page.get_by_role("button", name="Cancel").click()
    assert answer(page)["code"] == "ERR_WEBEID_USER_CANCELLED"
    page.evaluate("nonce => window.ask({nonce})", NONCE)
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    assert answer(page)["code"] == "ERR_WEBEID_USER_CANCELLED"
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_three_wrong_pins_block_the_card_for_the_session(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http, last_name="Blocked")
    ask(page, site)
    page.get_by_role("button", name="Continue").click()
    enter_pin(page, "0000")
    expect(page.get_by_role("alert")).to_have_text("Wrong PIN. Tries left: 2.")
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Continue").click()
    enter_pin(page, "1111")
    expect(page.get_by_role("alert")).to_have_text("Wrong PIN. Tries left: 1.")
    enter_pin(page, "2222")
    assert answer(page)["code"] == "ERR_WEBEID_NATIVE_FATAL"
    ask(page, site)
    page.get_by_role("button", name="Continue").click()
    assert answer(page)["code"] == "ERR_WEBEID_NATIVE_FATAL"


def test_someone_who_does_nothing_runs_out_of_time(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http)
    ask(page, site, timeout=300)
    assert answer(page)["code"] == "ERR_WEBEID_USER_TIMEOUT"


def test_without_an_extension_the_client_says_so_within_seconds(page: Page, site: Site) -> None:
    ask(page, site, "/en-bare")
    assert answer(page)["code"] == "ERR_WEBEID_EXTENSION_UNAVAILABLE"


def test_a_second_request_waits_for_nobody_and_is_refused(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http)
    ask(page, site)
    assert page.evaluate("() => window.status_()")["code"] == "ERR_WEBEID_ACTION_PENDING"
    page.get_by_role("button", name="Cancel").click()
    assert answer(page)["code"] == "ERR_WEBEID_USER_CANCELLED"
    assert page.evaluate("() => window.status_()")["nativeApp"] == "2.7.0+virtual"


def test_an_extension_that_is_too_old_asks_for_an_update(page: Page, site: Site) -> None:
    page.goto(site.url + "/en-bare")
    page.evaluate("""() => window.addEventListener("message", ({data}) => {
        if (data.action !== "web-eid:status") return;
        window.postMessage({action: "web-eid:status-ack"});
        window.postMessage({action: "web-eid:status-success", extension: "1.0.3", nativeApp: "2.0.2"});
    })""")
    refused = page.evaluate("() => window.status_()")
    assert refused["code"] == "ERR_WEBEID_VERSION_MISMATCH"
    assert refused["details"]["requiresUpdate"] == {"extension": True, "nativeApp": False}


def test_an_answer_that_never_comes_ends_after_the_overall_time(page: Page, site: Site) -> None:
    page.clock.install()
    ask(page, site, "/en-bare")
    page.evaluate("""() => {
        window.addEventListener("message", ({data}) => {
            if (data.action === "web-eid:authenticate") window.postMessage({action: "web-eid:authenticate-ack"});
        });
    }""")
    page.clock.run_for(1_500)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    page.clock.run_for(26_500)
    assert answer(page)["code"] == "ERR_WEBEID_ACTION_TIMEOUT"


def test_messages_of_another_window_are_not_believed(page: Page, site: Site) -> None:
    page.goto(site.url + "/en-bare")
    page.evaluate("""() => {
        const forged = new MessageEvent("message", {
            data: {action: "web-eid:status-success", extension: "9.0.0", nativeApp: "9.0.0"},
            origin: location.origin, source: null});
        window.addEventListener("message", () => window.dispatchEvent(forged), {once: true});
    }""")
    assert page.evaluate("() => window.status_()")["code"] == "ERR_WEBEID_EXTENSION_UNAVAILABLE"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/fr", "Carte d’identité virtuelle"),
        ("/nl", "Virtuele identiteitskaart"),
        ("/de", "Virtueller Personalausweis"),
    ],
)
def test_the_dialog_speaks_the_language_of_the_page(page: Page, site: Site, path: str, title: str) -> None:
    ask(page, site, path)
    expect(page.get_by_role("dialog", name=title)).to_be_visible()
