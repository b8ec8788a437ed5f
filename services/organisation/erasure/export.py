"""What this service knows of one person, for themselves. Nobody else's data: colleagues appear as that someone did something."""

from uuid import UUID

from shared.db import Connection

_MAX_ROWS = 20_000


async def export_of(db: Connection, account_id: UUID) -> dict[str, object]:
    return {
        "name": await _name(db, account_id),
        "memberships": await _memberships(db, account_id),
        "expected_memberships": await _expected(db, account_id),
        "invitations": await _invitations(db, account_id),
        "lookups": await _lookups(db, account_id),
        "access": await _access(db, account_id),
        "tools_managed": await _tools_managed(db, account_id),
        "role_requests": await _role_requests(db, account_id),
        "mandates": await _mandates(db, account_id),
        "terms_accepted": await _terms_accepted(db, account_id),
        "recognitions": await _recognitions(db, account_id),
        "log": await _log(db, account_id),
    }


async def _name(db: Connection, account_id: UUID) -> dict[str, object] | None:
    row = await db.fetchrow("SELECT first_name, last_name FROM person WHERE account_id = $1", account_id)
    return dict(row) if row else None


async def _memberships(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT o.name AS organisation, o.enterprise_number, e.type, e.email, e.phone, e.fax, e.state, e.manager, e.since,
               o.created_by = $1 AS created_by_you
        FROM employee e JOIN organisation o ON o.id = e.organisation_id WHERE e.account_id = $1 ORDER BY e.since
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _expected(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """What an older tool said about organisations that are not here yet."""
    rows = await db.fetch(
        """
        SELECT enterprise_number, type, email, manager, expected_at FROM expected_employee
        WHERE account_id = $1 ORDER BY enterprise_number
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _invitations(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """Those by mail that the person accepted, as long as they are kept. What went to others is theirs."""
    rows = await db.fetch(
        """
        SELECT o.name AS organisation, i.email, i.type, i.manager, i.invited_at, i.ended_at AS answered_at
        FROM invitation i JOIN organisation o ON o.id = i.organisation_id WHERE i.account_id = $1 ORDER BY i.id
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _lookups(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """Of the last day: that the person looked for somebody, or was found."""
    rows = await db.fetch(
        """
        SELECT o.name AS organisation, l.at, l.manager_id = $1 AS by_you, l.account_id = $1 AS of_you
        FROM employee_lookup l JOIN organisation o ON o.id = l.organisation_id
        WHERE l.manager_id = $1 OR l.account_id = $1 ORDER BY l.id
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _access(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT o.name AS organisation, a.tool_id AS tool, a.usage_mode, a.role, a.usable, a.granted_at
        FROM access a JOIN organisation o ON o.id = a.organisation_id WHERE a.account_id = $1 ORDER BY a.granted_at
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _tools_managed(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT o.name AS organisation, r.tool_id AS tool, r.usage_mode, m.appointed_at
        FROM tool_manager m JOIN registration r ON r.id = m.registration_id JOIN organisation o ON o.id = m.organisation_id
        WHERE m.account_id = $1 ORDER BY m.appointed_at
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _role_requests(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT o.name AS organisation, r.tool_id AS tool, r.usage_mode, q.role, q.requested_at, q.outcome, q.answer, q.ended_at
        FROM role_request q JOIN registration r ON r.id = q.registration_id JOIN organisation o ON o.id = q.organisation_id
        WHERE q.account_id = $1 ORDER BY q.requested_at
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _mandates(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """Registrations that stand under a recognition of the person, or were made by them."""
    rows = await db.fetch(
        """
        SELECT o.name AS organisation, r.tool_id AS tool, r.usage_mode, r.state, r.registered_at, r.terms_version,
               r.registered_by = $1 AS registered_by_you,
               CASE WHEN r.mandated_account_id = $1 THEN r.mandated_recognition END AS under_your_recognition
        FROM registration r JOIN organisation o ON o.id = r.organisation_id
        WHERE r.mandated_account_id = $1 OR r.registered_by = $1 ORDER BY r.registered_at
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _terms_accepted(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """For which organisation the person accepted which terms of which tool."""
    rows = await db.fetch(
        """
        SELECT o.name AS organisation, a.tool_id AS tool, a.terms_version, a.accepted_at
        FROM terms_acceptance a JOIN organisation o ON o.id = a.organisation_id
        WHERE a.accepted_by = $1 ORDER BY a.accepted_at
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def _recognitions(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        "SELECT kind, source, valid_until FROM recognition_held WHERE account_id = $1 ORDER BY kind, source", account_id
    )
    return [dict(row) for row in rows]


async def _log(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """The last entries of the audit log that the person wrote, or that are about them."""
    rows = await db.fetch(
        """
        SELECT l.at, l.action, o.name AS organisation, l.actor = $2 AS by_you, l.account_id = $1 AS about_you
        FROM audit_log l LEFT JOIN organisation o ON o.id = l.organisation_id
        WHERE l.account_id = $1 OR l.actor = $2 ORDER BY l.id DESC LIMIT $3
        """,
        account_id,
        str(account_id),
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]
