"""What a person was told, as the list on the site shows it, one statement a function.

`sealed_code IS NULL` is what its indexes hold; ids grow with time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Connection

MOST_COUNTED = 100
_MOST_ORGANISATIONS = 200


@dataclass(frozen=True)
class Notification:
    delivery_id: UUID
    kind: str
    params: Mapping[str, Any]
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """unread: MOST_COUNTED for that many and more. latest: None where there was never anything."""

    unread: int
    latest: UUID | None


async def notifications_of(
    db: Connection,
    account_id: UUID,
    kinds: Sequence[str],
    *,
    organisation_id: UUID | None = None,
    before: UUID | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[Notification]:
    """The latest first. before, after: ids of others."""
    rows = await db.fetch(
        """
        SELECT delivery_id, kind, params, created_at, read_at FROM delivery
        WHERE account_id = $1 AND sealed_code IS NULL AND kind = ANY ($2::text[]) AND state <> 'withdrawn'
            AND ($3::uuid IS NULL OR delivery_id < $3) AND ($4::uuid IS NULL OR delivery_id > $4)
        ORDER BY delivery_id DESC LIMIT $5
        """
        if organisation_id is None
        else """
        SELECT delivery_id, kind, params, created_at, read_at FROM delivery
        WHERE account_id = $1 AND sealed_code IS NULL AND kind = ANY ($2::text[]) AND state <> 'withdrawn'
            AND ($3::uuid IS NULL OR delivery_id < $3) AND ($4::uuid IS NULL OR delivery_id > $4)
            AND params ->> 'organisation_id' = $6
        ORDER BY delivery_id DESC LIMIT $5
        """,
        account_id,
        kinds,
        before,
        after,
        limit,
        *([] if organisation_id is None else [str(organisation_id)]),
    )
    return [Notification(**row) for row in rows]


async def find_notification(
    db: Connection, account_id: UUID, delivery_id: UUID, kinds: Sequence[str]
) -> Notification | None:
    row = await db.fetchrow(
        """
        SELECT delivery_id, kind, params, created_at, read_at FROM delivery
        WHERE delivery_id = $2 AND account_id = $1 AND sealed_code IS NULL AND kind = ANY ($3::text[])
        """,
        account_id,
        delivery_id,
        kinds,
    )
    return Notification(**row) if row else None


async def organisations_of(db: Connection, account_id: UUID) -> list[UUID]:
    """Those that the list names. One look at the index for each, however long the list is."""
    rows = await db.fetch(
        """
        WITH RECURSIVE named (id) AS (
            (SELECT params ->> 'organisation_id' FROM delivery
             WHERE account_id = $1 AND sealed_code IS NULL AND params ->> 'organisation_id' IS NOT NULL
             ORDER BY params ->> 'organisation_id' LIMIT 1)
            UNION ALL
            SELECT (SELECT params ->> 'organisation_id' FROM delivery
                    WHERE account_id = $1 AND sealed_code IS NULL AND params ->> 'organisation_id' > named.id
                    ORDER BY params ->> 'organisation_id' LIMIT 1)
            FROM named WHERE named.id IS NOT NULL
        )
        SELECT id::uuid AS id FROM named WHERE id IS NOT NULL LIMIT $2
        """,
        account_id,
        _MOST_ORGANISATIONS,
    )
    return [row["id"] for row in rows]


async def standings(db: Connection, account_ids: Collection[UUID], kinds: Sequence[str]) -> dict[UUID, Standing]:
    rows = await db.fetch(
        """
        SELECT account_id, latest, unread FROM unnest($1::uuid[]) AS a (account_id)
        LEFT JOIN LATERAL (
            SELECT delivery_id AS latest FROM delivery d
            WHERE d.account_id = a.account_id AND sealed_code IS NULL AND kind = ANY ($2::text[]) AND state <> 'withdrawn'
            ORDER BY delivery_id DESC LIMIT 1
        ) AS l ON true
        CROSS JOIN LATERAL (
            SELECT count(*) AS unread FROM (
                SELECT FROM delivery d
                WHERE d.account_id = a.account_id AND sealed_code IS NULL AND read_at IS NULL
                    AND kind = ANY ($2::text[]) AND state <> 'withdrawn'
                LIMIT $3
            ) AS u
        ) AS c
        """,
        list(account_ids),
        kinds,
        MOST_COUNTED,
    )
    return {row["account_id"]: Standing(row["unread"], row["latest"]) for row in rows}


async def mark_all_read(db: Connection, account_id: UUID, *, up_to: UUID | None, now: datetime) -> None:
    """up_to: the latest that the person has seen; None for all."""
    await db.execute(
        """
        UPDATE delivery SET read_at = $2
        WHERE account_id = $1 AND read_at IS NULL AND ($3::uuid IS NULL OR delivery_id <= $3)
        """,
        account_id,
        now,
        up_to,
    )


async def mark_read(db: Connection, account_id: UUID, delivery_id: UUID, *, now: datetime) -> None:
    await db.execute(
        "UPDATE delivery SET read_at = $3 WHERE delivery_id = $2 AND account_id = $1 AND read_at IS NULL",
        account_id,
        delivery_id,
        now,
    )


async def delete_older(db: Connection, boundary: UUID, *, limit: int) -> int:
    """How many went. boundary: an id; what waits to be sent stays."""
    status = await db.execute(
        """
        DELETE FROM delivery WHERE delivery_id = ANY (ARRAY(
            SELECT delivery_id FROM delivery WHERE delivery_id < $1 AND state <> 'waiting' ORDER BY delivery_id LIMIT $2
        ))
        """,
        boundary,
        limit,
    )
    return int(status.rpartition(" ")[2])
