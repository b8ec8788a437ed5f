"""The whole way: a card is linked, a registry is asked over HTTP, and what it says arrives as events; then it changes its mind."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic_core import from_json

from shared.events.identity import EidLinked
from shared.ids import new_id
from shared.kafka import Kafka
from shared.sealed import Keyring
from tests.conftest import ClientOf, DatabaseOf
from tests.recognition.catalogues import one_registry, written
from tests.recognition.scenes import held
from tests.support.events import publish, read_topic, until
from tests.tools.conftest import WorldProcess

NUMBER = "72020329081"


async def test_from_the_card_to_the_event_and_again_when_the_registry_changes(
    client_of: ClientOf, database_of: DatabaseOf, kafka: Kafka, keyring: Keyring, world: WorldProcess, tmp_path: Path
) -> None:
    registry: dict[str, Any] = {"registry_url": f"{world.url}/registry", "registry_token": "any", "poll_s": 0.2}
    await client_of("recognition", role="all", kinds=written(tmp_path, one_registry()), **registry)
    account_id = new_id()
    async with httpx.AsyncClient(base_url=f"{world.url}/registry/control", trust_env=False) as control:
        await control.put(f"/persons/{NUMBER}", json={"recognitions": [held("ipi"), held("fs323")]})
        await keyring.fetch([account_id])
        linked = EidLinked(
            account_id=account_id,
            version=3,
            first_name=keyring.seal(account_id, "first_name", "Nora"),
            last_name=keyring.seal(account_id, "last_name", "Peeters"),
            national_number=keyring.seal(account_id, "national_number", NUMBER),
            linked_at=datetime.now(UTC),
        )
        await publish(kafka, await database_of("kit"), linked)
        await until(lambda: has(kafka, "RecognitionsFetched"), what="the first answer")
        await control.post("/lapse", json={"national_number": NUMBER, "kind": "ipi"})
        await until(lambda: has(kafka, "RecognitionLapsed"), what="the lapse")
    events = await announced(kafka)
    assert [kind for kind, _ in events] == [
        "RecognitionsFetched",
        "RecognitionGranted",
        "RecognitionGranted",
        "RecognitionsFetched",
        "RecognitionLapsed",
    ]
    assert [event["version"] for _, event in events] == [1, 2, 3, 4, 5]
    assert [one["kind"] for one in events[3][1]["recognitions"]] == ["fs323"]
    assert NUMBER not in str(events)


async def announced(kafka: Kafka) -> list[tuple[str, dict[str, object]]]:
    messages = await read_topic(kafka, "recognition.events")
    return [(message.headers["ce_type"].split(".")[2], from_json(message.payload or b"")) for message in messages]


async def has(kafka: Kafka, kind: str) -> bool:
    return kind in [found for found, _ in await announced(kafka)]
