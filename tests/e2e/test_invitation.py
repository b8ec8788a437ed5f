"""Somebody without an account is invited by mail, and is a colleague a few steps later; the manager reads all of it afterwards."""

import re

import httpx
import pytest
from playwright.async_api import expect

from deploy.local.demo.people import enterprise_number
from tests.e2e.conftest import Arrive
from tests.e2e.visitor import Visitor
from tests.support.events import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINK = re.compile(r"\S+/invitations/[A-Za-z0-9_-]{20,}")


async def test_an_invitation_by_mail_leads_to_an_account_and_into_the_organisation(arrive: Arrive) -> None:
    ada = await arrive("Ada", "Lindeman", "ipi")
    organisation = await _ada_has_an_agency(ada)
    bram = await arrive("Bram", "Wouters", "fs323")
    await _ada_invites(ada, organisation, bram)
    await _bram_accepts(bram)
    await _ada_reads_the_history(ada, organisation)


async def _ada_has_an_agency(ada: Visitor) -> str:
    """The path of its pages."""
    await ada.page.goto(f"{ada.platform.origin}/sign-in")
    await ada.sign_up()
    number = enterprise_number()
    await ada.page.goto(f"{ada.platform.origin}/organisations/new?number={number}")
    await ada.fill(name="Agence Lindeman", email=ada.email, **{"employee.email": ada.email})
    street = {"street": "Rue Haute", "number": "1", "postal_code": "1000", "city": "Bruxelles"}
    await ada.fill(**{f"address.{name}": value for name, value in street.items()})
    await ada.press("/organisations/new")
    await ada.at(r"/organisations/[0-9a-f-]{36}/tools")
    return re.findall(r"/organisations/[0-9a-f-]{36}", ada.page.url)[0]


async def _ada_invites(ada: Visitor, organisation: str, bram: Visitor) -> None:
    await ada.page.goto(f"{ada.platform.origin}{organisation}/invitations")
    await ada.look("invitations-none")
    await ada.page.locator('main a[href$="/invitations/new"]').click()
    await ada.fill(email=bram.email)
    await ada.look("invite")
    await ada.press("/invitations/new")
    await ada.at(r"/invitations$")
    await expect(ada.page.locator("main")).to_contain_text(bram.email)
    await ada.look("invitations")


async def _bram_accepts(bram: Visitor) -> None:
    await bram.page.goto(await _link_to(bram))
    await bram.at(r"/invitation$")
    await expect(bram.page.locator("h1")).to_contain_text("Agence Lindeman")
    await bram.look("invited")
    await bram.page.locator('main a[href="/sign-up"]').click()
    await expect(bram.page.locator('main [name="email"]')).to_have_value(bram.email)
    await bram.fill(first_name=bram.first_name, last_name=bram.last_name)
    username = bram.page.locator('main [name="username"]')
    await expect(username).not_to_have_value("")
    await username.fill(f"{bram.first_name}.{bram.tag}".lower())
    await bram.fill(password=bram.password, password_again=bram.password)
    await bram.press("/sign-up")
    await bram.at(r"/activate")
    await bram.fill(code=await bram.code())
    await bram.press("/activate")
    await bram.at(r"/invitation$")
    await bram.look("invited-signed-in")
    await bram.press("/invitation/accept")
    await bram.at(r"/eid")
    await bram.page.goto(f"{bram.platform.origin}/organisations")

    async def shows_it() -> bool:
        await bram.page.reload()
        return await bram.page.locator(".organisation-card", has_text="Agence Lindeman").count() == 1

    await until(shows_it, what="the organisation among Bram's")


async def _ada_reads_the_history(ada: Visitor, organisation: str) -> None:
    await ada.page.goto(f"{ada.platform.origin}{organisation}/history")
    await expect(ada.page.locator("tbody tr")).to_have_count(3)
    await expect(ada.page.locator("tbody")).to_contain_text("Bram Wouters")
    await ada.look("history")
    async with ada.page.expect_download() as downloading:
        await ada.page.locator('main a[href*="/history.csv"]').click()
    file = await (await downloading.value).path()
    assert file.read_bytes().count(b"\r\n") == 4


async def _link_to(bram: Visitor) -> str:
    found: list[str] = []

    async def arrived() -> bool:
        async with httpx.AsyncClient() as http:
            path = f"{bram.platform.world}/mail/api/messages"
            mails = (await http.get(path, params={"to": bram.email})).json()
        found.extend(link for mail in mails for link in LINK.findall(mail["text"]))
        return bool(found)

    await until(arrived, what="the mail that invites")
    return found[0]
