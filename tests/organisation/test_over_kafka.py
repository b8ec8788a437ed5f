"""One event's whole way in, and its consequence's whole way out."""

from datetime import UTC, datetime

from pydantic_core import from_json

from shared.events.recognition import RecognitionLapsed
from shared.kafka import Kafka
from tests.conftest import ClientOf, DatabaseOf
from tests.organisation.scenes import Scene
from tests.support.events import publish, read_topic, until
from tests.support.mint import Mint


async def test_a_lapse_over_kafka_suspends_and_says_so_over_kafka(
    client_of: ClientOf, database_of: DatabaseOf, kafka: Kafka, mint: Mint
) -> None:
    scene = Scene(await client_of("organisation", role="all"), mint)
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.register(organisation_id, founder)
    lapse = RecognitionLapsed(account_id=founder.id, version=2**62, kind="ipi", source="demo")
    await publish(kafka, await database_of("kit"), lapse)

    async def is_suspended() -> bool:
        return "registration-suspended" in (await scene.may_start(founder, organisation_id))["reasons"]

    async def all_is_published() -> bool:
        return await scene.published() == []

    await until(is_suspended, what="the suspension")
    await until(all_is_published, what="publishing")
    events = await read_topic(kafka, "organisation.events")
    assert {message.key for message in events} == {organisation_id.encode()}
    assert [message.headers["ce_type"].split(".")[2] for message in events] == [
        "OrganisationCreated",
        "EmployeeAdded",
        "ToolRegistered",
        "AccessGranted",
        "RegistrationSuspended",
        "AccessSuspended",
    ]
    versions = [from_json(message.payload or b"")["version"] for message in events]
    assert versions == [1, 2, 3, 4, 5, 6] == [int(message.headers["ce_sequence"]) for message in events]
    assert datetime.fromisoformat(events[0].headers["ce_time"]) <= datetime.now(UTC)
    (tool,) = await read_topic(kafka, "organisation.tools")
    assert tool.key == b"cadastrefinder"
