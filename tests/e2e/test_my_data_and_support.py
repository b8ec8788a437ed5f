"""A person fills in their own data; somebody of the support helps them."""

import io
import re

import pytest
from PIL import Image
from playwright.async_api import FilePayload, expect

from deploy.local.operator import call
from tests.e2e.conftest import Arrive
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def photo() -> FilePayload:
    """Blue on the left, white on the right."""
    image = Image.new("RGB", (1200, 800), "white")
    image.paste(Image.new("RGB", (600, 800), "navy"), (0, 0))
    file = io.BytesIO()
    image.save(file, "JPEG")
    return {"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


async def test_a_person_keeps_their_data_and_support_helps_on_the_record(arrive: Arrive) -> None:
    cleo = await arrive("Cleo", "Martens", "ipi")
    await _becomes_a_member(cleo)
    await _fills_in_the_data(cleo)
    await _crops_a_picture(cleo)
    dora = await arrive("Dora", "Baert", "fs323")
    await _becomes_a_member(dora)
    await _helps(dora, cleo)


async def _becomes_a_member(person: Visitor) -> None:
    await person.come_from_tool()
    await person.sign_up()
    await person.link_eid()


async def _fills_in_the_data(cleo: Visitor) -> None:
    page = cleo.page
    await page.goto(f"{cleo.platform.origin}/profile")
    await expect(page.locator("h1")).to_have_text("Cleo Martens")
    await expect(page.locator('[name="first_name"]')).to_have_count(0)
    await page.locator('[name="salutation"]').select_option("mx")
    await page.locator('button[name="add"][value="phones"]').click()
    await page.locator('[name="phones.0.number"]').fill("0471 23 45")
    await page.locator('button[name="add"][value="addresses"]').click()
    await expect(page.locator('[name="phones.0.number"]')).to_have_value("0471 23 45")
    await cleo.fill(
        **{
            "addresses.0.street": "Wetstraat",
            "addresses.0.number": "16",
            "addresses.0.postal_code": "1000",
            "addresses.0.city": "Brussel",
        }
    )
    await page.get_by_role("button", name=re.compile("^(Save|Enregistrer)$")).last.click()
    await expect(page.locator(".error-summary")).to_be_visible()
    await cleo.look("profile-errors")
    await page.locator('[name="phones.0.number"]').fill("0471 23 45 67")
    await page.get_by_role("button", name=re.compile("^(Save|Enregistrer)$")).last.click()
    await expect(page.locator(".toast")).to_be_visible()
    await expect(page.locator('[name="phones.0.number"]')).to_have_value("+32 471 23 45 67")
    await expect(page.locator('[name="salutation"]')).to_have_value("mx")
    await cleo.look("profile")


async def _crops_a_picture(cleo: Visitor) -> None:
    page = cleo.page
    await page.locator("#f-picture").set_input_files(photo())
    await expect(page.locator("[data-crop-tool]")).to_be_visible()
    await page.locator("[data-crop-zoom]").fill("2")
    await page.locator("[data-crop-x]").fill("0")
    await cleo.look("profile-crop")
    await cleo.press("/profile/picture")
    picture = page.locator("img.avatar")
    await expect(picture).to_be_visible()
    source = await picture.get_attribute("src")
    body = await (await page.request.get(f"{cleo.platform.origin}{source}")).body()
    kept = Image.open(io.BytesIO(body)).convert("RGB")
    assert (kept.size, kept.format) == ((512, 512), None)
    for where in ((20, 20), (490, 490)):
        red, _, blue = kept.getpixel(where)  # pyright: ignore[reportGeneralTypeIssues]
        assert red < 60 < blue, "only the blue left half was chosen"
    await cleo.look("profile-with-picture")


async def _helps(dora: Visitor, cleo: Visitor) -> None:
    """Appointed by the operator; signed in with the card, which is more than a password."""
    page = dora.page
    stack = dora.platform.stack
    await page.goto(f"{dora.platform.origin}/support")
    await expect(page.locator("h1")).not_to_have_text("Support")
    username = f"{dora.first_name}.{dora.tag}".lower()
    call(stack, "PUT", "identity", f"staff/{username}", {})
    await page.context.clear_cookies(name="immo_access")  # the next one says who works here
    await page.goto(f"{dora.platform.origin}/support")
    await dora.look("support")
    await dora.fill(query=cleo.email)
    await dora.press("/support")
    await dora.look("support-found")
    await page.locator('a[href*="/support/accounts/"]').first.click()
    await dora.fill(reason="Cleo called: ticket 4711")
    await dora.press("/support/accounts/")
    await expect(page.locator("main")).to_contain_text("ticket 4711")
    await dora.look("support-case")
    await page.locator('a[href$="/end-sessions"]').click()
    await dora.look("support-confirm")
    await dora.press("/end-sessions")
    await expect(page.locator(".toast")).to_be_visible()
    await cleo.page.context.clear_cookies(name="immo_access")
    await cleo.page.goto(f"{cleo.platform.origin}/profile")
    await cleo.at(r"/sign-in")
