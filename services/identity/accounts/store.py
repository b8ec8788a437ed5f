"""Accounts, one statement a function."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.identity.accounts.emails import email_key
from services.identity.accounts.names import username_key
from services.identity.accounts.rules import Account, Candidate
from shared.db import Connection
from shared.events.identity import Language

USERNAME_UNIQUE = "account_username_unique"
EMAIL_UNIQUE = "account_email_unique"


async def insert_account(
    db: Connection, account_id: UUID, candidate: Candidate, password_hash: str, *, now: datetime
) -> None:
    """Violates USERNAME_UNIQUE or EMAIL_UNIQUE where someone else was faster."""
    await db.execute(
        """
        INSERT INTO account (
            id, username, username_key, email, email_key, first_name, last_name, language, password_hash,
            terms_version, terms_accepted_at, created_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
        """,
        account_id,
        candidate.username,
        username_key(candidate.username),
        candidate.email,
        email_key(candidate.email),
        candidate.first_name,
        candidate.last_name,
        candidate.language,
        password_hash,
        candidate.terms_version,
        now,
    )


async def find_taken(db: Connection, *, username: str, email: str) -> tuple[bool, bool]:
    """Whether the username is taken, and whether the address is."""
    rows = await db.fetch(
        """
        SELECT EXISTS (SELECT FROM account WHERE username_key = $1) AS username_taken,
               EXISTS (SELECT FROM account WHERE email_key = $2) AS email_taken
        """,
        username_key(username),
        email_key(email),
    )
    return rows[0]["username_taken"], rows[0]["email_taken"]


async def find_owner_of_username(db: Connection, key: str) -> UUID | None:
    return await db.fetchval("SELECT id FROM account WHERE username_key = $1", key)


async def find_owner_of_email(db: Connection, key: str) -> UUID | None:
    return await db.fetchval("SELECT id FROM account WHERE email_key = $1", key)


async def find_taken_usernames(db: Connection, candidates: list[str]) -> set[str]:
    rows = await db.fetch(
        "SELECT username_key FROM account WHERE username_key = ANY ($1::text[])",
        [username_key(candidate) for candidate in candidates],
    )
    return {row["username_key"] for row in rows}


async def find_account(db: Connection, account_id: UUID) -> Account | None:
    row = await db.fetchrow(
        """
        SELECT a.id, a.version, a.state, a.username, a.email, a.first_name, a.last_name, a.birth_date, a.sex, a.language,
               a.password_hash, a.terms_version, l.account_id IS NOT NULL AS is_eid_linked,
               EXISTS (SELECT FROM passkey AS p WHERE p.account_id = a.id)
               OR EXISTS (SELECT FROM totp AS t WHERE t.account_id = a.id AND t.is_in_use) AS has_second_factor,
               (SELECT s.role FROM staff AS s WHERE s.account_id = a.id) AS staff_role
        FROM account AS a LEFT JOIN eid_link AS l ON l.account_id = a.id
        WHERE a.id = $1
        """,
        account_id,
    )
    return account_of(row) if row else None


async def find_account_id(db: Connection, *, username: str | None, email: str | None) -> UUID | None:
    """By the one or the other; only accounts whose address is confirmed can be found."""
    return await db.fetchval(
        "SELECT id FROM account WHERE state = 'active' AND (username_key = $1 OR email_key = $2)",
        None if username is None else username_key(username),
        None if email is None else email_key(email),
    )


async def lock_account(db: Connection, account_id: UUID) -> None:
    """Nobody else changes the account until the transaction ends. A session that is touched too comes first: one order, no deadlock."""
    await db.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id)


async def lock_password_hash(db: Connection, account_id: UUID) -> str | None:
    """As `lock_account`; None when there is no such account any more."""
    return await db.fetchval("SELECT password_hash FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id)


async def bump_version(db: Connection, account_id: UUID) -> int:
    """The version of the next event; locks the account for the rest of the transaction. The account must exist."""
    rows = await db.fetch("UPDATE account SET version = version + 1 WHERE id = $1 RETURNING version", account_id)
    return rows[0]["version"]


async def activate_account(db: Connection, account_id: UUID, *, now: datetime) -> bool:
    """False when it was active already."""
    status = await db.execute(
        "UPDATE account SET state = 'active', activated_at = $2 WHERE id = $1 AND state = 'pending'", account_id, now
    )
    return status == "UPDATE 1"


async def set_language(db: Connection, account_id: UUID, language: Language) -> None:
    await db.execute("UPDATE account SET language = $2 WHERE id = $1", account_id, language)


async def set_terms(db: Connection, account_id: UUID, terms_version: str, *, now: datetime) -> None:
    await db.execute(
        "UPDATE account SET terms_version = $2, terms_accepted_at = $3 WHERE id = $1", account_id, terms_version, now
    )


async def lock_stale_pending(db: Connection, *, before: datetime, now: datetime, limit: int) -> list[UUID]:
    """Pending accounts made before `before`, of which no code can be entered any more."""
    rows = await db.fetch(
        """
        SELECT id FROM account AS a
        WHERE state = 'pending' AND created_at < $1
          AND NOT EXISTS (SELECT FROM account_code AS c WHERE c.account_id = a.id AND c.expires_at > $2)
        ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED
        """,
        before,
        now,
        limit,
    )
    return [row["id"] for row in rows]


async def delete_account(db: Connection, account_id: UUID) -> None:
    """What hangs on it goes with it."""
    await db.execute("DELETE FROM account WHERE id = $1", account_id)


async def set_password_hash(db: Connection, account_id: UUID, password_hash: str) -> None:
    await db.execute("UPDATE account SET password_hash = $2 WHERE id = $1", account_id, password_hash)


async def set_card_data(
    db: Connection, account_id: UUID, *, first_name: str, last_name: str, birth_date: date | None, sex: str | None
) -> None:
    await db.execute(
        "UPDATE account SET first_name = $2, last_name = $3, birth_date = $4, sex = $5 WHERE id = $1",
        account_id,
        first_name,
        last_name,
        birth_date,
        sex,
    )


def account_of(row: Any) -> Account:
    return Account(
        id=row["id"],
        version=row["version"],
        state=row["state"],
        username=row["username"],
        email=row["email"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        birth_date=row["birth_date"],
        sex=row["sex"],
        language=row["language"],
        password_hash=row["password_hash"],
        is_eid_linked=row["is_eid_linked"],
        terms_version=row["terms_version"],
        has_second_factor=row["has_second_factor"],
        staff_role=row.get("staff_role") or "",
    )
