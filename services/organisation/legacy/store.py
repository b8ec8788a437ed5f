"""Who is expected where, one statement a function."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Expected:
    """A membership that an older tool knew of. is_trusted: no manager has to confirm it. email: of the person's account."""

    enterprise_number: str
    account_id: UUID
    type: str
    manager: bool
    is_trusted: bool
    email: str


async def lock_numbers(db: Connection, numbers: Collection[str]) -> None:
    """Who creates an organisation and who is expected in it see each other, though there is no row yet to lock."""
    for number in sorted(numbers):
        await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('enterprise:' || $1, 0))", number)


async def find_open(db: Connection, numbers: Collection[str]) -> dict[str, UUID | None]:
    """The organisations with these numbers; None for one that is closed."""
    rows = await db.fetch(
        """
        SELECT enterprise_number, CASE WHEN closed_at IS NULL THEN id END AS id
        FROM organisation WHERE enterprise_number = ANY ($1::text[])
        """,
        list(numbers),
    )
    return {row["enterprise_number"]: row["id"] for row in rows}


async def is_erased(db: Connection, account_id: UUID) -> bool:
    return bool(await db.fetchval("SELECT is_erased FROM person WHERE account_id = $1 FOR SHARE", account_id))


async def expect(db: Connection, expected: Sequence[Expected], *, now: datetime) -> None:
    """What is known of the same person there already is kept, and the stronger of two words counts."""
    await db.executemany(
        """
        INSERT INTO expected_employee AS e (enterprise_number, account_id, type, manager, is_trusted, email, expected_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT expected_employee_pk DO UPDATE
        SET manager = e.manager OR excluded.manager, is_trusted = e.is_trusted OR excluded.is_trusted
        """,
        [
            (one.enterprise_number, one.account_id, one.type, one.manager, one.is_trusted, one.email, now)
            for one in expected
        ],
    )


async def take_expected(db: Connection, enterprise_number: str) -> list[Expected]:
    rows = await db.fetch(
        """
        DELETE FROM expected_employee WHERE enterprise_number = $1
        RETURNING enterprise_number, account_id, type, manager, is_trusted, email
        """,
        enterprise_number,
    )
    return sorted((Expected(**row) for row in rows), key=lambda one: one.account_id)


async def forget_expected(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM expected_employee WHERE account_id = $1", account_id)


async def hand_over_expected(db: Connection, merged: UUID, into: UUID) -> None:
    await db.execute(
        """
        WITH gone AS (DELETE FROM expected_employee WHERE account_id = $1 RETURNING *)
        INSERT INTO expected_employee AS e
        SELECT enterprise_number, $2, type, manager, is_trusted, email, expected_at FROM gone
        ON CONFLICT ON CONSTRAINT expected_employee_pk DO UPDATE
        SET manager = e.manager OR excluded.manager, is_trusted = e.is_trusted OR excluded.is_trusted
        """,
        merged,
        into,
    )
