"""The cards of the selection screen: one statement, a page at a time, along one index."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.db import Connection

FIRST_ID = UUID(int=0)
LOOKS = slice(0, 10)
"""The columns of a card that decide how one looks that can be started."""

OTHERS = """
    SELECT NULL::uuid AS registration_id, organisation_id, name, enterprise_number, '' AS usage_mode, '' AS role,
           false AS is_manager, logo, false AS is_tool_manager, 2::smallint AS rank, NULL::jsonb AS missing,
           state, false AS is_suspended, NULL::text AS suspended_reason, organisation_id AS card_id
    FROM employee JOIN organisation USING (organisation_id)
    WHERE account_id = $1 AND state = 'requested'
    UNION ALL
    SELECT registration_id, organisation_id, name, enterprise_number, usage_mode, q.role,
           false, logo, false, 2::smallint, NULL, 'asked', is_suspended, suspended_reason, registration_id
    FROM role_request AS q
    JOIN registration USING (registration_id, organisation_id)
    JOIN organisation USING (organisation_id)
    WHERE account_id = $1 AND q.tool_id = $2
    UNION ALL
    SELECT registration_id, organisation_id, name, enterprise_number, usage_mode, '', is_manager, logo,
           EXISTS (SELECT FROM tool_manager AS m WHERE m.registration_id = r.registration_id AND m.account_id = $1),
           3::smallint, NULL, 'without', is_suspended, suspended_reason, registration_id
    FROM employee
    JOIN registration AS r USING (organisation_id)
    JOIN organisation USING (organisation_id)
    WHERE account_id = $1 AND state = 'active' AND tool_id = $2
      AND registration_id NOT IN (SELECT registration_id FROM access WHERE account_id = $1 AND tool_id = $2)
      AND registration_id NOT IN (SELECT registration_id FROM role_request WHERE account_id = $1)
"""
"""What the person ($1) cannot start in the tool ($2) for want of a role: what they wait for (rank 2: a role, a manager's confirmation) and

where they work without one (rank 3)."""


WALLET = """
    coalesce(wallet.balance_cents <= 0, false) AS is_wallet_empty,
    coalesce(CASE WHEN wallet.balance_cents < greatest(wallet.low_threshold_cents, 1) THEN is_manager OR EXISTS (
        SELECT FROM wallet_viewer AS v WHERE v.organisation_id = wallet_id AND v.account_id = $1
    ) END, false) AS sees_low_wallet,
"""
"""What a card says of the organisation's wallet; that it is low only to those ($1) who may see it."""


@dataclass(frozen=True)
class Cursor:
    """After which card the page begins: its rank, organisation and id."""

    rank: int = -1
    name: str = ""
    id: UUID = FIRST_ID


async def cards_of(db: Connection, account_id: UUID, tool_id: str, *, after: Cursor, limit: int) -> list[Any]:
    """What the person may use the tool as; then what they wait for (rank 2: a role, a manager's confirmation) and where they work

    without a role in the tool (rank 3). Those are looked for only where the page has room for them.
    """
    return await db.fetch(
        """
        WITH held AS MATERIALIZED (
            SELECT registration_id, organisation_id, organisation_name, enterprise_number, usage_mode, role, is_manager,
                   organisation_logo, is_tool_manager, rank, CASE WHEN rank > 0 THEN missing END AS missing, employee_state,
                   is_suspended, suspended_reason, registration_id AS card_id
            FROM access
            WHERE account_id = $1 AND tool_id = $2 AND (rank, organisation_name, registration_id) > ($3, $4, $5)
            ORDER BY rank, organisation_name, registration_id
            LIMIT $6
        ), others AS (
            """  # noqa: S608 - all are constants
        + OTHERS
        + """
        )
        SELECT card.registration_id, card.organisation_id, organisation_name, enterprise_number, usage_mode, role, is_manager,
               organisation_logo,
        """
        + WALLET
        + """
               is_tool_manager, rank, missing, employee_state, is_suspended, suspended_reason
        FROM (
            SELECT * FROM held
            UNION ALL
            (SELECT * FROM others
             WHERE (SELECT count(*) FROM held) < $6 AND (rank, name, card_id) > ($3, $4, $5)
             ORDER BY rank, name, card_id
             LIMIT $6)
        ) AS card
        LEFT JOIN wallet ON wallet_id = card.organisation_id
        ORDER BY rank, organisation_name, card_id
        LIMIT $6
        """,
        account_id,
        tool_id,
        after.rank,
        after.name,
        after.id,
        limit,
    )


async def managers_of(db: Connection, organisation_ids: list[UUID]) -> dict[UUID, list[str]]:
    """The names of those to speak to, a few in each organisation."""
    rows = await db.fetch(
        """
        SELECT wanted.organisation_id, names
        FROM unnest($1::uuid[]) AS wanted (organisation_id), LATERAL (SELECT ARRAY (
            SELECT concat_ws(' ', first_name, last_name) FROM employee JOIN account USING (account_id)
            WHERE employee.organisation_id = wanted.organisation_id AND is_manager AND employee.state = 'active'
            ORDER BY last_name, first_name LIMIT 3
        ) AS names) AS found
        """,
        organisation_ids,
    )
    return {row["organisation_id"]: row["names"] for row in rows}


async def find_organisation(db: Connection, account_id: UUID, *, id: UUID | None, number: str | None) -> Any | None:  # noqa: A002
    """By id or by enterprise number, with what the person is there (`employee_state`, None for a stranger)."""
    return await db.fetchrow(
        """
        SELECT organisation.organisation_id, name, enterprise_number, is_closed, state AS employee_state, is_manager
        FROM organisation
        LEFT JOIN employee ON employee.organisation_id = organisation.organisation_id AND account_id = $1
        WHERE organisation.organisation_id = $2 OR enterprise_number = $3
        """,
        account_id,
        id,
        number,
    )


async def cards_in(db: Connection, account_id: UUID, tool_id: str, organisation_id: UUID) -> list[Any]:
    """What the person may use the tool as in this one organisation."""
    return await db.fetch(
        """
        SELECT registration_id, organisation_id, organisation_name, enterprise_number, usage_mode, role, is_manager,
               organisation_logo,
        """  # noqa: S608 - all are constants
        + WALLET
        + """
               is_tool_manager, rank, missing, employee_state, is_suspended, suspended_reason
        FROM access
        LEFT JOIN wallet ON wallet_id = organisation_id
        WHERE account_id = $1 AND tool_id = $2 AND organisation_id = $3
        ORDER BY rank, usage_mode, registration_id
        """,
        account_id,
        tool_id,
        organisation_id,
    )


async def search_cards(
    db: Connection, account_id: UUID, tool_id: str, *, words: str, digits: str, roles: list[str], limit: int
) -> list[Any]:
    """Among all cards of the person. words: part of the organisation's name; digits: of its number; roles: whose names fit."""
    return await db.fetch(
        """
        WITH card AS (
            SELECT registration_id, organisation_id, organisation_name, enterprise_number, usage_mode, role, is_manager,
                   organisation_logo, is_tool_manager, rank, missing, employee_state, is_suspended, suspended_reason,
                   registration_id AS card_id
            FROM access
            WHERE account_id = $1 AND tool_id = $2
            UNION ALL
            """  # noqa: S608 - all are constants
        + OTHERS
        + """
        )
        SELECT card.registration_id, card.organisation_id, organisation_name, enterprise_number, usage_mode, role, is_manager,
               organisation_logo,
        """
        + WALLET
        + """
               is_tool_manager, rank, missing, employee_state, is_suspended, suspended_reason
        FROM card
        LEFT JOIN wallet ON wallet_id = card.organisation_id
        WHERE strpos(lower(organisation_name), lower($3)) > 0
           OR ($4 <> '' AND strpos(enterprise_number, $4) > 0) OR role = ANY ($5)
        ORDER BY rank, organisation_name, card_id
        LIMIT $6
        """,
        account_id,
        tool_id,
        words,
        digits,
        roles,
        limit,
    )


async def find_card(db: Connection, account_id: UUID, registration_id: UUID, tool_id: str) -> Any | None:
    return await db.fetchrow(
        """
        SELECT organisation_id, organisation_name, enterprise_number, usage_mode, role, rank
        FROM access
        WHERE account_id = $1 AND registration_id = $2 AND tool_id = $3
        """,
        account_id,
        registration_id,
        tool_id,
    )


async def recognitions_held(db: Connection, account_id: UUID) -> list[str]:
    rows = await db.fetch(
        "SELECT kind FROM recognition WHERE account_id = $1 AND (valid_until IS NULL OR valid_until >= current_date) ORDER BY kind",
        account_id,
    )
    return [row["kind"] for row in rows]
