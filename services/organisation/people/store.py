"""Names and recognitions of people, one statement a function."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Held:
    kind: str
    source: str
    valid_until: date | None = None


async def lock_memberships(db: Connection, account_id: UUID) -> None:
    """The organisations in whose lists the person is, in the order in which all lock them."""
    await db.execute(
        """
        SELECT 1 FROM organisation WHERE id IN (SELECT organisation_id FROM employee WHERE account_id = $1)
        ORDER BY id FOR NO KEY UPDATE
        """,
        account_id,
    )


async def upsert_person(db: Connection, account_id: UUID, first_name: str, last_name: str, version: int) -> None:
    """Older news, and news about someone who was erased, change nothing."""
    await db.execute(
        """
        INSERT INTO person (account_id, first_name, last_name, version) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT person_pk DO UPDATE
        SET first_name = excluded.first_name, last_name = excluded.last_name, version = excluded.version
        WHERE person.version <= excluded.version AND NOT person.is_erased
        """,
        account_id,
        first_name,
        last_name,
        version,
    )


async def erase_person(db: Connection, account_id: UUID, version: int) -> None:
    await db.execute(
        """
        INSERT INTO person (account_id, first_name, last_name, version, is_erased) VALUES ($1, '', '', $2, true)
        ON CONFLICT ON CONSTRAINT person_pk DO UPDATE SET first_name = '', last_name = '', version = $2, is_erased = true
        """,
        account_id,
        version,
    )


async def add_holders(db: Connection, account_ids: Collection[UUID]) -> None:
    """So that there are rows to lock, also for those of whom no recognition is known."""
    await db.execute(
        """
        INSERT INTO holder (account_id) SELECT account_id FROM unnest($1::uuid[]) AS account_id ORDER BY account_id
        ON CONFLICT ON CONSTRAINT holder_pk DO NOTHING
        """,
        list(account_ids),
    )


async def lock_holders(db: Connection, account_ids: Collection[UUID]) -> None:
    """Until the transaction ends, nothing changes in what these people hold. Locked before any organisation, always in one order."""
    await db.execute(
        "SELECT 1 FROM holder WHERE account_id = ANY ($1::uuid[]) ORDER BY account_id FOR SHARE", list(account_ids)
    )


async def close_holder(db: Connection, account_id: UUID) -> None:
    """Take the last version there is: no news about what this person holds comes after it."""
    await db.execute(
        """
        INSERT INTO holder (account_id, version) VALUES ($1, 9223372036854775807)
        ON CONFLICT ON CONSTRAINT holder_pk DO UPDATE SET version = excluded.version
        """,
        account_id,
    )


async def advance_holder(db: Connection, account_id: UUID, version: int) -> bool:
    """Lock what someone holds in order to change it. False when this news is older than what is known."""
    row = await db.fetchval(
        """
        INSERT INTO holder (account_id, version) VALUES ($1, $2)
        ON CONFLICT ON CONSTRAINT holder_pk DO UPDATE SET version = excluded.version WHERE holder.version <= excluded.version
        RETURNING account_id
        """,
        account_id,
        version,
    )
    return row is not None


async def forget_others(db: Connection, account_id: UUID, kept: Sequence[Held]) -> None:
    """Delete what the person no longer holds."""
    await db.execute(
        """
        DELETE FROM recognition_held WHERE account_id = $1
            AND (kind, source) NOT IN (SELECT kind, source FROM unnest($2::text[], $3::text[]) AS kept (kind, source))
        """,
        account_id,
        [held.kind for held in kept],
        [held.source for held in kept],
    )


async def upsert_held(db: Connection, account_id: UUID, held: Sequence[Held]) -> None:
    await db.execute(
        """
        INSERT INTO recognition_held (account_id, kind, source, valid_until)
        SELECT $1, kind, source, valid_until FROM unnest($2::text[], $3::text[], $4::date[]) AS h (kind, source, valid_until)
        ON CONFLICT ON CONSTRAINT recognition_held_pk DO UPDATE SET valid_until = excluded.valid_until
        """,
        account_id,
        [one.kind for one in held],
        [one.source for one in held],
        [one.valid_until for one in held],
    )


async def delete_held(db: Connection, account_id: UUID, kind: str, source: str) -> None:
    await db.execute(
        "DELETE FROM recognition_held WHERE account_id = $1 AND kind = $2 AND source = $3", account_id, kind, source
    )


async def delete_all_held(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM recognition_held WHERE account_id = $1", account_id)


async def held_kinds(db: Connection, account_ids: Collection[UUID], *, today: date) -> dict[UUID, frozenset[str]]:
    """The kinds that each of these people holds on that day; everyone asked about has an entry."""
    rows = await db.fetch(
        """
        SELECT account_id, array_agg(DISTINCT kind) AS kinds FROM recognition_held
        WHERE account_id = ANY ($1::uuid[]) AND (valid_until IS NULL OR valid_until >= $2)
        GROUP BY account_id
        """,
        list(account_ids),
        today,
    )
    found = {row["account_id"]: frozenset[str](row["kinds"]) for row in rows}
    return {account_id: found.get(account_id, frozenset()) for account_id in account_ids}


async def name_of(db: Connection, account_id: UUID) -> str:
    """Empty while it is not known."""
    name = await db.fetchval(
        "SELECT trim(concat_ws(' ', first_name, last_name)) FROM person WHERE account_id = $1", account_id
    )
    return name or ""
