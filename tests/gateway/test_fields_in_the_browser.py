"""What is wrong with a field is said as one leaves it, in the server's words; a form is sent when nothing is, and once."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from services import gateway
from shared.i18n import LANGUAGES, translator
from tests.gateway.shown import ORIGIN, show

pytestmark = pytest.mark.browser

ROOT = Path(gateway.__file__).parents[2]
SAID_ELSEWHERE = {
    "A password has at least {min_length} characters.": "services/identity",
    "A username has at least {min_length} characters.": "services/identity",
    "Enter this name as it stands on your identity card.": "services/identity",
    "This is not a valid e-mail address.": "services/identity",
    "This is not an e-mail address. An address looks like name@example.be.": "services/organisation",
    "Fill this in, or remove the whole entry.": "shared",
    "This field is required.": "shared",
    "Use at least {min_length} characters.": "shared",
}
VALUES = {
    "first_name": "Nora",
    "last_name": "Peeters",
    "username": "nora.peeters",
    "email": "nora@example.be",
    "password": "velvet otter moon",
    "password_again": "velvet otter moon",
}


@pytest_asyncio.fixture
async def sign_up(page: Page) -> AsyncIterator[Page]:
    await show(page, "sign-up", "fr")
    yield page


def field(page: Page, name: str) -> Any:
    return page.locator(f'main [name="{name}"]')


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_of_a_field_what_the_service_says(language: str) -> None:
    here = translator(Path(gateway.__file__).parent, language)
    for sentence, folder in SAID_ELSEWHERE.items():
        assert here.gettext(sentence) == translator(ROOT / folder, language).gettext(sentence), sentence
        assert language == "en" or here.gettext(sentence) != sentence


def test_those_are_all_the_sentences_that_pages_say_of_fields() -> None:
    """Besides the gateway's own, which its code says too."""
    folder = Path(gateway.__file__).parent
    own = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    said: set[str] = set()
    for path in (folder / "templates").rglob("*.html"):
        said |= set(re.findall(r'data-(?:wrong|missing|short|email)(?:": |=")(?:\{\{ )?_\("([^"]+)"', path.read_text()))
    assert {sentence for sentence in said if f'"{sentence}"' not in own} == SAID_ELSEWHERE.keys()


async def test_a_message_appears_as_one_leaves_the_field_and_goes_once_it_is_right(sign_up: Page) -> None:
    email = field(sign_up, "email")
    await email.fill("nora@")
    await expect(sign_up.locator("#e-email")).to_have_count(0)
    await email.press("Tab")
    await expect(sign_up.locator("#e-email")).to_contain_text("Cette adresse e-mail n’est pas valable.")
    await expect(email).to_have_attribute("aria-invalid", "true")
    assert "e-email" in (await email.get_attribute("aria-describedby") or "")
    await email.fill("nora@example.be")
    await expect(sign_up.locator("#e-email")).to_have_count(0)
    assert "e-email" not in (await email.get_attribute("aria-describedby") or "")


async def test_whoever_only_passes_a_field_is_not_told_off(sign_up: Page) -> None:
    await field(sign_up, "first_name").focus()
    await sign_up.keyboard.press("Tab")
    await expect(sign_up.locator("main .error")).to_have_count(0)


async def test_what_is_missing_stands_above_the_form_and_leads_to_its_field(sign_up: Page) -> None:
    await field(sign_up, "username").fill("nora")
    await sign_up.locator("main form .button-wide").click()
    summary = sign_up.locator(".error-summary")
    await expect(summary).to_be_focused()
    await expect(summary.locator("li")).to_have_count(5)
    await expect(summary).to_contain_text("Un nom d’utilisateur compte au moins 6 caractères.")
    await summary.locator("a").first.press("Enter")
    await expect(field(sign_up, "first_name")).to_be_focused()
    await expect(field(sign_up, "username")).to_have_value("nora")


async def test_passwords_that_differ_are_told_apart_before_they_are_sent(sign_up: Page) -> None:
    await field(sign_up, "password").fill("velvet otter moon")
    await field(sign_up, "password_again").fill("velvet otter")
    await field(sign_up, "password_again").press("Tab")
    message = sign_up.locator("#e-password_again")
    await expect(message).to_be_visible()
    await field(sign_up, "password").fill("velvet otter")
    await expect(message).to_have_count(0)


async def test_a_form_in_order_is_sent_once_however_often_one_presses(sign_up: Page) -> None:
    sent: list[str] = []

    async def take(route: Route) -> None:
        sent.append(route.request.post_data or "")
        await route.fulfill(status=204)  # the page stays, as after a download

    await sign_up.route(f"{ORIGIN}/sign-up**", take)
    for name, value in VALUES.items():
        await field(sign_up, name).fill(value)
    button = sign_up.locator("main form .button-wide")
    await button.evaluate("button => { button.click(); button.click(); button.click(); }")
    await expect(button).to_have_attribute("aria-busy", "true")
    await expect(button).to_be_enabled()
    await sign_up.wait_for_timeout(0)
    assert len([one for one in sent if "nora.peeters" in one]) == 1
    await sign_up.unroute(f"{ORIGIN}/sign-up**")
