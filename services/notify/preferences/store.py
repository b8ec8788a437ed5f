"""Which mails people chose, one statement a function."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.notify.digests.rules import Choice
from shared.db import Connection

Scope = tuple[UUID, str, UUID | None]
"""Account, topic, organisation: None for all that have no choice of their own."""


async def choices_of(db: Connection, account_ids: Collection[UUID]) -> dict[Scope, Choice]:
    rows = await db.fetch(
        "SELECT account_id, topic, organisation_id, choice FROM mail_preference WHERE account_id = ANY ($1::uuid[])",
        list(account_ids),
    )
    return {(row["account_id"], row["topic"], row["organisation_id"]): row["choice"] for row in rows}


async def replace_choices(
    db: Connection, account_id: UUID, organisation_id: UUID | None, choices: Mapping[str, str]
) -> None:
    """Of this organisation, or of all: what is not in `choices` is as it is for who said nothing."""
    await db.execute(
        "DELETE FROM mail_preference WHERE account_id = $1 AND organisation_id IS NOT DISTINCT FROM $2",
        account_id,
        organisation_id,
    )
    await _insert(db, account_id, organisation_id, choices)


async def stop(db: Connection, account_id: UUID, topics: Sequence[str]) -> None:
    """No mail of these topics any more, from whatever organisation."""
    await db.execute(
        "DELETE FROM mail_preference WHERE account_id = $1 AND topic = ANY ($2::text[])", account_id, list(topics)
    )
    await _insert(db, account_id, None, dict.fromkeys(topics, "site"))


async def lock_choices(db: Connection, account_id: UUID) -> None:
    """Two who change them at once do so one after the other."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('mail_preference' || $1, 0))", str(account_id))


async def organisations_of(db: Connection, account_id: UUID) -> list[tuple[UUID, str]]:
    """By name: those about which the person is told something for what they are there, or has chosen something."""
    rows = await db.fetch(
        """
        SELECT organisation_id, name FROM organisation WHERE organisation_id IN (
            SELECT organisation_id FROM manager WHERE account_id = $1
            UNION SELECT organisation_id FROM access WHERE account_id = $1
            UNION SELECT organisation_id FROM tool_manager WHERE account_id = $1
            UNION SELECT organisation_id FROM mandate WHERE account_id = $1
            UNION SELECT organisation_id FROM wallet_viewer WHERE account_id = $1
            UNION SELECT organisation_id FROM mail_preference WHERE account_id = $1
        ) ORDER BY lower(name), organisation_id
        """,
        account_id,
    )
    return [(row["organisation_id"], row["name"]) for row in rows]


async def delete_of(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM mail_preference WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM mail_burst WHERE account_id = $1", account_id)


async def export_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT topic, organisation_id, choice FROM mail_preference WHERE account_id = $1
        ORDER BY topic, organisation_id NULLS FIRST
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _insert(db: Connection, account_id: UUID, organisation_id: UUID | None, choices: Mapping[str, str]) -> None:
    await db.execute(
        """
        INSERT INTO mail_preference (account_id, organisation_id, topic, choice)
        SELECT $1, $2, topic, choice FROM unnest($3::text[], $4::text[]) AS c (topic, choice)
        """,
        account_id,
        organisation_id,
        list(choices),
        list(choices.values()),
    )
