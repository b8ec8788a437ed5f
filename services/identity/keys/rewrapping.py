"""Another master key: whatever the old one wraps is wrapped by the new one, batch by batch, and can be read all the while.

Everything in the database that `MasterKey.wrap` made stands in WRAPPED; a test looks for a column that does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.identity.keys.handlers import data_key_purpose
from services.identity.keys.rules import MasterKey
from services.identity.keys.signing import purpose_of
from services.identity.legacy.store import legacy_purpose
from shared.db import Connection

BATCH = 500


@dataclass(frozen=True)
class Wrapped:
    """One column. find: `id`, `wrapped` and more of up to $2 rows not wrapped by $1. save: $1 ids, $2 wrapped, $3 by which key."""

    table: str
    find: str
    save: str
    count: str
    purpose: Callable[[Any], str]


WRAPPED: tuple[Wrapped, ...] = (
    Wrapped(
        "data_key",
        """
        SELECT subject AS id, version, wrapped FROM data_key WHERE wrapped_by <> $1 AND wrapped IS NOT NULL
        ORDER BY subject LIMIT $2 FOR UPDATE
        """,
        """
        UPDATE data_key AS k SET wrapped = n.wrapped, wrapped_by = $3
        FROM unnest($1::uuid[], $2::bytea[]) AS n (id, wrapped) WHERE k.subject = n.id
        """,
        "SELECT count(*) FROM data_key WHERE wrapped_by <> $1 AND wrapped IS NOT NULL",
        lambda row: data_key_purpose(row["id"], version=row["version"]),
    ),
    Wrapped(
        "signing_key",
        "SELECT kid AS id, wrapped FROM signing_key WHERE wrapped_by <> $1 ORDER BY kid LIMIT $2 FOR UPDATE",
        """
        UPDATE signing_key AS k SET wrapped = n.wrapped, wrapped_by = $3
        FROM unnest($1::text[], $2::bytea[]) AS n (id, wrapped) WHERE k.kid = n.id
        """,
        "SELECT count(*) FROM signing_key WHERE wrapped_by <> $1",
        lambda row: purpose_of(row["id"]),
    ),
    Wrapped(
        "wrapped_secret",
        "SELECT name AS id, wrapped FROM wrapped_secret WHERE wrapped_by <> $1 ORDER BY name LIMIT $2 FOR UPDATE",
        """
        UPDATE wrapped_secret AS k SET wrapped = n.wrapped, wrapped_by = $3
        FROM unnest($1::text[], $2::bytea[]) AS n (id, wrapped) WHERE k.name = n.id
        """,
        "SELECT count(*) FROM wrapped_secret WHERE wrapped_by <> $1",
        lambda row: str(row["id"]),
    ),
    Wrapped(
        "legacy_account",
        """
        SELECT source_key AS id, wrapped FROM legacy_account WHERE wrapped_by <> $1 AND wrapped IS NOT NULL
        ORDER BY source_key LIMIT $2 FOR UPDATE
        """,
        """
        UPDATE legacy_account AS k SET wrapped = n.wrapped, wrapped_by = $3
        FROM unnest($1::bytea[], $2::bytea[]) AS n (id, wrapped) WHERE k.source_key = n.id
        """,
        "SELECT count(*) FROM legacy_account WHERE wrapped_by <> $1 AND wrapped IS NOT NULL",
        lambda row: legacy_purpose(row["id"]),
    ),
)


async def rewrap(db: Connection, master: MasterKey, *, limit: int = BATCH) -> int:
    """How many were wrapped anew, up to `limit`. Raises KeyUnreadable when one was wrapped by a key that is not given."""
    done = 0
    for wrapped in WRAPPED:
        rows = await db.fetch(wrapped.find, master.id, limit - done)
        ids = [row["id"] for row in rows]
        anew = [
            master.wrap(purpose, master.unwrap(purpose, row["wrapped"]))
            for row, purpose in ((row, wrapped.purpose(row)) for row in rows)
        ]
        if ids:
            await db.execute(wrapped.save, ids, anew, master.id)
        done += len(ids)
    return done


async def count_left(db: Connection, master: MasterKey) -> int:
    return sum([await db.fetchval(wrapped.count, master.id) for wrapped in WRAPPED])
