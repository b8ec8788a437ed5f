"""What identity knows of one person, for themselves. Secrets are not told, only that they exist; staff is nobody by name."""

from uuid import UUID

from services.identity.keys.rules import MasterKey
from services.identity.legacy.attaching import attached_of
from shared.db import Connection

_MAX_ROWS = 20_000


async def export_of(db: Connection, account_id: UUID, *, master: MasterKey) -> dict[str, object]:
    return {
        "account": await _account(db, account_id),
        "profile": await _profile(db, account_id),
        "new_email": await db.fetchval("SELECT email FROM email_change WHERE account_id = $1", account_id),
        "identity_card": await _identity_card(db, account_id),
        "second_factors": await _factors(db, account_id),
        "sessions": await _sessions(db, account_id),
        "tool_sessions": await _grants(db, account_id),
        "devices": await _devices(db, account_id),
        "older_accounts": await _older_accounts(db, account_id, master),
        "support_cases": await _support_cases(db, account_id),
        "log": await _log(db, account_id),
    }


async def _account(db: Connection, account_id: UUID) -> dict[str, object] | None:
    row = await db.fetchrow(
        """
        SELECT id, username, email, first_name, last_name, birth_date, sex, language, state, terms_version,
               terms_accepted_at, created_at, activated_at
        FROM account WHERE id = $1
        """,
        account_id,
    )
    return dict(row) if row else None


async def _profile(db: Connection, account_id: UUID) -> dict[str, object] | None:
    row = await db.fetchrow(
        """
        SELECT salutation, country, official_language, phones, addresses, links, changed_at
        FROM profile WHERE account_id = $1
        """,
        account_id,
    )
    return dict(row) if row else None


async def _identity_card(db: Connection, account_id: UUID) -> dict[str, object] | None:
    row = await db.fetchrow(
        """
        SELECT kind, certificate_ending, valid_until, linked_at, renewed_at, used_at FROM eid_link WHERE account_id = $1
        """,
        account_id,
    )
    return dict(row) if row else None


async def _factors(db: Connection, account_id: UUID) -> dict[str, object]:
    passkeys = await db.fetch(
        "SELECT name, is_synced, created_at, last_used_at FROM passkey WHERE account_id = $1 ORDER BY created_at",
        account_id,
    )
    row = await db.fetchrow(
        """
        SELECT (SELECT created_at FROM totp WHERE account_id = $1 AND is_in_use) AS authenticator_app_since,
               (SELECT count(*) FROM recovery_code WHERE account_id = $1 AND used_at IS NULL) AS recovery_codes_left
        """,
        account_id,
    )
    return {"passkeys": [dict(passkey) for passkey in passkeys], **(dict(row) if row else {})}


async def _sessions(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT created_at, last_seen_at, ended_at, acr, amr, user_agent, client_address
        FROM session WHERE account_id = $1 ORDER BY created_at DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def _grants(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT created_at, ended_at, tool_id AS tool, organisation_name AS organisation, enterprise_number, usage_mode,
               role, recognitions
        FROM oidc_grant WHERE account_id = $1 ORDER BY created_at DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def _devices(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        "SELECT first_seen_at, last_seen_at FROM known_device WHERE account_id = $1 ORDER BY first_seen_at", account_id
    )
    return [dict(row) for row in rows]


async def _older_accounts(db: Connection, account_id: UUID, master: MasterKey) -> list[dict[str, object]]:
    found = await attached_of(db, account_id, master=master)
    return [{"tool": one.tool_id, "attached_at": one.attached_at, "username": name} for one, name in found]


async def _support_cases(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        "SELECT opened_at, reason FROM support_case WHERE account_id = $1 ORDER BY opened_at", account_id
    )
    return [dict(row) for row in rows]


async def _log(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """The last entries of the audit log about the person, under this account and those that became part of it. reason: the staff's."""
    rows = await db.fetch(
        """
        WITH RECURSIVE theirs (id) AS (
            SELECT $1::uuid UNION SELECT m.account_id FROM merged_account m JOIN theirs t ON m.into_id = t.id
        )
        SELECT l.at, l.action, l.actor = 'account:' || l.account_id AS by_you, p.client_address, p.reason
        FROM audit_log l LEFT JOIN audit_private p ON p.audit_id = l.id
        WHERE l.account_id IN (SELECT id FROM theirs) ORDER BY l.id DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]
