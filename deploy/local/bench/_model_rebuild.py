"""How fast the gateway's read model is made anew from the log, against reading the same log and doing nothing with it."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import uvloop

from deploy.local.bench import Servers, own_servers
from services.gateway.app import SERVICE
from services.gateway.model.consumers import READ_MODEL
from services.gateway.model.rebuild import Options, Rebuild
from shared.db import Database
from shared.events import catalogue, identity, organisation, recognition, wallet
from shared.events.base import Event
from shared.events.registry import TOPICS
from shared.ids import new_id
from shared.kafka import Kafka
from shared.migrate import migrate
from shared.outbox import message_of
from shared.sealed import DataKey, Keyring

ORGANISATIONS = 1_000
PEOPLE_EACH = 10
SEND_AT_ONCE = 2_000
TOOL, MODE, ROLE = "bench", "agent", "user"
KEY = DataKey(1, bytes(32))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ModelRebuild:
    """plain_per_s: of the same log, read by the same driver from beginning to end, and nothing done with it."""

    events: int
    per_s: float
    plain_per_s: float

    @property
    def ratio(self) -> float:
        return self.per_s / self.plain_per_s


async def measure_model_rebuild(servers: Servers, *, organisations: int = ORGANISATIONS) -> ModelRebuild:
    """On a database and topics of its own, which stay."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # new topics choose their leaders while one writes already
    name = f"bench_model_{new_id().hex[-8:]}"
    dsn = servers.postgres.dsn(name)
    await migrate(dsn, [SERVICE.migrations])
    kafka = Kafka(servers.kafka.address, topic_prefix=f"{name}.")
    await kafka.create_topics({topic: TOPICS[topic] for topic in READ_MODEL.topics})
    keyring = Keyring(_keys)
    events = await _publish(kafka, keyring, organisations)
    plain_s = await _read_only(kafka, events)
    database = Database(dsn, application_name="bench")
    await database.open()
    try:
        at: Any = SimpleNamespace(
            database=database, kafka=kafka, keyring=keyring, settings=SimpleNamespace(postgres=dsn)
        )
        done = await Rebuild(at, READ_MODEL, SERVICE.migrations, lambda _: None).run(Options())
    finally:
        await database.close()
    return ModelRebuild(done.events, done.per_s, events / plain_s)


async def _publish(kafka: Kafka, keyring: Keyring, organisations: int) -> int:
    """Organisation after organisation, but shuffled among some that are busy at the same time."""
    producer = kafka.producer("bench")
    await producer.start()
    count = 0
    try:
        for first in range(0, organisations, 50):
            await keyring.fetch(_people(first, first + 50))
            lives = [list(_life(keyring, number)) for number in range(first, min(first + 50, organisations))]
            for events in _interleaved(lives, random.Random(first)):  # noqa: S311 - the same mixture in every run
                count += len(events)
                await asyncio.gather(*[await _send(producer, kafka, event) for event in events])
        await producer.flush()
    finally:
        await producer.stop()
    return count


def _interleaved(lives: Sequence[list[Event]], chance: random.Random) -> Iterator[list[Event]]:
    open_lives = [iter(life) for life in lives]
    batch: list[Event] = []
    while open_lives:
        life = chance.choice(open_lives)
        event = next(life, None)
        if event is None:
            open_lives.remove(life)
            continue
        batch.append(event)
        if len(batch) == SEND_AT_ONCE:
            yield batch
            batch = []
    yield batch


async def _send(producer: Any, kafka: Kafka, event: Event) -> Any:
    message = message_of(event, NOW.isoformat(), {})
    headers = [(name, value.encode()) for name, value in message.headers.items()]
    return await producer.send(kafka.topic(message.topic), message.payload, message.key, headers=headers)


def _life(keyring: Keyring, number: int) -> Iterator[Event]:
    """What happens in one organisation until its people work with the tool."""
    organisation_id, registration_id = UUID(int=number + 1), UUID(int=1_000_000 + number)
    facts: dict[str, Any] = {
        "organisation_id": organisation_id,
        "registration_id": registration_id,
        "tool_id": TOOL,
        "usage_mode": MODE,
    }
    people = _people(number, number + 1)
    if number == 0:
        yield _tool()
    yield organisation.OrganisationCreated(
        organisation_id=organisation_id,
        enterprise_number=f"0{number:09}",
        name=f"Office {number}",
        created_by=people[0],
    )
    yield wallet.WalletOpened(wallet_id=organisation_id)
    yield organisation.ToolRegistered(**facts, registered_by=people[0], terms_version="1")
    for person in people:
        who: dict[str, Any] = {"organisation_id": organisation_id, "account_id": person}
        role: dict[str, Any] = {**facts, "account_id": person, "role": ROLE}
        yield _account(keyring, person)
        yield identity.AccountActivated(account_id=person, activated_at=NOW)
        yield organisation.EmployeeAdded(**who, employee_type="employee", manager=person == people[0], added_by=person)
        yield organisation.AccessGranted(**role, granted_by=people[0], usable=False)
        yield recognition.RecognitionGranted(account_id=person, kind="ipi", source="bench")
        yield organisation.AccessResumed(**role)
        yield wallet.WalletToppedUp(
            wallet_id=organisation_id, top_up_id=person, amount_cents=100, balance_cents=100, requested_by=person
        )


def _people(first: int, last: int) -> list[UUID]:
    """Of the organisations from first until before last."""
    return [UUID(int=10_000_000 + person) for person in range(first * PEOPLE_EACH, last * PEOPLE_EACH)]


def _account(keyring: Keyring, person: UUID) -> identity.AccountCreated:
    sealed: dict[str, Any] = {
        field: keyring.seal(person, field, "Some text") for field in ("username", "first_name", "last_name", "email")
    }
    return identity.AccountCreated(account_id=person, language="fr", created_at=NOW, **sealed)


def _tool() -> catalogue.ToolPublished:
    def texts(text: str) -> dict[str, str]:
        return dict.fromkeys(("fr", "nl", "en", "de"), text)

    mode = catalogue.UsageModeEntry(
        id=MODE,
        names=texts("Agent"),
        descriptions=texts("As an agent."),
        register_rule="",
        use_rule="ipi",
        roles=(catalogue.RoleEntry(id=ROLE, names=texts("User")),),
    )
    return catalogue.ToolPublished(
        tool_id=TOOL,
        names=texts("Bench"),
        descriptions=texts("A tool."),
        sign_in_acr="pwd",
        start_url="https://tool.example/",
        support_email="help@tool.example",
        colours={"primary": "#1b6b3a"},
        terms_version="1",
        usage_modes=(mode,),
    )


async def _read_only(kafka: Kafka, events: int) -> float:
    """Seconds."""
    client = kafka.reader("bench", READ_MODEL.topics)
    await client.start()
    try:
        began, seen = time.monotonic(), 0
        while seen < events:
            fetched: Mapping[Any, list[Any]] = await client.getmany(timeout_ms=500)
            seen += sum(len(records) for records in fetched.values())
        return time.monotonic() - began
    finally:
        await client.stop()


async def _keys(subjects: Sequence[UUID]) -> dict[UUID, DataKey | None]:
    return dict.fromkeys(subjects, KEY)


def main() -> None:
    """Alone: `python -m deploy.local.bench._model_rebuild`."""
    organisations = int(os.environ.get("ORGANISATIONS", str(ORGANISATIONS)))
    with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder, own_servers(Path(folder)) as servers:
        found = uvloop.run(measure_model_rebuild(servers, organisations=organisations))
    text = f"{found.events:,} events, {found.per_s:,.0f}/s; the same log read alone {found.plain_per_s:,.0f}/s: {found.ratio:.2f}\n"
    os.write(1, text.encode())


if __name__ == "__main__":
    main()
