"""The wallet on Kafka: opened by an organisation, charged by command, answered by event."""

from typing import Any
from uuid import UUID

import pytest

from services.wallet.access import consumers
from services.wallet.access.store import find_manager_flag
from services.wallet.commands import on_charge_wallet
from shared.db import Database
from shared.events.base import Event
from shared.events.organisation import (
    EmployeeActivated,
    EmployeeAdded,
    EmployeeBlocked,
    EmployeeConfirmed,
    EmployeeRemoved,
    ManagerAppointed,
    ManagerDismissed,
    OrganisationCreated,
    RegistrationResumed,
    RegistrationSuspended,
    ToolRegistered,
)
from shared.events.wallet_commands import ChargeWallet
from shared.ids import new_id
from shared.kafka import Kafka
from shared.sealed import Keyring
from tests.conftest import ClientOf, DatabaseOf
from tests.support.events import publish, read_topic, until
from tests.wallet.book import TOOL, balance_of, faults_of, fill, open_filled, published

ORGANISATION, ADA, BRAM = new_id(), new_id(), new_id()
CONSUMER = consumers.organisations(low_threshold_cents=1_000)


async def handle(database: Database, keyring: Keyring, *events: Event) -> None:
    async with database.transaction() as db:
        for event in events:
            await CONSUMER.handlers[type(event)](db, event, keyring)


def created() -> OrganisationCreated:
    return OrganisationCreated(
        organisation_id=ORGANISATION, enterprise_number="0403170701", name="Immo", created_by=ADA, version=1
    )


def registered(kind: type[Any] = ToolRegistered, registration_id: UUID = ORGANISATION) -> Any:
    more: dict[str, Any] = {
        ToolRegistered: {"registered_by": ADA, "terms_version": "1"},
        RegistrationSuspended: {"reason": "mandate-lapsed"},
        RegistrationResumed: {},
    }[kind]
    return kind(organisation_id=ORGANISATION, registration_id=registration_id, tool_id=TOOL, usage_mode="agent", **more)


def command(key: str, **changes: Any) -> ChargeWallet:
    usual: dict[str, Any] = {
        "wallet_id": ORGANISATION,
        "tool_id": TOOL,
        "idempotency_key": key,
        "amount_excl_cents": 1_900,
        "amount_incl_cents": 2_299,
        "vat_rate_bp": 2_100,
        "description": "An extract",
    }
    return ChargeWallet(**{**usual, **changes})


async def test_an_organisation_gets_one_empty_wallet(database_of: DatabaseOf, keyring: Keyring) -> None:
    database = await database_of("wallet")
    await handle(database, keyring, created(), created())
    [opened] = await published(database)
    assert (opened["type"], opened["version"], opened["currency"]) == ("WalletOpened", 1, "EUR")
    assert await balance_of(database, ORGANISATION) == 0


async def test_who_manages_follows_the_employees_life(database_of: DatabaseOf, keyring: Keyring) -> None:
    database = await database_of("wallet")
    about: dict[str, Any] = {"organisation_id": ORGANISATION, "account_id": BRAM}
    steps: list[tuple[Event, bool | None]] = [
        (EmployeeConfirmed(**about, employee_type="employee", manager=False, confirmed_by=ADA), False),
        (ManagerAppointed(**about, appointed_by=ADA), True),
        (EmployeeBlocked(**about, blocked_by=ADA), None),
        (EmployeeActivated(**about, activated_by=ADA), True),
        (ManagerDismissed(**about, dismissed_by=ADA), False),
        (EmployeeRemoved(**about), None),
        (EmployeeAdded(**about, employee_type="employee", manager=True, added_by=ADA), True),
    ]
    for event, expected in steps:
        await handle(database, keyring, event)
        async with database.acquire() as db:
            assert await find_manager_flag(db, ORGANISATION, BRAM) is expected, type(event).__name__


async def test_a_tool_may_charge_while_one_of_its_registrations_is_active(
    database_of: DatabaseOf, keyring: Keyring
) -> None:
    database = await database_of("wallet")
    other = new_id()
    steps: list[tuple[Event, bool]] = [
        (registered(), True),
        (registered(RegistrationSuspended), False),
        (registered(ToolRegistered, other), True),
        (registered(RegistrationResumed), True),
        (registered(RegistrationSuspended, other), True),
        (registered(RegistrationSuspended), False),
    ]
    await handle(database, keyring, created())
    async with database.transaction() as db:
        await fill(db, ORGANISATION, 100_000)
    for step, (event, expected) in enumerate(steps):
        before = await balance_of(database, ORGANISATION)
        await handle(database, keyring, event)
        async with database.transaction() as db:
            await on_charge_wallet(db, command(f"k{step}"), keyring)
        assert (await balance_of(database, ORGANISATION) < before) is expected, step


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_excl_cents": 10_000, "amount_incl_cents": 12_100}, "balance-short"),
        ({"tool_id": "romi"}, "not-registered"),
        ({"wallet_id": new_id()}, "not-registered"),
        ({"amount_incl_cents": 9_999}, "invalid"),
        ({"amount_excl_cents": 10**30, "amount_incl_cents": 10**30, "vat_rate_bp": 0}, "invalid"),
        ({"description": "a\x00b"}, "invalid"),
        ({"idempotency_key": "a\x00b"}, "invalid"),
        ({"idempotency_key": "used"}, "key-reused"),
    ],
)
async def test_a_command_that_is_refused_is_answered_and_holds_nothing_back(
    database_of: DatabaseOf, keyring: Keyring, changes: dict[str, Any], reason: str
) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
        await on_charge_wallet(
            db, command("used", wallet_id=wallet_id, amount_excl_cents=1, amount_incl_cents=1), keyring
        )
        await on_charge_wallet(db, command("k1", **{"wallet_id": wallet_id, **changes}), keyring)
    [refused] = await published(database, "ChargeRefused")
    assert refused["reason"] == reason
    assert await balance_of(database, wallet_id) == 4_999
    assert await faults_of(database) == []


async def test_a_command_that_comes_twice_charges_once(database_of: DatabaseOf, keyring: Keyring) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
        for _ in range(2):
            await on_charge_wallet(db, command("k1", wallet_id=wallet_id), keyring)
    assert len(await published(database, "WalletCharged")) == 1
    assert await balance_of(database, wallet_id) == 2_701


async def test_from_the_organisation_to_the_charge_over_kafka(
    client_of: ClientOf, database_of: DatabaseOf, kafka: Kafka
) -> None:
    wallet = await client_of("wallet", role="all", low_balance_cents=3_000)
    database = wallet.at.database
    elsewhere = await database_of("kit")
    await publish(kafka, elsewhere, created(), registered())
    await until(lambda: _is_open(database), what="the wallet is open")
    async with database.transaction() as db:
        await fill(db, ORGANISATION, 5_000)
    await publish(kafka, elsewhere, command("k1"), command("k1"), command("k2"), command("k3"))

    async def answered() -> bool:
        return len(await read_topic(kafka, "wallet.events")) == 5

    await until(answered, what="all answers are published", within_s=30)
    messages = await read_topic(kafka, "wallet.events")
    found = {message.headers["ce_type"].split(".")[2] for message in messages}
    assert found == {"WalletOpened", "WalletCharged", "BalanceLow", "ChargeRefused"}
    sequences = [int(message.headers["ce_sequence"]) for message in messages]
    assert sequences == sorted(sequences)
    assert len(set(sequences)) == 5
    assert await balance_of(database, ORGANISATION) == 402
    assert await faults_of(database) == []


async def _is_open(database: Database) -> bool:
    async with database.acquire() as db:
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM registration)"))


async def test_the_outbox_of_a_charge_wakes_the_relay(database_of: DatabaseOf, keyring: Keyring) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
    with database.wakeup.subscribe("outbox") as woken:
        async with database.transaction() as db:
            await on_charge_wallet(db, command("k1", wallet_id=wallet_id), keyring)
        assert woken.is_set()
