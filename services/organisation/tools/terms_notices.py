"""Telling organisations of new terms before the day from which they are needed: once when they come, and once more some days before."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.organisation.organisations.store import lock_organisations
from services.organisation.publish import publish
from shared.db import Connection, Database
from shared.events.organisation import TermsAnnounced
from shared.formats import BRUSSELS

REMINDED = timedelta(days=7)
CHUNK = 100


@dataclass(frozen=True)
class Behind:
    """An organisation that has not accepted the terms of a tool. was_told: of these terms and this day, before."""

    organisation_id: UUID
    tool_id: str
    terms_version: str
    required_from: date
    was_told: bool


async def announce_terms(database: Database, *, now: datetime) -> None:
    """May be repeated: nobody is told twice. Terms that come within the days of the reminder are told once only."""
    while True:
        async with database.transaction() as db:
            count = await _announce_some(db, now=now)
        if count < CHUNK:
            return


async def _announce_some(db: Connection, *, now: datetime) -> int:
    today = now.astimezone(BRUSSELS).date()
    soon = today + REMINDED
    found = await _to_tell(db, today=today, soon=soon, limit=CHUNK)
    await lock_organisations(db, {one.organisation_id for one in found})
    events: list[TermsAnnounced] = []
    for one in found:
        is_last = one.required_from <= soon
        if await _insert_notice(db, one, is_reminder=is_last, now=now):
            events.append(
                TermsAnnounced(
                    organisation_id=one.organisation_id,
                    tool_id=one.tool_id,
                    terms_version=one.terms_version,
                    required_from=one.required_from,
                    is_reminder=is_last and one.was_told,
                )
            )
    await publish(db, events)
    return len(found)


async def _to_tell(db: Connection, *, today: date, soon: date, limit: int) -> list[Behind]:
    rows = await db.fetch(
        """
        WITH behind AS (
            SELECT DISTINCT r.organisation_id, t.id AS tool_id, t.terms_version, t.terms_required_from AS required_from
            FROM tool t JOIN registration r ON r.tool_id = t.id AND r.terms_version <> t.terms_version
            WHERE t.terms_required_from > $1
        ), told AS (
            SELECT b.*, count(n.*) > 0 AS was_told, coalesce(bool_or(n.is_reminder), false) AS was_reminded
            FROM behind b LEFT JOIN terms_notice n USING (organisation_id, tool_id, terms_version, required_from)
            GROUP BY b.organisation_id, b.tool_id, b.terms_version, b.required_from
        )
        SELECT organisation_id, tool_id, terms_version, required_from, was_told FROM told
        WHERE NOT was_told OR (required_from <= $2 AND NOT was_reminded)
        ORDER BY organisation_id, tool_id LIMIT $3
        """,
        today,
        soon,
        limit,
    )
    return [Behind(**row) for row in rows]


async def _insert_notice(db: Connection, one: Behind, *, is_reminder: bool, now: datetime) -> bool:
    """False where another did it meanwhile."""
    told = await db.fetchval(
        """
        INSERT INTO terms_notice (organisation_id, tool_id, terms_version, required_from, is_reminder, told_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ON CONSTRAINT terms_notice_pk DO NOTHING RETURNING tool_id
        """,
        one.organisation_id,
        one.tool_id,
        one.terms_version,
        one.required_from,
        is_reminder,
        now,
    )
    return told is not None
