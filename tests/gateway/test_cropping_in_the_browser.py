"""A logo and a cover picture are cropped in the browser before they are sent."""

import io

import pytest
from PIL import Image
from playwright.async_api import expect

from shared.ids import new_id
from tests.gateway.browsing import on_a_phone
from tests.gateway.conftest import Gateway
from tests.gateway.test_organisation_pages import knows

pytestmark = pytest.mark.browser
RED, BLUE = (200, 0, 0), (0, 0, 200)


def red_and_blue() -> bytes:
    """Twice as wide as high; red on the left, blue on the right."""
    picture = Image.new("RGB", (800, 400), RED)
    picture.paste(BLUE, (400, 0, 800, 400))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


async def test_what_is_chosen_of_a_picture_is_what_is_sent(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    organisation = gateway.peers["organisation"]
    sizes = {"logo": (512, 512), "cover": (1600, 400)}
    for kind in sizes:
        organisation.answers[f"PUT /api{path}/pictures/{kind}"] = (200, {"picture": str(new_id())})
    async with on_a_phone(gateway) as desk:
        for kind, size in sizes.items():
            await desk.page.goto(f"{desk.origin}{path}/pictures")
            form = desk.page.locator(f'form[action$="/pictures/{kind}"]')
            chosen = {"name": "a.png", "mimeType": "image/png", "buffer": red_and_blue()}
            await form.locator("input[type=file]").set_input_files([chosen])
            await form.locator("[data-crop-zoom]").fill("2")
            await form.locator("[data-crop-x]").fill("1")
            await form.locator("button.button:not([formaction])").click()
            await expect(desk.page.locator(".toast")).to_be_visible()
            sent = [one for one in organisation.asked if one.method == "PUT"][-1]
            assert sent.url.path.endswith(f"/pictures/{kind}")
            picture = Image.open(io.BytesIO(sent.content)).convert("RGB")
            assert picture.size == size
            # The right half of a picture that is shown twice as large: nothing red is left.
            assert max(red for red, _, _ in (picture.getpixel((x, size[1] // 2)) for x in (2, size[0] - 2))) < 60


async def test_what_is_no_picture_is_said_before_it_is_sent(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    async with on_a_phone(gateway) as desk:
        await desk.page.goto(f"{desk.origin}{path}/pictures")
        form = desk.page.locator('form[action$="/pictures/logo"]')
        await form.locator("input[type=file]").set_input_files(
            [{"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}]
        )
        await expect(form.locator("[data-crop-unreadable]")).to_be_visible()
        await expect(form.locator("canvas")).to_be_hidden()
