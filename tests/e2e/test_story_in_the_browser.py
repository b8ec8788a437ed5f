"""The main story as two people live it: once in English on a desktop, once in French on a phone."""

import re

import pytest
from playwright.async_api import expect

from deploy.local.demo.people import enterprise_number
from tests.e2e.conftest import Arrive
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_two_people_live_the_main_story(arrive: Arrive) -> None:
    ada = await arrive("Ada", "Lindeman", "ipi")
    organisation_id = await _ada_opens_her_agency(ada)
    await _ada_tops_up_and_buys(ada, organisation_id)
    bram = await arrive("Bram", "Wouters", "fs323")
    await _bram_asks_to_join(bram, organisation_id, ada)
    await _ada_confirms(ada, organisation_id, bram)
    await _start(bram)
    await _ada_blocks(ada, organisation_id, bram)


async def _ada_opens_her_agency(ada: Visitor) -> str:
    await ada.come_from_tool()
    await ada.look("sign-in")
    await ada.sign_up()
    await ada.link_eid()
    await ada.page.goto(f"{ada.platform.origin}/recognitions")
    await expect(ada.page.locator("main")).to_contain_text("IPI", timeout=20_000)
    await ada.look("recognitions")
    await ada.come_from_tool()
    await ada.at(r"/select\?")
    await ada.look("selection-empty")
    await ada.page.locator('main a[href*="/organisations/find"]').first.click()
    number = enterprise_number()
    await ada.look("find-organisation")
    await ada.fill(number=f"BE {number[:4]}.{number[4:7]}.{number[7:]}")
    await ada.page.locator('main form[action*="/organisations/find"] button').click()
    await ada.page.wait_for_load_state()
    if "/organisations/new" not in ada.page.url:
        await ada.page.locator('main a[href*="/organisations/new"]').click()
    await expect(ada.page.locator('[name="name"]')).not_to_have_value("")
    await ada.fill(email=f"info.{ada.tag}@example.com", **{"employee.email": ada.email})
    await ada.look("create-organisation")
    await ada.press("/organisations/new")
    await ada.at(r"/tools/cadastrefinder/register")
    organisation_id = re.findall(r"/organisations/([0-9a-f-]{36})", ada.page.url)[0]
    await ada.page.locator('[name="usage_mode"][value="agent"]').check()
    await ada.look("register-mode")
    await ada.page.locator('main form[action*="/register/terms"] button').click()
    await ada.page.locator('[name="accept"]').check()
    await ada.look("register-terms")
    await ada.press("/tools/cadastrefinder/register")
    await ada.at(r"/registered/")
    await ada.look("registered")
    await _start(ada)
    return organisation_id


async def _start(person: Visitor) -> None:
    await person.come_from_tool()
    await person.at(r"/select\?")
    start = person.page.locator('form[action*="/select/start"] button[name]')
    for _ in range(40):
        if await start.count():
            break
        await person.page.wait_for_timeout(250)
        await person.page.reload()
    await person.look("selection")
    await start.first.click()
    await person.page.wait_for_url(f"{person.platform.tool}/**")
    await expect(person.page.locator("body")).to_contain_text(person.first_name)
    await person.page.screenshot(path=person.pictures / "tool.png", full_page=True)


async def _ada_tops_up_and_buys(ada: Visitor, organisation_id: str) -> None:
    wallet = f"{ada.platform.origin}/organisations/{organisation_id}/wallet"
    await ada.page.goto(wallet)
    await ada.look("wallet-empty")
    await ada.page.goto(f"{wallet}/top-up")
    await ada.page.locator('[name="amount"][value="5000"]').check()
    await ada.press("/wallet/top-ups")
    await ada.page.locator('button[value="paid"]').click()
    await ada.at(r"/organisations/.*/wallet")
    await ada.look("top-up-return")
    buy = "{method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({order_id: '%s'})}"
    await ada.page.goto(f"{ada.platform.tool}/")
    for order, status in (("a", 200), ("a", 200), ("b", 200), ("c", 402)):
        options = buy % f"{ada.tag}-{order}"
        answered = await ada.page.evaluate(f"fetch('/api/extracts', {options}).then(answer => answer.status)")
        assert answered // 100 == status // 100, f"order {order} answered {answered}"
    await ada.page.goto(wallet)
    await expect(ada.page.locator("main")).to_contain_text(re.compile(r"4[.,]02"), timeout=10_000)
    await ada.look("wallet")


async def _bram_asks_to_join(bram: Visitor, organisation_id: str, ada: Visitor) -> None:
    await bram.come_from_tool()
    await bram.sign_up()
    await bram.link_eid()
    await ada.page.goto(f"{ada.platform.origin}/organisations/{organisation_id}/employees")
    number = re.sub(r"\D", "", await ada.page.locator(".organisation-head .number").inner_text())
    await bram.page.goto(f"{bram.platform.origin}/organisations/find?number={number}")
    await bram.look("found-organisation")
    if not bram.page.url.endswith("/join"):
        await bram.page.locator('main a[href*="/join"]').first.click()
    await bram.fill(email=bram.email)
    await bram.look("ask-to-join")
    await bram.press("/join")
    await expect(bram.page.locator("main")).to_contain_text("Ada Lindeman")
    await bram.look("asked-to-join")
    await bram.page.goto(f"{bram.platform.origin}/organisations")
    await bram.look("my-organisations")


async def _ada_confirms(ada: Visitor, organisation_id: str, bram: Visitor) -> None:
    await ada.page.goto(f"{ada.platform.origin}/organisations/{organisation_id}/employees?filter=awaiting")
    await ada.look("employees-awaiting")
    await ada.page.locator('main a[href$="/confirm"]').first.click()
    await ada.look("confirm-data")
    await ada.press("/confirm", value="access")
    await ada.page.locator('[name^="access."][value="user"]').check()
    await ada.look("confirm-access")
    await ada.press("/confirm", value="confirm")
    await ada.at(r"/employees")
    await ada.page.goto(f"{ada.platform.origin}/organisations/{organisation_id}/employees")
    await expect(ada.page.locator("main")).to_contain_text("Bram Wouters")
    await ada.look("employees")


async def _ada_blocks(ada: Visitor, organisation_id: str, bram: Visitor) -> None:
    """Bram's session in the tool ends while he looks at it; his selection screen says why he cannot start."""
    await ada.page.goto(f"{ada.platform.origin}/organisations/{organisation_id}/employees")
    await ada.page.get_by_role("link", name="Bram Wouters").first.click()
    await ada.look("employee")
    await ada.page.locator('main a[href$="/block"]').first.click()
    await ada.look("block")
    await ada.press("/block")
    await ada.at(r"/employees")
    who = "fetch('/api/session').then(answer => answer.json()).then(session => !session.signed_in)"
    await bram.page.wait_for_function(f"async () => await {who}", timeout=2_000, polling=100)
    # A new tab: the tool's page has noticed the end too, and is loading itself anew at this moment.
    bram.page = await bram.page.context.new_page()
    await bram.come_from_tool()
    await bram.look("selection-blocked")
    await expect(bram.page.locator('form[action*="/select/start"] button[name]')).to_have_count(0)
