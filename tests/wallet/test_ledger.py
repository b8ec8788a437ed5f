"""What the database itself refuses, and what `ledger_check` finds when someone gets around it."""

import asyncpg
import pytest

from services.wallet.ledger.booking import Posting, book
from shared.db import constraint_of
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.book import faults_of, fill, open_filled


async def test_entries_that_do_not_sum_to_zero_are_refused(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    unbalanced = [Posting("clearing", -1, party="a"), Posting("vat", 2, party="BE")]
    async with database.acquire() as db:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await book(db, "top-up", "x", unbalanced)
    assert constraint_of(refused.value) == "ledger_entries_balance"


@pytest.mark.parametrize(
    ("transaction", "wallet", "unit"),
    [("unknown", "own", "EUR"), ("own", "unknown", "EUR"), ("own", "own", "credits/x")],
)
async def test_entries_of_an_unknown_transaction_or_wallet_or_in_another_unit_are_refused(
    database_of: DatabaseOf, transaction: str, wallet: str, unit: str
) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=0)
        booked = await book(
            db, "top-up", "x", [Posting("wallet", 1, wallet_id=wallet_id), Posting("clearing", -1, party="a")]
        )
    wallets = {"own": wallet_id, "unknown": new_id()}
    transactions = {"own": booked.transaction_id, "unknown": new_id()}
    async with database.acquire() as db:
        with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
            await db.execute(
                """
                INSERT INTO ledger_entry
                    (transaction_id, line, account, party, wallet_id, unit, amount_cents, number, balance_after_cents)
                VALUES ($1, 8, 'wallet', NULL, $2, $3, 5, 7, 6), ($1, 9, 'clearing', 'a', NULL, $3, -5, NULL, NULL)
                """,
                transactions[transaction],
                wallets[wallet],
                unit,
            )
    assert constraint_of(refused.value) == "ledger_entries_belong"


@pytest.mark.parametrize(
    "table", ["ledger_entry", "ledger_transaction", "charge", "payment_effect", "refund", "tool_request"]
)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET {column} = {column}"])
async def test_what_was_booked_is_neither_changed_nor_deleted(
    database_of: DatabaseOf, table: str, statement: str
) -> None:
    database = await database_of("wallet")
    column = {"ledger_entry": "amount_cents", "payment_effect": "amount_cents", "tool_request": "tool_id"}.get(
        table, "id"
    )
    async with database.transaction() as db:
        await open_filled(db)
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with database.transaction() as db:
            await db.execute(statement.format(table, column=column))
    assert constraint_of(refused.value) == "ledger_is_append_only"


async def test_a_wallet_can_neither_go_below_zero_nor_vanish(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=100)
    for statement in (
        "UPDATE wallet SET balance_cents = -1 WHERE id = $1",
        "UPDATE wallet SET held_cents = 101 WHERE id = $1",
        "UPDATE wallet SET held_cents = -1 WHERE id = $1",
        "DELETE FROM wallet WHERE id = $1",
        "UPDATE wallet SET unit = 'credits/x' WHERE id = $1",
        "UPDATE wallet SET organisation_id = gen_random_uuid() WHERE id = $1",
        "UPDATE wallet SET opened_at = now() WHERE id = $1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with database.transaction() as db:
                await db.execute(statement, wallet_id)


async def test_a_clean_book_has_no_faults(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=0)
        await open_filled(db, cents=700)
        await fill(db, wallet_id, 5_000)
        await fill(db, wallet_id, 1)
    assert await faults_of(database) == []


@pytest.mark.parametrize(
    ("tampering", "rule"),
    [
        ("UPDATE wallet SET balance_cents = balance_cents + 1", "balance is the sum of entries"),
        ("UPDATE wallet SET held_cents = 5", "held is the sum of open reservations"),
        ("UPDATE ledger_entry SET amount_cents = amount_cents + 1 WHERE line = 1", "transaction sums to zero"),
        (
            "UPDATE ledger_entry SET balance_after_cents = 1 WHERE number = 1",
            "balance after follows from the entry before",
        ),
        ("UPDATE wallet SET entry_count = 7", "balance is the last balance after"),
        ("UPDATE wallet SET entry_count = 3", "entries are all there"),
        ("DELETE FROM ledger_entry WHERE number = 2", "entries are all there"),
        ("UPDATE wallet SET frozen_at = now(), balance_cents = -1", "balance is the sum of entries"),
        ("DELETE FROM ledger_entry WHERE line = 2", "transaction sums to zero"),
        ("DELETE FROM ledger_entry", "transaction has entries"),
    ],
)
async def test_the_check_finds_what_was_tampered_with(database_of: DatabaseOf, tampering: str, rule: str) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
        await fill(db, wallet_id, 100)
        await db.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        await db.execute(tampering)
    assert rule in {fault["rule"] for fault in await faults_of(database)}
