"""Codes that were mailed, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.accounts.rules import Code
from shared.db import Connection


@dataclass(frozen=True)
class TriedCode:
    """What became of a code when somebody entered something. was_right: it is used up now."""

    tries_left: int
    was_right: bool


async def find_code(db: Connection, account_id: UUID, purpose: str) -> Code | None:
    row = await db.fetchrow(
        """
        SELECT tries_left, sent_count, sent_at, expires_at, used_at IS NOT NULL AS is_used
        FROM account_code WHERE account_id = $1 AND purpose = $2
        """,
        account_id,
        purpose,
    )
    return _code(row) if row else None


async def save_code(db: Connection, account_id: UUID, purpose: str, code_hash: bytes, code: Code) -> None:
    """Takes the place of an earlier code for the same purpose."""
    await db.execute(
        """
        INSERT INTO account_code (account_id, purpose, code_hash, tries_left, sent_count, sent_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT account_code_pk DO UPDATE
        SET code_hash = excluded.code_hash, tries_left = excluded.tries_left, sent_count = excluded.sent_count,
            sent_at = excluded.sent_at, expires_at = excluded.expires_at, used_at = NULL
        """,
        account_id,
        purpose,
        code_hash,
        code.tries_left,
        code.sent_count,
        code.sent_at,
        code.expires_at,
    )


async def try_code(
    db: Connection, account_id: UUID, purpose: str, code_hash: bytes, *, now: datetime
) -> TriedCode | None:
    """Count a try and take the code, if it is the right one, in one statement: of many at once only one is right, and no try is free.

    None where there is nothing left to try.
    """
    row = await db.fetchrow(
        """
        UPDATE account_code
        SET tries_left = tries_left - 1, used_at = CASE WHEN code_hash = $3 THEN $4::timestamptz END
        WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL AND tries_left > 0 AND expires_at > $4
        RETURNING tries_left, used_at IS NOT NULL AS was_right
        """,
        account_id,
        purpose,
        code_hash,
        now,
    )
    return TriedCode(row["tries_left"], row["was_right"]) if row else None


async def void_codes(db: Connection, account_id: UUID, purposes: Sequence[str], *, now: datetime) -> None:
    """They can no longer be entered; how many were sent is not forgotten."""
    await db.execute(
        """
        UPDATE account_code SET expires_at = least(expires_at, $3)
        WHERE account_id = $1 AND purpose = ANY ($2::text[]) AND used_at IS NULL
        """,
        account_id,
        list(purposes),
        now,
    )


def _code(row: Any) -> Code:
    return Code(row["tries_left"], row["sent_count"], row["sent_at"], row["expires_at"], row["is_used"])
