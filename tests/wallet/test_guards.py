"""What the database refuses beside the book itself: what came in, went back, was numbered, whatever a program thinks."""

from typing import Any

import asyncpg
import pytest

from shared.db import Database, constraint_of
from shared.ids import new_id
from tests.conftest import ClientOf, DatabaseOf
from tests.support.mint import Mint
from tests.wallet.bank_desk import Bank, open_bank
from tests.wallet.book import open_filled
from tests.wallet.coda_writer import coda

NEVER_DELETED = (
    "wallet",
    "ledger_transaction",
    "ledger_entry",
    "charge",
    "refund",
    "reservation",
    "tool_request",
    "top_up",
    "top_up_refund",
    "payment_effect",
    "stray_payment",
    "bank_communication",
    "bank_file",
    "bank_statement",
    "bank_movement",
    "bank_sighting",
    "bank_decision",
    "transfer",
    "adjustment",
    "wallet_audit",
    "offer",
    "purchase",
    "plan",
    "invoice",
    "invoice_line",
    "invoice_counter",
    "invoice_delivery",
    "billing_period",
)
TOP_UP = """
    INSERT INTO top_up (id, wallet_id, amount_cents, currency, method, provider, reference, requested_by, state, created_at, ended_at)
    VALUES ($1, $2, 5000, 'EUR', 'visa', 'mollie', 'tr_1', $1, 'completed', now(), now())
"""


async def refused(database: Database, statement: str, *arguments: Any) -> str | None:
    """The name of what refuses it."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as error:
        async with database.transaction() as db:
            await db.execute(statement, *arguments)
    return constraint_of(error.value)


async def test_nothing_that_money_depends_on_can_be_deleted(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    for table in NEVER_DELETED:
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            assert await refused(database, statement) == "ledger_is_append_only", statement


async def test_a_wallet_and_a_transaction_stay_what_their_entries_were_booked_on(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
    for column in ("id", "organisation_id", "unit", "opened_at"):
        assert await refused(database, f"UPDATE wallet SET {column} = {column}") == "ledger_is_append_only"
    again = "INSERT INTO wallet SELECT * FROM wallet ON CONFLICT (id) DO UPDATE SET unit = 'credits/x'"
    assert await refused(database, again) == "ledger_is_append_only"
    merged = """
        MERGE INTO wallet w USING (SELECT $1::uuid AS id) s ON s.id = w.id WHEN MATCHED THEN DELETE
    """
    assert await refused(database, merged, wallet_id) == "ledger_is_append_only"
    async with database.acquire() as db:
        columns = await db.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'ledger_transaction'::regclass AND attnum > 0"
        )
    for row in columns:
        statement = f"UPDATE ledger_transaction SET {row['attname']} = {row['attname']}"
        assert await refused(database, statement) == "ledger_is_append_only"


async def test_an_entry_of_a_wallet_that_is_not_committed_yet_is_refused(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as first:
        wallet_id = await open_filled(first, cents=0)
        entry = """
            WITH t AS (
                INSERT INTO ledger_transaction (id, kind, description, booked_at) VALUES (gen_random_uuid(), 'top-up', '', now())
                RETURNING id
            )
            INSERT INTO ledger_entry (transaction_id, line, account, party, wallet_id, amount_cents, number, balance_after_cents)
            SELECT t.id, e.* FROM t CROSS JOIN (
                VALUES (1, 'wallet', NULL, $1::uuid, 5, 1, 5), (2, 'clearing', 'x', NULL, -5, NULL, NULL)) e
        """
        assert await refused(database, entry, wallet_id) == "ledger_entries_belong"


async def test_a_charge_of_a_transaction_that_does_not_exist_is_refused(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    charge = """
        INSERT INTO charge (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp)
        VALUES (gen_random_uuid(), gen_random_uuid(), 'lexmaster', 19, 23, 2100)
    """
    assert await refused(database, charge) == "charge_transaction"


async def test_a_charge_of_a_reservation_that_does_not_exist_is_refused(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    charge = """
        WITH t AS (
            INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at)
            VALUES (gen_random_uuid(), 'charge', 'lexmaster', '', now()) RETURNING id
        )
        INSERT INTO charge (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp, reservation_id)
        SELECT t.id, gen_random_uuid(), 'lexmaster', 19, 23, 2100, gen_random_uuid() FROM t
    """
    assert await refused(database, charge) == "charge_reservation"


@pytest.mark.parametrize(
    "change",
    [
        "amount_cents = 9999",
        "wallet_id = gen_random_uuid()",
        "state = 'pending', ended_at = NULL",
        "state = 'failed', reason = 'failed'",
        "reference = 'tr_2'",
        "provider = 'other'",
    ],
)
async def test_a_top_up_that_was_credited_stays_as_it_is(database_of: DatabaseOf, change: str) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        await db.execute(TOP_UP, new_id(), await open_filled(db))
    assert await refused(database, f"UPDATE top_up SET {change}") in ("top_up_goes_forward", "ledger_is_append_only")


async def bank_with(client_of: ClientOf, mint: Mint, **more: Any) -> tuple[Bank, str]:
    """A bank with one transfer, and its id."""
    bank = await open_bank(client_of, mint)
    await bank.take(coda(bank.statement(bank.transfer(**more))))
    async with bank.database.acquire() as db:
        return bank, str(await db.fetchval("SELECT id FROM bank_movement"))


@pytest.mark.parametrize(
    "change",
    [
        "amount_cents = 999999",
        "currency = 'USD'",
        "structured = NULL",
        "state = 'received', wallet_id = NULL, transaction_id = NULL",
        "state = 'set-aside', wallet_id = NULL, transaction_id = NULL",
        "transaction_id = gen_random_uuid()",
        "free_text = 'for somebody else'",
        "counterparty_name = 'Somebody Else'",
    ],
)
async def test_a_transfer_that_was_credited_is_not_credited_again(client_of: ClientOf, mint: Mint, change: str) -> None:
    bank, _ = await bank_with(client_of, mint)
    assert await refused(bank.database, f"UPDATE bank_movement SET {change}") in (
        "bank_movement_goes_forward",
        "ledger_is_append_only",
    )


async def test_what_is_undone_waits_and_never_credits_itself(client_of: ClientOf, mint: Mint) -> None:
    bank, movement_id = await bank_with(client_of, mint)
    assert (await bank.decide(movement_id, "undo")).status_code == 204
    assert await refused(bank.database, "UPDATE bank_movement SET state = 'received'") == "bank_movement_goes_forward"
    assert (await bank.decide(movement_id, "set-aside")).status_code == 204
    assert (await bank.decide(movement_id, "undo")).status_code == 204
    assert (await bank.decide(movement_id, "attribute", wallet_id=str(bank.wallet_id))).status_code == 204
    assert await bank.balance() == 5_000


@pytest.mark.parametrize("table", ["bank_file", "bank_statement", "bank_sighting"])
async def test_by_what_a_transfer_is_known_again_never_changes(client_of: ClientOf, mint: Mint, table: str) -> None:
    bank, _ = await bank_with(client_of, mint)
    column = {"bank_file": "sha256", "bank_statement": "closing_cents", "bank_sighting": "reference"}[table]
    assert await refused(bank.database, f"UPDATE {table} SET {column} = {column}") == "ledger_is_append_only"


@pytest.mark.parametrize("change", ["last_number = 6", "last_issued_on = '2026-10-01'", "year = 2027", "seller = 'x'"])
async def test_numbers_of_invoices_only_rise(database_of: DatabaseOf, change: str) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        await db.execute("INSERT INTO invoice_counter VALUES ('0999999922', 2026, 7, '2026-11-01')")
    assert await refused(database, f"UPDATE invoice_counter SET {change}") == "invoice_counter_rises"
    async with database.transaction() as db:
        await db.execute("UPDATE invoice_counter SET last_number = last_number + 3, last_issued_on = '2026-12-01'")


async def test_a_stray_payment_is_settled_once(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        await db.execute(
            """
            INSERT INTO stray_payment (provider, reference, amount_cents, currency, reason, found_at, settled_at, settled_by, note)
            VALUES ('mollie', 'tr_1', 5000, 'EUR', 'unknown', now(), now(), gen_random_uuid(), 'Sent back')
            """
        )
    for change in ("note = 'Kept'", "settled_at = NULL, settled_by = NULL, note = NULL", "amount_cents = 1"):
        assert await refused(database, f"UPDATE stray_payment SET {change}") == "stray_payment_goes_forward"
