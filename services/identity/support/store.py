"""Staff, their cases, and what they see, one statement a function."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.support.rules import MAX_FOUND, Case, Search
from shared.db import Connection

_AUDIT_ENTRIES = 100


async def save_staff(db: Connection, account_id: UUID, role: str, *, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO staff (account_id, role, appointed_at) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT staff_pk DO UPDATE SET role = excluded.role
        """,
        account_id,
        role,
        now,
    )


async def delete_staff(db: Connection, account_id: UUID) -> bool:
    return await db.execute("DELETE FROM staff WHERE account_id = $1", account_id) == "DELETE 1"


async def find_role(db: Connection, account_id: UUID) -> str | None:
    return await db.fetchval("SELECT role FROM staff WHERE account_id = $1", account_id)


async def find_staff(db: Connection) -> list[dict[str, Any]]:
    rows = await db.fetch(
        """
        SELECT s.account_id, a.username, s.role, s.appointed_at
        FROM staff AS s JOIN account AS a ON a.id = s.account_id ORDER BY a.username_key
        """
    )
    return [dict(row) for row in rows]


async def find_accounts(db: Connection, search: Search) -> list[UUID]:
    """Exactly one id, address or username; or names that begin so. Pending accounts too: they are the ones who ask for help."""
    if search.by == "name":
        rows = await db.fetch(
            """
            SELECT id FROM account
            WHERE lower(last_name) LIKE $1 AND lower(first_name) LIKE $2
            ORDER BY lower(last_name), lower(first_name), id LIMIT $3
            """,
            _prefix(search.key),
            _prefix(search.first),
            MAX_FOUND,
        )
    else:
        rows = await db.fetch(
            """
            SELECT id FROM account
            WHERE ($1 = 'id' AND id::text = $2) OR ($1 = 'email' AND email_key = $2) OR ($1 = 'username' AND username_key = $2)
            """,
            search.by,
            search.key,
        )
    return [row["id"] for row in rows]


async def find_summaries(db: Connection, account_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """In the order of the names."""
    rows = await db.fetch(
        """
        SELECT a.id, a.username, a.first_name, a.last_name, a.email, a.state, l.account_id IS NOT NULL AS eid_linked
        FROM account AS a LEFT JOIN eid_link AS l ON l.account_id = a.id
        WHERE a.id = ANY ($1::uuid[]) ORDER BY lower(a.last_name), lower(a.first_name), a.id
        """,
        list(account_ids),
    )
    return [dict(row) for row in rows]


async def insert_case(db: Connection, case: Case) -> None:
    await db.execute(
        """
        INSERT INTO support_case (id, staff_id, account_id, reason, opened_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        case.id,
        case.staff_id,
        case.account_id,
        case.reason,
        case.opened_at,
        case.expires_at,
    )


async def find_case(db: Connection, case_id: UUID, staff_id: UUID, *, now: datetime) -> Case | None:
    row = await db.fetchrow(
        """
        SELECT id, staff_id, account_id, reason, opened_at, expires_at FROM support_case
        WHERE id = $1 AND staff_id = $2 AND expires_at > $3
        """,
        case_id,
        staff_id,
        now,
    )
    return Case(**row) if row else None


async def find_cases_of(db: Connection, staff_id: UUID, *, now: datetime) -> list[dict[str, Any]]:
    """Those that are open, newest first."""
    rows = await db.fetch(
        """
        SELECT c.id, c.reason, c.opened_at, a.username, a.first_name, a.last_name
        FROM support_case AS c JOIN account AS a ON a.id = c.account_id
        WHERE c.staff_id = $1 AND c.expires_at > $2 ORDER BY c.opened_at DESC LIMIT 50
        """,
        staff_id,
        now,
    )
    return [dict(row) for row in rows]


async def find_facts(db: Connection, account_id: UUID, *, now: datetime) -> dict[str, Any]:
    """What an account's row alone does not say: its link, factors, sessions, codes."""
    rows = await db.fetch(
        """
        SELECT a.created_at, a.activated_at, a.terms_version, a.terms_accepted_at,
               l.linked_at AS eid_linked_at, l.kind AS eid_kind, l.valid_until AS eid_valid_until,
               l.certificate_ending AS eid_certificate_ending,
               (SELECT count(*) FROM passkey WHERE account_id = a.id) AS passkeys,
               EXISTS (SELECT FROM totp WHERE account_id = a.id AND is_in_use) AS has_totp,
               (SELECT count(*) FROM session WHERE account_id = a.id AND ended_at IS NULL AND expires_at > $2) AS sessions,
               (SELECT max(last_seen_at) FROM session WHERE account_id = a.id) AS last_seen_at
        FROM account AS a LEFT JOIN eid_link AS l ON l.account_id = a.id
        WHERE a.id = $1
        """,
        account_id,
        now,
    )
    return dict(rows[0])


async def find_codes(db: Connection, account_id: UUID) -> list[dict[str, Any]]:
    rows = await db.fetch(
        """
        SELECT purpose, sent_at, expires_at, tries_left, used_at FROM account_code WHERE account_id = $1 ORDER BY sent_at DESC
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def find_audit(db: Connection, account_id: UUID) -> list[dict[str, Any]]:
    """What happened to an account, newest first."""
    rows = await db.fetch(
        """
        SELECT l.at, l.action, l.actor, p.reason
        FROM audit_log AS l LEFT JOIN audit_private AS p ON p.audit_id = l.id
        WHERE l.account_id = $1 ORDER BY l.id DESC LIMIT $2
        """,
        account_id,
        _AUDIT_ENTRIES,
    )
    return [dict(row) for row in rows]


async def delete_old_cases(db: Connection, *, before: datetime) -> None:
    """What was done under them stays in the audit log."""
    await db.execute("DELETE FROM support_case WHERE expires_at < $1", before)


def _prefix(text: str) -> str:
    """For LIKE: begins with this text, whatever signs it holds."""
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, f"\\{sign}")
    return f"{text}%"
