"""The page's Web eID client and the virtual card, talking to each other in a real browser under a strict policy."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.tools.conftest import WorldProcess
from tests.tools.eid_page import Site
from tests.tools.test_virtual_cards import NONCE, check_signed_for, issue

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(world: WorldProcess) -> Iterator[Site]:
    site = Site(world)
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest_asyncio.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A page in a fresh browser session; whatever the policy forbids fails the test."""
    context = await chromium.new_context()
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    assert complaints == []


async def ask(page: Page, site: Site, path: str = "/en", **options: Any) -> None:
    await page.goto(site.url + path)
    await page.wait_for_selector("html[data-page=ready]", state="attached")
    await page.evaluate("options => window.ask(options)", {"nonce": NONCE, "timeout": 20_000, **options})


async def answer(page: Page) -> dict[str, Any]:
    return await page.evaluate("() => window.answer")


async def enter_pin(page: Page, pin: str) -> None:
    await page.get_by_role("textbox", name="PIN code of").fill(pin)
    await page.get_by_role("button", name="Confirm").click()


def newest_card(http: httpx.Client) -> dict[str, Any]:
    return http.get("/cards").json()[0]


@pytest.mark.parametrize("algorithm", ["ES384", "RS256"])
async def test_a_card_that_was_issued_signs_a_token_that_verifies(
    page: Page, site: Site, http: httpx.Client, algorithm: str
) -> None:
    card = issue(http, first_name="Zoë", algorithm=algorithm)
    await ask(page, site)
    await page.get_by_role("radio", name="Zoë Peeters").first.check()
    await page.get_by_role("button", name="Continue").click()
    await enter_pin(page, "1234")
    token = await answer(page)
    assert set(token) == {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
    assert token["unverifiedCertificate"] == card["certificate"]
    check_signed_for(token, origin=site.url)


async def test_a_person_makes_a_card_and_the_registry_learns_of_it(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http)
    await ask(page, site)
    await page.get_by_role("button", name="Make another card").click()
    await page.get_by_label("First name").fill("Lotte")
    await page.get_by_label("Last name").fill("Claes")
    await page.get_by_label("IPI/BIV number").check()
    await page.get_by_role("button", name="Make this card").click()
    await enter_pin(page, "1234")
    check_signed_for(await answer(page), origin=site.url)
    newest = newest_card(http)
    assert (newest["first_name"], newest["last_name"], newest["recognitions"]) == ("Lotte", "Claes", ["ipi"])


async def test_cancelling_is_told_as_the_persons_choice(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http)
    await ask(page, site)
    await page.get_by_role("button", name="Cancel").click()
    assert (await answer(page))["code"] == "ERR_WEBEID_USER_CANCELLED"
    await page.evaluate("nonce => window.ask({nonce})", NONCE)
    await page.get_by_role("dialog").wait_for()
    await page.keyboard.press("Escape")
    assert (await answer(page))["code"] == "ERR_WEBEID_USER_CANCELLED"
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_three_wrong_pins_block_the_card_for_the_session(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http, last_name="Blocked")
    await ask(page, site)
    await page.get_by_role("button", name="Continue").click()
    await enter_pin(page, "0000")
    await expect(page.get_by_role("alert")).to_have_text("Wrong PIN. Tries left: 2.")
    await page.get_by_role("button", name="Back").click()
    await page.get_by_role("button", name="Continue").click()
    await enter_pin(page, "1111")
    await expect(page.get_by_role("alert")).to_have_text("Wrong PIN. Tries left: 1.")
    await enter_pin(page, "2222")
    assert (await answer(page))["code"] == "ERR_WEBEID_NATIVE_FATAL"
    await ask(page, site)
    await page.get_by_role("button", name="Continue").click()
    assert (await answer(page))["code"] == "ERR_WEBEID_NATIVE_FATAL"


async def test_someone_who_does_nothing_runs_out_of_time(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http)
    await ask(page, site, timeout=300)
    assert (await answer(page))["code"] == "ERR_WEBEID_USER_TIMEOUT"


async def test_without_an_extension_the_client_says_so_within_seconds(page: Page, site: Site) -> None:
    await ask(page, site, "/en-bare")
    assert (await answer(page))["code"] == "ERR_WEBEID_EXTENSION_UNAVAILABLE"


async def test_a_second_request_waits_for_nobody_and_is_refused(page: Page, site: Site, http: httpx.Client) -> None:
    issue(http)
    await ask(page, site)
    assert (await page.evaluate("() => window.status_()"))["code"] == "ERR_WEBEID_ACTION_PENDING"
    await page.get_by_role("button", name="Cancel").click()
    assert (await answer(page))["code"] == "ERR_WEBEID_USER_CANCELLED"
    assert (await page.evaluate("() => window.status_()"))["nativeApp"] == "2.7.0+virtual"


async def test_an_extension_that_is_too_old_asks_for_an_update(page: Page, site: Site) -> None:
    await page.goto(site.url + "/en-bare")
    await page.evaluate("""() => window.addEventListener("message", ({data}) => {
        if (data.action !== "web-eid:status") return;
        window.postMessage({action: "web-eid:status-ack"});
        window.postMessage({action: "web-eid:status-success", extension: "1.0.3", nativeApp: "2.0.2"});
    })""")
    refused = await page.evaluate("() => window.status_()")
    assert refused["code"] == "ERR_WEBEID_VERSION_MISMATCH"
    assert refused["details"]["requiresUpdate"] == {"extension": True, "nativeApp": False}


async def test_an_answer_that_never_comes_ends_after_the_overall_time(page: Page, site: Site) -> None:
    await page.clock.install()
    await page.goto(site.url + "/en-bare")
    await page.evaluate("""() => window.addEventListener("message", ({data}) => {
        if (data.action === "web-eid:authenticate") window.postMessage({action: "web-eid:authenticate-ack"});
        if (data.action === "web-eid:authenticate-ack") document.documentElement.dataset.page = "acknowledged";
    })""")
    await page.wait_for_selector("html[data-page=ready]", state="attached")
    await page.evaluate("nonce => window.ask({nonce, timeout: 20_000})", NONCE)
    await page.wait_for_selector("html[data-page=acknowledged]", state="attached")
    await page.clock.run_for(26_000)
    assert (await answer(page))["code"] == "ERR_WEBEID_ACTION_TIMEOUT"


async def test_messages_of_another_window_are_not_believed(page: Page, site: Site) -> None:
    await page.goto(site.url + "/en-bare")
    await page.evaluate("""() => {
        const forged = new MessageEvent("message", {
            data: {action: "web-eid:status-success", extension: "9.0.0", nativeApp: "9.0.0"},
            origin: location.origin, source: null});
        window.addEventListener("message", () => window.dispatchEvent(forged), {once: true});
    }""")
    assert (await page.evaluate("() => window.status_()"))["code"] == "ERR_WEBEID_EXTENSION_UNAVAILABLE"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/fr", "Carte d’identité virtuelle"),
        ("/nl", "Virtuele identiteitskaart"),
        ("/de", "Virtueller Personalausweis"),
    ],
)
async def test_the_dialog_speaks_the_language_of_the_page(page: Page, site: Site, path: str, title: str) -> None:
    await ask(page, site, path)
    await expect(page.get_by_role("dialog", name=title)).to_be_visible()
