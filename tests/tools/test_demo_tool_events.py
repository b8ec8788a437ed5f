"""The demo tool on the real Kafka: the second path by which a session ends, and the panel of what happened."""

from typing import Any
from uuid import uuid4

import httpx

from shared.events.organisation import EmployeeBlocked
from shared.kafka import Kafka
from tests.support.events import send_raw, until
from tests.tools.conftest import free_port, running_tool
from tests.tools.platform_double import PlatformDouble


async def publish_blocked(kafka: Kafka, person: dict[str, Any]) -> None:
    """As the organisation service publishes it: binary CloudEvents headers, the event's fields as JSON."""
    blocked = EmployeeBlocked(organisation_id=person["org"]["id"], account_id=person["sub"], blocked_by=uuid4())
    headers = [
        ("ce_id", str(uuid4()).encode()),
        ("ce_type", EmployeeBlocked.type.encode()),
        ("ce_time", b"2026-03-01T10:00:00Z"),
    ]
    value = blocked.model_dump_json().encode()
    await send_raw(kafka, key=blocked.key.encode(), value=value, headers=headers, topic="organisation.events")


async def test_an_event_alone_ends_the_session_of_someone_who_was_blocked(kafka: Kafka) -> None:
    port = free_port()
    environment = {"IMMO_KAFKA": kafka.bootstrap, "IMMO_TOPIC_PREFIX": kafka.topic("")}
    with PlatformDouble(port).running() as platform, running_tool(port, **environment) as url:
        async with httpx.AsyncClient(base_url=url, follow_redirects=True, trust_env=False) as browser:

            async def has_ended() -> bool:
                # What was published before the tool began to follow is not for it: say it until it listens.
                await publish_blocked(kafka, platform.person)
                return not (await browser.get("/api/session")).json()["signed_in"]

            await browser.get("/sign-in")
            assert (await browser.get("/api/session")).json()["signed_in"]
            await until(has_ended, what="the end of the session")
            await browser.get("/sign-in")
            shown = (await browser.get("/api/events")).json()
            assert {event["name"] for event in shown} == {"EmployeeBlocked"}
