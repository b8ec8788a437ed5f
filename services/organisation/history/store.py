"""The history of an organisation, one statement a function."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.organisation.history.rules import Entry, Wanted
from shared.db import Connection

# Who of support did something is not told, and so cannot be found out by asking for them (`STAFF_ORIGINS`) either.
_OF_ORGANISATION = """
    SELECT id, at, action, actor, account_id, origin, details FROM audit_log
    WHERE organisation_id = $1
      AND (at, id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::bigint, 9223372036854775807))
      AND at >= coalesce($4::timestamptz, '-infinity') AND at < coalesce($5::timestamptz, 'infinity')
      AND ($6::text IS NULL OR action = $6)
      AND ($7::text IS NULL OR (actor = $7 AND NOT starts_with(origin, 'staff ') AND NOT starts_with(origin, 'support ')))
      AND ($8::uuid IS NULL OR account_id = $8)
"""
_NEWEST_FIRST = " ORDER BY at DESC, id DESC LIMIT $9"

# The plan of a prepared statement does not know which filters are there. So each has a statement that leaves no doubt about its index;
# among several the one that leaves the least to look through comes first.
_STATEMENTS: Mapping[str, str] = {
    "account_id": _OF_ORGANISATION + " AND account_id = $8" + _NEWEST_FIRST,
    "actor": _OF_ORGANISATION + " AND actor = $7" + _NEWEST_FIRST,
    "action": _OF_ORGANISATION + " AND action = $6" + _NEWEST_FIRST,
    "": _OF_ORGANISATION + _NEWEST_FIRST,
}


@dataclass(frozen=True)
class Person:
    """name: empty where it is not known. is_erased: their account is gone."""

    name: str
    is_erased: bool


async def read_entries(db: Connection, organisation_id: UUID, wanted: Wanted, *, limit: int) -> list[Entry]:
    """The newest first."""
    rows = await db.fetch(statement_of(wanted), *arguments(organisation_id, wanted, limit))
    return [Entry(**row) for row in rows]


def statement_of(wanted: Wanted) -> str:
    return _STATEMENTS[next((name for name in _STATEMENTS if name and getattr(wanted, name) is not None), "")]


def arguments(organisation_id: UUID, wanted: Wanted, limit: int) -> tuple[object, ...]:
    return (
        organisation_id,
        wanted.after.at if wanted.after else None,
        wanted.after.id if wanted.after else None,
        wanted.begin,
        wanted.end,
        wanted.action,
        str(wanted.actor) if wanted.actor else None,
        wanted.account_id,
        limit,
    )


async def people(db: Connection, account_ids: Collection[UUID]) -> dict[UUID, Person]:
    rows = await db.fetch(
        """
        SELECT account_id, concat_ws(' ', first_name, last_name) AS name, is_erased FROM person
        WHERE account_id = ANY ($1::uuid[])
        """,
        list(account_ids),
    )
    return {row["account_id"]: Person(row["name"].strip(), row["is_erased"]) for row in rows}


async def tools_of(db: Connection, registration_ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """Tool and usage mode of each."""
    rows = await db.fetch(
        "SELECT id, tool_id, usage_mode FROM registration WHERE id = ANY ($1::uuid[])", list(registration_ids)
    )
    return {row["id"]: (row["tool_id"], row["usage_mode"]) for row in rows}


async def addresses_of(db: Connection, invitation_ids: Collection[UUID]) -> dict[UUID, str]:
    """Those that are not forgotten yet."""
    rows = await db.fetch("SELECT id, email FROM invitation WHERE id = ANY ($1::uuid[])", list(invitation_ids))
    return {row["id"]: row["email"] for row in rows}
