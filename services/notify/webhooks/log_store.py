"""The log of what each tool is told, one statement a function.

`add_...` are called by handlers whose statements are gathered: they only execute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Connection

_LOCK_KEY = 0x1AA0_0611


@dataclass(frozen=True)
class Fact:
    """What happened, before it is known whom it concerns. event_id: `ce_id` of the event. account_id: whom it is about."""

    type: str
    event_id: UUID
    occurred_at: datetime
    organisation_id: UUID
    account_id: UUID | None
    data: Mapping[str, Any]


@dataclass(frozen=True)
class ToolEvent:
    """One entry of a tool's log."""

    cursor: int
    organisation_id: UUID
    type: str
    event_id: UUID
    occurred_at: datetime
    account_id: UUID | None
    data: dict[str, Any]


@dataclass(frozen=True)
class Feed:
    """How far a tool's log goes, and up to where it is forgotten."""

    last_cursor: int = 0
    pruned_through: int = 0


async def add_for_tool(db: Connection, tool_id: str, fact: Fact) -> None:
    """Unless the organisation no longer uses the tool. One of which nothing is known yet has registered it in another topic."""
    await db.execute(
        """
        INSERT INTO tool_event_new (tool_id, organisation_id, type, event_id, occurred_at, account_id, data)
        SELECT $1, $2, $3::text, $4::uuid, $5::timestamptz, $6::uuid, $7::jsonb
        WHERE EXISTS (SELECT FROM webhook_registration WHERE organisation_id = $2 AND tool_id = $1 AND NOT is_ended)
           OR NOT EXISTS (SELECT FROM webhook_registration WHERE organisation_id = $2 AND tool_id = $1)
        """,
        tool_id,
        *_values(fact),
    )


async def add_for_all(db: Connection, fact: Fact) -> None:
    """To each tool that the organisation uses."""
    await db.execute(
        """
        INSERT INTO tool_event_new (tool_id, organisation_id, type, event_id, occurred_at, account_id, data)
        SELECT tool_id, $1, $2::text, $3::uuid, $4::timestamptz, $5::uuid, $6::jsonb
        FROM (SELECT DISTINCT tool_id FROM webhook_registration WHERE organisation_id = $1 AND NOT is_ended) AS t
        ORDER BY tool_id
        """,
        *_values(fact),
    )


async def add_renamed(db: Connection, fact: Fact, name: str, enterprise_number: str | None) -> None:
    """The same, where the name or the number is another one than before, which is kept."""
    await db.execute(
        """
        WITH before AS (SELECT name, enterprise_number FROM webhook_organisation WHERE organisation_id = $1),
        kept AS (
            INSERT INTO webhook_organisation AS known (organisation_id, name, enterprise_number) VALUES ($1, $7, $8)
            ON CONFLICT ON CONSTRAINT webhook_organisation_pk DO UPDATE
            SET name = excluded.name, enterprise_number = coalesce(excluded.enterprise_number, known.enterprise_number)
        )
        INSERT INTO tool_event_new (tool_id, organisation_id, type, event_id, occurred_at, account_id, data)
        SELECT tool_id, $1, $2::text, $3::uuid, $4::timestamptz, $5::uuid, $6::jsonb
        FROM (SELECT DISTINCT tool_id FROM webhook_registration WHERE organisation_id = $1 AND NOT is_ended) AS t
        WHERE NOT EXISTS (SELECT FROM before WHERE name = $7 AND enterprise_number IS NOT DISTINCT FROM coalesce($8, enterprise_number))
        ORDER BY tool_id
        """,
        *_values(fact),
        name,
        enterprise_number,
    )


async def add_for_access(db: Connection, fact: Fact, *, tells_usable: bool) -> None:
    """For each access that the person has in the organisation: it ends, or begins anew, without having changed.

    tells_usable: as the beginning of one does.
    """
    await db.execute(
        """
        INSERT INTO tool_event_new (tool_id, organisation_id, type, event_id, occurred_at, account_id, data)
        SELECT r.tool_id, $1, $2::text, md5($3::uuid::text || r.registration_id || a.role)::uuid, $4::timestamptz, $5,
            jsonb_build_object('registration_id', r.registration_id, 'usage_mode', r.usage_mode, 'role', a.role) || $6::jsonb
            || CASE WHEN $7 THEN jsonb_build_object('usable', a.is_usable) ELSE '{}'::jsonb END
        FROM webhook_access a JOIN webhook_registration r USING (registration_id)
        WHERE r.organisation_id = $1 AND a.account_id = $5 AND NOT r.is_ended
        ORDER BY r.tool_id, r.registration_id, a.role
        """,
        *_values(fact),
        tells_usable,
    )


async def add_recognition(db: Connection, fact: Fact, kind: str) -> None:
    """To each tool that asks about this kind where the person has access, once for each organisation.

    The organisation of the fact is not looked at: a recognition is a person's.
    """
    await db.execute(
        """
        INSERT INTO tool_event_new (tool_id, organisation_id, type, event_id, occurred_at, account_id, data)
        SELECT tool_id, organisation_id, $1::text, md5($2::uuid::text || tool_id || organisation_id)::uuid, $3::timestamptz, $4,
            $5::jsonb
        FROM (
            SELECT DISTINCT r.tool_id, r.organisation_id
            FROM webhook_access a JOIN webhook_registration r USING (registration_id) JOIN webhook_tool t USING (tool_id)
            WHERE a.account_id = $4 AND NOT r.is_ended AND (t.needs -> r.usage_mode) ? $6::text
        ) AS concerned
        ORDER BY tool_id, organisation_id
        """,
        fact.type,
        fact.event_id,
        fact.occurred_at,
        fact.account_id,
        dict(fact.data),
        kind,
    )


async def number(db: Connection, *, limit: int) -> int | None:
    """Give what is committed its place in the logs, and have it sent to the tools' addresses. How many.

    None: another process does it at this moment. Only one at a time may, until its commit, so that a cursor which anybody can see
    has all smaller ones before it; rows of one organisation come in the order in which they were committed.
    """
    if not await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK_KEY):
        return None
    return await db.fetchval(
        """
        WITH taken AS (
            DELETE FROM tool_event_new WHERE n = ANY (ARRAY(SELECT n FROM tool_event_new ORDER BY n LIMIT $1))
            RETURNING n, tool_id, organisation_id, type, event_id, occurred_at, account_id, data
        ), feeds AS (
            INSERT INTO tool_feed AS f (tool_id, last_cursor)
            SELECT tool_id, count(*) FROM taken GROUP BY tool_id
            ON CONFLICT ON CONSTRAINT tool_feed_pk DO UPDATE SET last_cursor = f.last_cursor + excluded.last_cursor
            RETURNING tool_id, last_cursor
        ), numbered AS (
            SELECT t.*, f.last_cursor - count(*) OVER (PARTITION BY tool_id)
                + row_number() OVER (PARTITION BY tool_id ORDER BY n) AS cursor
            FROM taken t JOIN feeds f USING (tool_id)
        ), logged AS (
            INSERT INTO tool_event (tool_id, cursor, organisation_id, type, event_id, occurred_at, account_id, data)
            SELECT tool_id, cursor, organisation_id, type, event_id, occurred_at, account_id, data FROM numbered
        ), sent AS (
            INSERT INTO webhook_delivery (endpoint_id, tool_id, cursor, organisation_id)
            SELECT e.endpoint_id, n.tool_id, n.cursor, n.organisation_id
            FROM numbered n JOIN webhook_endpoint e USING (tool_id)
            WHERE e.off_at IS NULL AND (e.types = '{}' OR n.type = ANY (e.types))
            ORDER BY n.cursor
            RETURNING endpoint_id
        ), woken AS (
            UPDATE webhook_endpoint SET next_at = now() WHERE endpoint_id IN (SELECT endpoint_id FROM sent)
        )
        SELECT count(*) FROM taken
        """,
        limit,
    )


async def unnumbered_age_s(db: Connection) -> float:
    return await db.fetchval(
        "SELECT coalesce(extract(epoch FROM now() - min(added_at)), 0)::float8 FROM tool_event_new"
    )


async def read(
    db: Connection, tool_id: str, *, after: int, through: int, types: Sequence[str], limit: int
) -> list[ToolEvent]:
    """through: the last cursor wanted. types: none for all."""
    rows = await db.fetch(
        """
        SELECT cursor, organisation_id, type, event_id, occurred_at, account_id, data FROM tool_event
        WHERE tool_id = $1 AND cursor > $2 AND cursor <= $3 AND ($4::text[] = '{}' OR type = ANY ($4)) ORDER BY cursor LIMIT $5
        """,
        tool_id,
        after,
        through,
        list(types),
        limit,
    )
    return [ToolEvent(**row) for row in rows]


async def find(db: Connection, tool_id: str, cursors: Sequence[int]) -> dict[int, ToolEvent]:
    """By cursor; without those that are forgotten."""
    rows = await db.fetch(
        """
        SELECT cursor, organisation_id, type, event_id, occurred_at, account_id, data FROM tool_event
        WHERE tool_id = $1 AND cursor = ANY ($2::bigint[])
        """,
        tool_id,
        list(cursors),
    )
    return {row["cursor"]: ToolEvent(**row) for row in rows}


async def feed_of(db: Connection, tool_id: str) -> Feed:
    row = await db.fetchrow("SELECT last_cursor, pruned_through FROM tool_feed WHERE tool_id = $1", tool_id)
    return Feed(**row) if row else Feed()


async def last_cursors(db: Connection, tool_ids: Sequence[str]) -> dict[str, int]:
    rows = await db.fetch("SELECT tool_id, last_cursor FROM tool_feed WHERE tool_id = ANY ($1::text[])", list(tool_ids))
    return {row["tool_id"]: row["last_cursor"] for row in rows}


async def prune(db: Connection, *, before: datetime, limit: int) -> int:
    """Forget the oldest entries, and remember up to where: whoever comes with an older cursor is told."""
    return await db.fetchval(
        """
        WITH gone AS (
            DELETE FROM tool_event WHERE (tool_id, cursor) IN (
                SELECT tool_id, cursor FROM tool_event WHERE logged_at < $1 ORDER BY logged_at LIMIT $2
            )
            RETURNING tool_id, cursor
        ), remembered AS (
            UPDATE tool_feed f SET pruned_through = greatest(f.pruned_through, g.last)
            FROM (SELECT tool_id, max(cursor) AS last FROM gone GROUP BY tool_id) AS g WHERE f.tool_id = g.tool_id
        )
        SELECT count(*) FROM gone
        """,
        before,
        limit,
    )


async def told_about(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        "SELECT occurred_at AS at, tool_id AS tool, type AS kind FROM tool_event WHERE account_id = $1 ORDER BY logged_at DESC LIMIT 20000",
        account_id,
    )
    return [dict(row) for row in rows]


def _values(fact: Fact) -> tuple[Any, ...]:
    return (fact.organisation_id, fact.type, fact.event_id, fact.occurred_at, fact.account_id, dict(fact.data))
