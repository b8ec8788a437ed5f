"""What this service knows of one person, for themselves."""

from uuid import UUID

from services.recognition import store
from shared.db import Connection
from shared.sealed import Keyring

_MAX_ROWS = 20_000


async def export_of(db: Connection, account_id: UUID, keyring: Keyring) -> dict[str, object]:
    """The keyring holds the person's key."""
    subject = await store.find_subject(db, account_id)
    number = subject.national_number if subject else None
    return {
        "national_number": keyring.open(number, "national_number") if number else None,
        "recognitions": await _recognitions(db, account_id),
        "changes": await _changes(db, account_id),
        "evidence": await _evidence(db, account_id),
        "inquiries": await _inquiries(db, account_id),
        "log": await _log(db, account_id),
    }


async def _recognitions(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT kind, registry, number, valid_from, valid_until, counts_until, state, fetched_at
        FROM recognition WHERE account_id = $1 ORDER BY kind, registry
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _changes(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT at, kind, source, change, why, number, valid_from, valid_until
        FROM recognition_change WHERE account_id = $1 ORDER BY id DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def _evidence(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        "SELECT at, kind, statement, file_name, media_type FROM evidence WHERE account_id = $1 ORDER BY id", account_id
    )
    return [dict(row) for row in rows]


async def _inquiries(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        "SELECT registry, state, asked_at, answered_at, as_of FROM inquiry WHERE account_id = $1 ORDER BY registry",
        account_id,
    )
    return [dict(row) for row in rows]


async def _log(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT at, action, actor = $2 AS by_you FROM audit_log WHERE account_id = $1 ORDER BY id DESC LIMIT $3
        """,
        account_id,
        str(account_id),
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]
