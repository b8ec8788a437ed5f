"""What people notice when a part of the platform is away: as little as possible, and nothing is lost."""

import asyncio
import time

import httpx
import pytest

from deploy.local.demo.people import Character
from deploy.local.demo.story import Story
from tests.e2e.platform import Platform, without
from tests.support.events import until

pytestmark = [pytest.mark.slow, pytest.mark.fault]

REFUSED_S = 60


def story_of(platform: Platform) -> Story:
    return Story(platform.origin, platform.tool, platform.world)


def mails_to(platform: Platform, person: Character) -> int:
    return len(httpx.get(f"{platform.world}/mail/api/messages", params={"to": person.email}).json())


async def test_a_code_waits_while_the_mail_server_refuses_for_a_minute_and_comes_once(platform: Platform) -> None:
    story = story_of(platform)
    await asyncio.to_thread(httpx.post, f"{platform.world}/mail/api/refuse", json={"seconds": REFUSED_S})
    refused_until = time.monotonic() + REFUSED_S
    story.come_from_tool(story.ada)
    person = story.ada
    await asyncio.to_thread(story.send_sign_up, person)
    await asyncio.sleep(max(0.0, refused_until - time.monotonic() - 5))
    assert mails_to(platform, person) == 0
    await until(lambda: mails_to(platform, person) == 1, within_s=60, what="the code")
    await asyncio.sleep(2)
    assert mails_to(platform, person) == 1
    await asyncio.to_thread(story.activate, person)


async def test_requests_succeed_while_kafka_is_away_and_their_events_follow(platform: Platform) -> None:
    story = story_of(platform)
    story.come_from_tool(story.ada)
    async with without(platform, "kafka"):
        person = story.ada
        await asyncio.to_thread(story.send_sign_up, person)
        assert mails_to(platform, person) == 0
    await until(lambda: mails_to(platform, person) >= 1, within_s=60, what="the code once Kafka is back")
    await asyncio.to_thread(story.activate, person)


async def test_a_stopped_service_catches_up(platform: Platform) -> None:
    story = story_of(platform)
    story.come_from_tool(story.ada)
    async with without(platform, "recognition"):
        for scene in (story.sign_up, story.activate, story.link_eid):
            await asyncio.to_thread(scene, story.ada)
        story.ada.browser.open("/organisations")
    await asyncio.to_thread(story.see_recognition, story.ada, "IPI")


async def test_the_selection_screen_works_while_the_services_behind_it_are_away(platform: Platform) -> None:
    story = story_of(platform)
    for scene in story.scenes()[:8]:
        await asyncio.to_thread(scene.play)
    async with without(platform, "organisation", "recognition", "wallet"):
        browser = story.ada.browser
        browser.open(f"{platform.tool}/sign-in")
        assert browser.path == "/select"
        assert browser.page.select_one('form[action*="/select/start"] button[name]')
        await asyncio.to_thread(story.start_tool, story.ada)
