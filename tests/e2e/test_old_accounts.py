"""Somebody comes from older tools, on a phone and in German: one account is what they leave with."""

import asyncio
import csv
from collections.abc import AsyncIterator
from hashlib import md5
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from deploy.local.commands.import_accounts import Options, import_accounts
from tests.e2e.platform import Platform
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOOL, TOOL_NAME = "cibweb", "CIBweb"
OF_ONE_TOOL, OF_ANOTHER, OF_A_THIRD = "anke", "verwaltung", "vermietung"


@pytest_asyncio.fixture
async def anke(chromium: Browser, platform: Platform, tmp_path: Path) -> AsyncIterator[Visitor]:
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="de-BE", color_scheme="light", reduced_motion="reduce"
    )
    yield Visitor(await context.new_page(), platform, "Anke", "Schmitz", "ipi", tmp_path)
    await context.close()


async def test_old_accounts_become_one_on_a_german_phone(anke: Visitor, tmp_path: Path) -> None:
    await _brought_over(anke, tmp_path / "old.csv")
    await _upgrades(anke)
    await _attaches_from_the_inside(anke)
    await _attaches_when_coming_with_old_credentials(anke)
    await _old_credentials_are_over(anke)


def _username(anke: Visitor, name: str) -> str:
    return f"{name}.{anke.tag}"


def _password(anke: Visitor, name: str) -> str:
    """As weakly kept as older tools did, but good enough to go on with."""
    return f"{name} {anke.password}"


async def _brought_over(anke: Visitor, path: Path) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(["id", "username", "password_hash", "first_name", "last_name", "language"])
        for name in (OF_ONE_TOOL, OF_ANOTHER, OF_A_THIRD):
            weak_hash = md5(_password(anke, name).encode(), usedforsecurity=False).hexdigest()
            username = _username(anke, name)
            rows.writerow([username, username, weak_hash, anke.first_name, anke.last_name, "de"])
    options = Options(tool_id=TOOL, is_trusted=True, dry_run=False)
    refused = await asyncio.to_thread(import_accounts, anke.platform.stack.data, path, None, "utf-8", options)
    assert refused == 0


async def _signs_in(anke: Visitor, name: str) -> None:
    await anke.page.goto(f"{anke.platform.origin}/sign-in")
    await _gives(anke, name, "/sign-in")


async def _gives(anke: Visitor, name: str, action: str) -> None:
    await anke.fill(identifier=_username(anke, name), password=_password(anke, name))
    await anke.press(action)


async def _upgrades(anke: Visitor) -> None:
    """The username and the password stay, so only the address is missing."""
    page = anke.page
    await _signs_in(anke, OF_ONE_TOOL)
    await anke.at(r"/upgrade$")
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await expect(page.locator(".lead")).to_contain_text(TOOL_NAME)
    for known in ("first_name", "username", "password"):
        await expect(page.locator(f'main [name="{known}"]')).to_have_count(0)
    await anke.look("upgrade")
    await anke.press("/upgrade")
    await expect(page.locator("#e-email")).to_be_visible()
    await anke.look("upgrade-without-address")
    await anke.fill(email=anke.email)
    await anke.press("/upgrade")
    await anke.at(r"/activate$")
    await anke.fill(code=await anke.code())
    await anke.press("/activate")
    await anke.at(r"/eid$")


async def _attaches_from_the_inside(anke: Visitor) -> None:
    page = anke.page
    await page.goto(f"{anke.platform.origin}/old-accounts")
    await expect(page.locator("main .list > li")).to_have_count(1)
    await page.locator('main a[href="/old-accounts/attach"]').click()
    await anke.fill(identifier=_username(anke, OF_ANOTHER), password="not the old one")
    await anke.press("/old-accounts/attach")
    await expect(page.locator(".error-summary")).to_be_visible()
    await anke.look("attach-refused")
    await _gives(anke, OF_ANOTHER, "/old-accounts/attach")
    await expect(page.locator(".toast")).to_be_visible()
    await expect(page.locator("main .list > li")).to_have_count(2)
    await anke.look("old-accounts")


async def _attaches_when_coming_with_old_credentials(anke: Visitor) -> None:
    page = anke.page
    await page.context.clear_cookies()
    await _signs_in(anke, OF_A_THIRD)
    await anke.at(r"/upgrade$")
    await page.locator('main a[href*="next=/upgrade/attach"]').click()
    await anke.at(r"/sign-in\?next=")
    await _gives(anke, OF_ONE_TOOL, "/sign-in")
    await anke.at(r"/upgrade/attach$")
    await expect(page.locator(".lead")).to_contain_text(anke.last_name)
    await anke.look("attach-on-the-way")
    await anke.press("/upgrade/attach")
    await expect(page.locator(".toast")).to_be_visible()
    await page.goto(f"{anke.platform.origin}/old-accounts")
    await expect(page.locator("main .list > li")).to_have_count(3)
    await expect(page.locator("main .list")).to_contain_text(_username(anke, OF_A_THIRD))


async def _old_credentials_are_over(anke: Visitor) -> None:
    await anke.page.context.clear_cookies()
    for name in (OF_ANOTHER, OF_A_THIRD):
        await _signs_in(anke, name)
        await expect(anke.page.locator(".error-summary")).to_be_visible()
    await _signs_in(anke, OF_ONE_TOOL)
    await anke.at(r"/eid$")
