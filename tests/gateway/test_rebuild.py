"""The read model made anew from the log, over real Kafka and PostgreSQL, while the old one serves and follows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.gateway.app import SERVICE
from services.gateway.model import rebuild as rebuilding
from services.gateway.model import shadow
from services.gateway.model.consumers import READ_MODEL
from services.gateway.model.rebuild import Options, Progress, Rebuild, RebuildRefused
from shared.consume_runner import ConsumerRunner
from shared.db import Database
from shared.events import identity, recognition, wallet
from shared.events import organisation as org
from shared.events.base import Event
from shared.ids import new_id
from shared.kafka import Kafka
from shared.sealed import Keyring
from tests.conftest import DatabaseOf
from tests.gateway.model import a_tool, registration
from tests.support.events import fetch, publish, running, send_raw, until
from tests.support.mint import DataKeys

MODEL = ("access", "account", "consumer_position", "employee", "inbox", "organisation", "recognition", "registration",
         "role_request", "tool", "tool_manager", "wallet", "wallet_viewer")  # fmt: skip
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Stopped(Exception):
    """Stands for a process that ended at this moment: nothing of it cleans up in the database."""


class World:
    """A gateway's database, its topics, and whoever publishes there."""

    def __init__(self, database: Database, publishing: Database, kafka: Kafka, keyring: Keyring) -> None:
        self.database, self.publishing, self.kafka, self.keyring = database, publishing, kafka, keyring

    async def publish(self, *events: Event) -> None:
        await publish(self.kafka, self.publishing, *events)

    def rebuild(self, tell: Callable[[Progress], None] = lambda _: None) -> Rebuild:
        settings = SimpleNamespace(postgres=self.database.dsn)
        at: Any = SimpleNamespace(database=self.database, kafka=self.kafka, keyring=self.keyring, settings=settings)
        return Rebuild(at, READ_MODEL, SERVICE.migrations, tell)

    def following(self) -> Any:
        return ConsumerRunner("gateway", READ_MODEL, self.database, self.kafka, self.keyring).run

    async def rows(self, table: str) -> list[str]:
        what = "consumer, event_id" if table == "inbox" else "*"
        return [str(tuple(row)) for row in await fetch(self.database, f"SELECT {what} FROM {table} ORDER BY 1, 2")]

    async def all_rows(self) -> dict[str, list[str]]:
        return {table: await self.rows(table) for table in MODEL}

    async def oid(self) -> int:
        return (await fetch(self.database, "SELECT 'access'::regclass::oid::int AS oid"))[0]["oid"]

    async def schemas(self) -> int:
        found = await fetch(self.database, "SELECT FROM pg_namespace WHERE nspname = $1", shadow.SCHEMA)
        return len(found)

    async def has_balance(self, wallet_id: UUID, cents: int) -> bool:
        query = "SELECT FROM wallet WHERE wallet_id = $1 AND balance_cents = $2"
        return bool(await fetch(self.database, query, wallet_id, cents))


@pytest_asyncio.fixture
async def world(database_of: DatabaseOf, kafka: Kafka, keyring: Keyring) -> World:
    return World(await database_of("gateway"), await database_of("kit"), kafka, keyring)


async def a_person(keyring: Keyring, account_id: UUID) -> identity.AccountCreated:
    await keyring.fetch([account_id])
    texts = {"first_name": "Nora", "last_name": "Peeters", "username": "nora.peeters", "email": "nora@example.com"}
    sealed: dict[str, Any] = {name: keyring.seal(account_id, name, text) for name, text in texts.items()}
    return identity.AccountCreated(account_id=account_id, language="nl", created_at=NOW, **sealed)


def asked_for(facts: dict[str, Any], person: UUID) -> org.RoleRequested:
    return org.RoleRequested(**facts, account_id=person, role="user")


def an_office(people: list[UUID]) -> list[Event]:
    """An organisation with a tool, everything that can happen to its people, and a wallet."""
    organisation_id, registration_id, ended = new_id(), new_id(), new_id()
    facts, other = registration(organisation_id, registration_id), registration(organisation_id, ended, "other")
    number = "0123456749"
    events: list[Event] = [
        org.OrganisationCreated(
            organisation_id=organisation_id, enterprise_number=number, name="Lys", created_by=people[0]
        ),
        org.ToolRegistered(**facts, registered_by=people[0], terms_version="1"),
        org.ToolRegistered(**other, registered_by=people[0], terms_version="1"),
    ]
    for at, person in enumerate(people):
        who: dict[str, Any] = {"organisation_id": organisation_id, "account_id": person}
        role: dict[str, Any] = {**facts, "account_id": person, "role": "user"}
        events += [
            org.EmployeeAdded(**who, employee_type="employee", manager=at == 0, added_by=people[0]),
            org.AccessGranted(**role, granted_by=people[0], usable=at % 2 == 0),
            org.AccessSuspended(**role, reason="recognition-missing", missing=(("ipi",),)),
            recognition.RecognitionGranted(account_id=person, kind="ipi", source="demo"),
        ]
        events += [org.AccessResumed(**role)] * (at % 2) + [asked_for(other, person)]
    return [
        *events,
        org.ToolManagerAppointed(**facts, account_id=people[-1], appointed_by=people[0]),
        org.EmployeeBlocked(organisation_id=organisation_id, account_id=people[1], blocked_by=people[0]),
        org.RegistrationEnded(**other),
        org.OrganisationChanged(organisation_id=organisation_id, name="Immo Lys", logo=new_id(), changed_by=people[0]),
        org.RegistrationSuspended(**facts, reason="mandate-lapsed"),
        wallet.WalletOpened(wallet_id=organisation_id),
        wallet.WalletViewerAllowed(wallet_id=organisation_id, account_id=people[1], allowed_by=people[0]),
        wallet.WalletViewerAllowed(wallet_id=organisation_id, account_id=people[2], allowed_by=people[0]),
        wallet.WalletViewerDismissed(wallet_id=organisation_id, account_id=people[1]),
    ]


def topped_up(wallet_id: UUID, cents: int) -> wallet.WalletToppedUp:
    return wallet.WalletToppedUp(wallet_id=wallet_id, top_up_id=new_id(), amount_cents=1, balance_cents=cents)


async def test_the_rebuilt_model_equals_the_served_one_table_by_table(world: World) -> None:
    people = [new_id() for _ in range(6)]
    accounts = [await a_person(world.keyring, person) for person in people]
    last = topped_up(new_id(), 42)
    await world.publish(a_tool(), *accounts, *an_office(people), *an_office(people[:3]), last)
    async with running(world.following()):
        await until(lambda: world.has_balance(last.wallet_id, 42), what="following")
    served, oid = await world.all_rows(), await world.oid()
    told: list[Progress] = []
    done = await world.rebuild(told.append).run(Options())
    assert await world.oid() != oid
    assert await world.all_rows() == served
    assert all(served[table] for table in MODEL if table != "role_request")
    assert (done.records, done.part) == (done.total, 1.0)
    assert told
    assert await world.schemas() == 0


async def test_an_erased_person_does_not_come_back(world: World, data_keys: DataKeys) -> None:
    person = new_id()
    erased = identity.ErasureStarted(account_id=person, started_at=NOW)
    await world.publish(await a_person(world.keyring, person), erased)
    data_keys.erase(person)
    world.keyring.forget(person)
    await world.rebuild().run(Options())
    assert await world.rows("account") == []
    assert await world.rows("outbox") == []  # that it is forgotten was said already


async def test_what_two_accounts_had_goes_over_in_its_turn_within_one_batch(world: World) -> None:
    into, merged = new_id(), new_id()
    await world.publish(await a_person(world.keyring, into), await a_person(world.keyring, merged))
    await world.publish(recognition.RecognitionGranted(account_id=merged, kind="ipi", source="demo"))
    await world.publish(identity.AccountsMerged(account_id=into, merged_account_id=merged))
    await world.rebuild().run(Options())
    assert [row["account_id"] for row in await fetch(world.database, "SELECT account_id FROM account")] == [into]
    assert [row["account_id"] for row in await fetch(world.database, "SELECT account_id FROM recognition")] == [into]


async def test_one_that_was_stopped_midway_leaves_the_model_as_it_was_and_the_next_begins_anew(world: World) -> None:
    people = [new_id() for _ in range(4)]
    events = [a_tool(), *an_office(people)]
    await world.publish(*events)
    before = await world.all_rows()

    def stop(_: Progress) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        await world.rebuild(stop).run(Options())
    assert await world.all_rows() == before
    assert await world.schemas() == 1
    assert (await world.rebuild().run(Options())).events == len(events)
    assert len(await world.rows("access")) == len(people)
    assert await world.schemas() == 0


async def test_of_two_at_once_the_second_is_told_so(world: World) -> None:
    db = await world.database.connect()
    assert await shadow.lock(db)
    with pytest.raises(RebuildRefused, match="another rebuild"):
        await world.rebuild().run(Options())
    await db.close()


async def test_a_log_in_memory_is_none(world: World) -> None:
    world.kafka = Kafka("127.0.0.1:9", engine="memory")
    with pytest.raises(RebuildRefused, match="memory"):
        await world.rebuild().run(Options())


@asynccontextmanager
async def never_ending(world: World, wallets: list[UUID]) -> AsyncIterator[list[int]]:
    """Balances that grow by one, wallet by wallet, until the end of the block. The list holds the last one."""
    last = [0]

    async def go_on(stop: asyncio.Event) -> None:
        while not stop.is_set():
            last[0] += 1
            await world.publish(*(topped_up(one, last[0]) for one in wallets))

    async with running(go_on):
        yield last


async def test_what_happens_meanwhile_is_neither_lost_nor_doubled_for_any_instance(
    world: World, database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two instances follow and a third one reads, all through connections that know the old tables; each balance counts once."""
    monkeypatch.setattr(rebuilding, "NEAR", 50)
    people, wallets = [new_id() for _ in range(4)], [new_id() for _ in range(5)]
    await world.publish(a_tool(), *an_office(people), *(topped_up(one, 0) for one in wallets))
    seen: list[int] = []

    async def read(stop: asyncio.Event) -> None:
        while not stop.is_set():
            query = "SELECT min(balance_cents) AS least FROM wallet JOIN tool ON true WHERE wallet_id = ANY ($1)"
            seen.append((await fetch(world.database, query, wallets))[0]["least"] or 0)

    async with running(world.following(), world.following(), read):
        for one in wallets:  # on several partitions, in no order
            await until(lambda one=one: world.has_balance(one, 0), what="following")
        async with never_ending(world, wallets) as last:
            for _ in range(2):
                await world.rebuild().run(Options())
        for one in wallets:
            await until(lambda one=one: world.has_balance(one, last[0]), what="following after the switch")
    assert seen == sorted(seen), "no reader ever saw the model go back"
    handled = await fetch(world.database, "SELECT count(*) AS n, count(DISTINCT event_id) AS d FROM inbox")
    assert handled[0]["n"] == handled[0]["d"] == 1 + len(an_office(people)) + len(wallets) * (last[0] + 1)
    assert await fetch(world.database, "SELECT FROM dead_letter") == []


async def test_the_new_model_is_never_older_than_the_one_that_served(world: World) -> None:
    await world.publish(a_tool())
    later = datetime.now(UTC) + timedelta(hours=1)
    async with world.database.transaction() as db:
        await db.execute("INSERT INTO model_age (topic, partition, as_of) VALUES ('organisation.events', 0, $1)", later)
    await world.rebuild().run(Options())
    rows = await fetch(
        world.database, "SELECT as_of FROM model_age WHERE topic = 'organisation.events' AND partition = 0"
    )
    assert rows[0]["as_of"] == later


async def test_what_cannot_be_handled_is_parked_there_too_and_what_was_dropped_stays_dropped(world: World) -> None:
    key = str(new_id()).encode()
    kind = b"immoconnect.wallet.WalletOpened.v1"
    for number in (b"1", b"2"):
        headers = [("ce_id", number), ("ce_source", b"immoconnect/wallet"), ("ce_type", kind)]
        await send_raw(world.kafka, key=key if number == b"1" else str(new_id()).encode(), value=b"{}", headers=headers)
    await world.rebuild().run(Options())
    letters = await fetch(world.database, "SELECT event_id, state FROM dead_letter ORDER BY event_id")
    assert [(row["event_id"][-2:], row["state"]) for row in letters] == [("#1", "parked"), ("#2", "parked")]
    async with world.database.transaction() as db:
        await db.execute("UPDATE dead_letter SET state = 'dropped' WHERE event_id LIKE '%#1'")
    await world.rebuild().run(Options())
    letters = await fetch(world.database, "SELECT event_id, state FROM dead_letter ORDER BY event_id")
    assert [(row["event_id"][-2:], row["state"]) for row in letters] == [("#1", "dropped"), ("#2", "parked")]
