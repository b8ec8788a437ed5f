"""Files, statements and movements of the bank, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.wallet.bank.rules import Movement, Statement
from services.wallet.bank.sightings import Format, Key, Known, said_by
from shared.db import Connection


@dataclass(frozen=True)
class Credit:
    """A movement that was received, and whose communication is the wallet's; wallet_id is None where it is nobody's."""

    id: UUID
    account_iban: str
    currency: str
    amount_cents: int
    wallet_id: UUID | None


@dataclass(frozen=True)
class Gap:
    """A statement whose opening balance no statement before it closes with."""

    number: str
    until: date
    opening_cents: int


async def find_communication(db: Connection, wallet_id: UUID) -> str | None:
    """The twelve digits."""
    return await db.fetchval("SELECT digits FROM bank_communication WHERE wallet_id = $1", wallet_id)


async def find_file(db: Connection, sha256: bytes) -> UUID | None:
    return await db.fetchval("SELECT id FROM bank_file WHERE sha256 = $1", sha256)


async def insert_file(db: Connection, file_id: UUID, name: str, sha256: bytes, fmt: Format, *, now: datetime) -> bool:
    """False when it was imported before. Of two at once the second waits here for the first."""
    status = await db.execute(
        """
        INSERT INTO bank_file (id, name, sha256, format, imported_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT bank_file_once DO NOTHING
        """,
        file_id,
        name,
        sha256,
        fmt,
        now,
    )
    return status == "INSERT 0 1"


async def lock_account(db: Connection, account_iban: str) -> None:
    """Until the transaction ends nobody else imports movements of this account."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('bank/' || $1, 0))", account_iban)


async def insert_statement(
    db: Connection, statement_id: UUID, file_id: UUID, statement: Statement, *, until: date
) -> None:
    await db.execute(
        """
        INSERT INTO bank_statement (id, file_id, account_iban, currency, number, until, opening_cents, closing_cents)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        statement_id,
        file_id,
        statement.account_iban,
        statement.currency,
        statement.number,
        until,
        statement.opening_cents,
        statement.closing_cents,
    )


async def known_on(db: Connection, account_iban: str, days: Sequence[date]) -> list[Known]:
    """All sightings of the account's movements on these days, oldest first."""
    rows = await db.fetch(
        """
        SELECT s.movement_id, s.reference, s.booking_date, s.amount_cents, s.occurrence, s.format,
               m.value_date, m.structured, m.free_text, m.counterparty_iban
        FROM bank_sighting s JOIN bank_movement m ON m.id = s.movement_id
        WHERE s.account_iban = $1 AND s.booking_date = ANY ($2::date[])
        ORDER BY s.movement_id
        """,
        account_iban,
        days,
    )
    return [
        Known(
            row["movement_id"],
            Key(row["reference"], row["booking_date"], row["amount_cents"], row["occurrence"]),
            row["format"],
            said_by(
                Movement(
                    amount_cents=row["amount_cents"],
                    value_date=row["value_date"],
                    booking_date=row["booking_date"],
                    structured=row["structured"],
                    free_text=row["free_text"],
                    counterparty_name=None,
                    counterparty_iban=row["counterparty_iban"],
                    bank_reference="",
                )
            ),
        )
        for row in rows
    ]


async def insert_movements(
    db: Connection, statement_id: UUID, statement: Statement, found: Sequence[tuple[UUID, Movement]]
) -> None:
    await db.execute(
        """
        INSERT INTO bank_movement (id, statement_id, account_iban, currency, amount_cents, value_date, booking_date, structured,
                                   free_text, counterparty_name, counterparty_iban, bank_reference, state)
        SELECT id, $1, $2, $3, amount_cents, value_date, booking_date, structured, free_text, counterparty_name, counterparty_iban,
               bank_reference, CASE WHEN amount_cents > 0 THEN 'received' ELSE 'out' END
        FROM unnest($4::uuid[], $5::bigint[], $6::date[], $7::date[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
            AS m (id, amount_cents, value_date, booking_date, structured, free_text, counterparty_name, counterparty_iban, bank_reference)
        """,
        statement_id,
        statement.account_iban,
        statement.currency,
        [movement_id for movement_id, _ in found],
        [one.amount_cents for _, one in found],
        [one.value_date for _, one in found],
        [one.booking_date for _, one in found],
        [one.structured for _, one in found],
        [one.free_text for _, one in found],
        [one.counterparty_name for _, one in found],
        [one.counterparty_iban for _, one in found],
        [one.bank_reference for _, one in found],
    )


async def insert_sightings(db: Connection, account_iban: str, fmt: Format, found: Sequence[tuple[Key, UUID]]) -> None:
    await db.execute(
        """
        INSERT INTO bank_sighting (account_iban, format, reference, booking_date, amount_cents, occurrence, movement_id)
        SELECT $1, $2, reference, booking_date, amount_cents, occurrence, movement_id
        FROM unnest($3::text[], $4::date[], $5::bigint[], $6::int[], $7::uuid[])
            AS s (reference, booking_date, amount_cents, occurrence, movement_id)
        """,
        account_iban,
        fmt,
        [key.reference for key, _ in found],
        [key.booking_date for key, _ in found],
        [key.amount_cents for key, _ in found],
        [key.occurrence for key, _ in found],
        [movement_id for _, movement_id in found],
    )


async def gaps_of(db: Connection, file_id: UUID, *, limit: int) -> list[Gap]:
    """Of this file's statements, and of those that follow on them: where one is missing before."""
    rows = await db.fetch(
        """
        SELECT s.number, s.until, s.opening_cents
        FROM bank_statement s
        WHERE s.file_id = $1
            AND EXISTS (
                SELECT FROM bank_statement b
                WHERE b.account_iban = s.account_iban AND b.currency = s.currency AND b.until < s.until)
            AND NOT EXISTS (
                SELECT FROM bank_statement b
                WHERE b.account_iban = s.account_iban AND b.currency = s.currency AND b.id <> s.id AND b.until <= s.until
                    AND b.closing_cents = s.opening_cents)
        ORDER BY s.until, s.number LIMIT $2
        """,
        file_id,
        limit,
    )
    return [Gap(**row) for row in rows]


async def take_received(db: Connection, *, limit: int) -> list[Credit]:
    """Lock movements whose wallet is still to be looked for, in the order of the wallets: charges lock them in that order too."""
    rows = await db.fetch(
        """
        WITH taken AS (
            SELECT id, account_iban, currency, amount_cents, structured
            FROM bank_movement WHERE state = 'received' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        SELECT t.id, t.account_iban, t.currency, t.amount_cents, c.wallet_id
        FROM taken t LEFT JOIN bank_communication c ON c.digits = t.structured
        ORDER BY c.wallet_id, t.id
        """,
        limit,
    )
    return [Credit(**row) for row in rows]


async def count_received(db: Connection) -> int:
    return await db.fetchval("SELECT count(*) FROM bank_movement WHERE state = 'received'")


async def set_waiting(db: Connection, movement_ids: Sequence[UUID]) -> None:
    await db.execute("UPDATE bank_movement SET state = 'waiting' WHERE id = ANY ($1::uuid[])", movement_ids)


async def set_credited(db: Connection, credited: Sequence[tuple[UUID, UUID, UUID]]) -> None:
    """credited: movement, wallet, ledger transaction."""
    await db.execute(
        """
        UPDATE bank_movement SET state = 'credited', wallet_id = c.wallet_id, transaction_id = c.transaction_id
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS c (id, wallet_id, transaction_id) WHERE bank_movement.id = c.id
        """,
        [movement_id for movement_id, _, _ in credited],
        [wallet_id for _, wallet_id, _ in credited],
        [transaction_id for _, _, transaction_id in credited],
    )


async def forget_texts(db: Connection, before: date, *, limit: int) -> int:
    """Of movements that were booked before this day. Returns of how many."""
    status = await db.execute(
        """
        UPDATE bank_movement SET free_text = '', counterparty_name = NULL, counterparty_iban = NULL
        WHERE id = ANY (ARRAY(
            SELECT id FROM bank_movement
            WHERE booking_date < $1 AND (free_text <> '' OR counterparty_name IS NOT NULL OR counterparty_iban IS NOT NULL)
            ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
        ))
        """,
        before,
        limit,
    )
    return int(status.removeprefix("UPDATE "))
