"""From the sign-in page into a tool as an organisation, and what opens and closes on the way, without ever touching a pointer."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from deploy.local.demo.browser import Browser as PlainBrowser
from deploy.local.demo.story import Story
from tests.e2e.keyboard import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ACCOUNT_MENU = "details.menu:has(.avatar)"
PAGES = (
    "/organisations",
    "/tools",
    "/recognitions",
    "/profile",
    "/security",
    "/notifications",
    "/help",
    "/help/contact",
    "/organisations/{organisation_id}",
    "/organisations/{organisation_id}/data",
    "/organisations/{organisation_id}/employees",
    "/organisations/{organisation_id}/tools/cadastrefinder/access",
    "/organisations/{organisation_id}/wallet",
    "/organisations/{organisation_id}/wallet/transactions",
)


@pytest_asyncio.fixture(params=(1280, 390))
async def keys(request: pytest.FixtureRequest, chromium: Browser) -> AsyncIterator[Keyboard]:
    context = await chromium.new_context(
        viewport={"width": request.param, "height": 800}, locale="en-BE", reduced_motion="reduce"
    )
    yield Keyboard(await context.new_page())
    await context.close()


async def signs_in(keys: Keyboard, story: Story, address: str) -> None:
    await keys.page.goto(address)
    await keys.tab_to("#f-identifier")
    await keys.type(story.ada.username)
    await keys.tab_to("#f-password")
    await keys.type(story.ada.password)
    await keys.press("Enter")
    await keys.page.wait_for_url(lambda url: "/sign-in" not in url)


async def gives_card(keys: Keyboard, story: Story) -> None:
    """In the dialog of the virtual card: chosen by arrows, its PIN typed."""
    page = keys.page
    await keys.tab_to("[data-eid-start]")
    await keys.press("Enter")
    await page.locator("dialog [name=card]").first.wait_for()
    cards = await page.locator("dialog [name=card]").count()
    own = f'dialog [name=card][value="{story.ada.card["card_id"]}"]'
    for _ in range(cards):
        if await page.locator(own).is_checked():
            break
        await keys.press("ArrowDown")
    assert await keys.is_on(own)
    await keys.press("Enter")
    await page.locator("dialog [name=pin]").wait_for()
    await keys.type(str(story.ada.card["pin"]))
    await keys.press("Enter")


async def test_from_the_sign_in_page_into_a_tool_as_an_organisation(keys: Keyboard, story: Story) -> None:
    page = keys.page
    await page.goto(f"{story.tool}/")
    await page.locator('main a[href="/sign-in"]').focus()
    await keys.press("Enter")
    await page.wait_for_url(lambda url: "/sign-in?" in url)
    await keys.press("Tab")
    assert await keys.is_on(".skip")
    assert (await keys.focus() or {})["isInSight"]
    await keys.press("Enter", "Tab")
    assert await page.evaluate("document.querySelector('main').contains(document.activeElement)")
    await keys.tab_to("#f-password")
    await keys.press("Enter")  # nothing was typed
    assert await keys.is_on(".error-summary")
    await keys.tab_to('.error-summary a[href="#f-identifier"]')
    await keys.press("Enter")
    assert await keys.is_on("#f-identifier")
    await keys.type(story.ada.username)
    await keys.tab_to("#f-password")
    await keys.type("not the password")
    await keys.press("Enter")
    await expect(page.locator(".error-summary")).to_be_focused()
    await keys.tab_to("#f-password")
    await keys.type(story.ada.password)
    await keys.press("Enter")
    await page.wait_for_url(lambda url: "/eid?" in url)
    await gives_card(keys, story)
    await page.wait_for_url(lambda url: "/select?" in url)
    await keys.tab_to('form[action*="/select/start"] button[name="registration"]')
    await keys.press("Enter")
    await page.wait_for_url(f"{story.tool}/**")
    await expect(page.locator("body")).to_contain_text("Ada")


async def test_menus_open_and_close_and_give_the_focus_back(keys: Keyboard, story: Story) -> None:
    page = keys.page
    await signs_in(keys, story, f"{story.origin}/sign-in?next=/organisations")
    menu = page.locator(ACCOUNT_MENU)
    await keys.tab_to(f"{ACCOUNT_MENU} > summary")
    for opening in ("Enter", "Space"):
        await keys.press(opening)
        await expect(menu).to_have_attribute("open", "")
        await keys.press("Tab")
        assert await keys.is_on(f'{ACCOUNT_MENU} a[href="/profile"]')
        await keys.press("Escape")
        await expect(menu).not_to_have_attribute("open", "")
        assert await keys.is_on(f"{ACCOUNT_MENU} > summary")
    await keys.press("Enter", "Shift+Tab")  # whoever goes on leaves no menu open over the page
    await expect(menu).not_to_have_attribute("open", "")
    await keys.tab_to(f"{ACCOUNT_MENU} > summary")
    await keys.press("Enter")
    await keys.tab_to("main *")
    await expect(menu).not_to_have_attribute("open", "")


async def test_every_page_is_walked_forth_and_back_in_order_and_holds_nobody(keys: Keyboard, story: Story) -> None:
    await signs_in(keys, story, f"{story.origin}/sign-in?next=/organisations")
    for path in PAGES:
        await keys.page.goto(f"{story.origin}{path.format(organisation_id=story.organisation_id)}")
        forth = await keys.walk()
        assert "Skip" in forth[0], path
        assert len(forth) > 8, path
        back = await keys.walk(key="Shift+Tab")
        assert sorted(back) == sorted(forth), path


async def test_the_card_dialog_keeps_the_focus_and_leaves_it_where_it_is_told_what_happened(
    keys: Keyboard, story: Story
) -> None:
    page = keys.page
    await page.goto(f"{story.origin}/sign-in/card")
    await keys.tab_to("[data-eid-start]")
    await keys.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.locator("form").wait_for()
    for _ in range(30):
        assert await page.evaluate(
            "document.querySelector('dialog').contains(document.activeElement) || document.activeElement === document.body"
        )
        await keys.press("Tab")
    await keys.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.locator("[data-eid-case]:visible h2")).to_be_focused()
    await keys.tab_to("[data-eid-start]")


async def test_folds_open_and_close_by_space(keys: Keyboard, story: Story) -> None:
    await signs_in(
        keys, story, f"{story.origin}/sign-in?next=/organisations/{story.organisation_id}/wallet/transactions"
    )
    fold = keys.page.locator("main details").first
    await keys.tab_to("main details > summary")
    await keys.press("Space")
    await expect(fold).to_have_attribute("open", "")
    await keys.press("Space")
    await expect(fold).not_to_have_attribute("open", "")
    assert await keys.is_on("main details > summary")


async def test_what_was_typed_when_the_session_ended_is_there_again_and_sent_by_hand(
    keys: Keyboard, story: Story
) -> None:
    page = keys.page
    data = f"{story.origin}/organisations/{story.organisation_id}/data"
    await signs_in(keys, story, f"{story.origin}/sign-in?next=/organisations/{story.organisation_id}/data")
    words = "We open on <Saturdays> & let houses.\nRing twice."
    await keys.tab_to("#f-description")
    await keys.press("Control+A")
    await page.keyboard.insert_text(words)
    await end_session(page, story)
    await keys.tab_to("main form[data-guard] > .form-end button.button:not([name])")
    await keys.press("Enter")
    await page.wait_for_url(lambda url: "/sign-in?" in url)
    await expect(page.locator(".toast")).to_contain_text("nothing was sent")
    await keys.tab_to("#f-identifier")
    await keys.type(story.ada.username)
    await keys.tab_to("#f-password")
    await keys.type(story.ada.password)
    await keys.press("Enter")
    await page.wait_for_url(data)
    await expect(page.locator("#f-description")).to_have_value(words)
    await expect(page.locator("main")).to_contain_text("What you typed stands here again")
    await keys.tab_to("main form[data-guard] > .form-end button.button:not([name])")
    await keys.press("Enter")
    await page.wait_for_url(f"{story.origin}/organisations/{story.organisation_id}")
    await expect(page.locator("main")).to_contain_text("We open on <Saturdays> & let houses.")
    await page.goto(data)
    await expect(page.locator("#f-description")).to_have_value(words)
    await expect(page.locator("main")).not_to_contain_text("What you typed stands here again")


async def end_session(page: Page, story: Story) -> None:
    """At identity, and past the minutes for which the browser's access token would still be believed."""
    other = PlainBrowser(story.origin)
    for cookie in await page.context.cookies():
        other.session.cookies.set(str(cookie.get("name")), cookie.get("value"))
    other.open("/organisations")
    field = other.page.select_one('input[name="csrf"]')
    assert field is not None
    other.call("POST", "/sign-out", data={"csrf": field["value"]})
    await page.context.clear_cookies(name="immo_access")
