"""The cards of the selection screen: one statement, a page at a time, along one index."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.db import Connection

FIRST_ID = UUID(int=0)
LOOKS = slice(0, 8)
"""The columns of a card that decide how one looks that can be started."""


@dataclass(frozen=True)
class Cursor:
    """After which card the page begins: its rank, organisation and id."""

    rank: int = -1
    name: str = ""
    id: UUID = FIRST_ID


async def cards_of(db: Connection, account_id: UUID, tool_id: str, *, after: Cursor, limit: int) -> list[Any]:
    """What the person may use the tool as, then where they still wait for confirmation (rank 2, no registration)."""
    return await db.fetch(
        """
        SELECT card.registration_id, card.organisation_id, organisation_name, enterprise_number, usage_mode, role, is_manager,
               coalesce(wallet.balance_cents <= 0, false) AS is_wallet_empty, rank, missing, employee_state, is_suspended,
               suspended_reason
        FROM (
            (SELECT registration_id, organisation_id, organisation_name, enterprise_number, usage_mode, role, is_manager, rank,
                    CASE WHEN rank > 0 THEN missing END AS missing, employee_state, is_suspended, suspended_reason,
                    registration_id AS card_id
             FROM access
             WHERE account_id = $1 AND tool_id = $2 AND (rank, organisation_name, registration_id) > ($3, $4, $5)
             ORDER BY rank, organisation_name, registration_id
             LIMIT $6)
            UNION ALL
            (SELECT NULL, organisation_id, name, enterprise_number, '', '', false, 2::smallint,
                    '[]', state, false, NULL, organisation_id
             FROM employee JOIN organisation USING (organisation_id)
             WHERE account_id = $1 AND state = 'requested' AND (2::smallint, name, organisation_id) > ($3, $4, $5)
             ORDER BY name, organisation_id
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


async def find_organisation(db: Connection, account_id: UUID, *, id: UUID | None, number: str | None) -> Any | None:  # noqa: A002
    """By id or by enterprise number, with what the person is there (`employee_state`, None for a stranger)."""
    return await db.fetchrow(
        """
        SELECT organisation.organisation_id, name, enterprise_number, state AS employee_state, is_manager
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
               coalesce(wallet.balance_cents <= 0, false) AS is_wallet_empty, rank, missing, employee_state, is_suspended,
               suspended_reason
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
    """Among the person's own cards. words: part of the organisation's name; digits: of its number; roles: whose names fit."""
    return await db.fetch(
        """
        SELECT registration_id, organisation_id, organisation_name, enterprise_number, usage_mode, role, is_manager,
               coalesce(wallet.balance_cents <= 0, false) AS is_wallet_empty, rank, missing, employee_state, is_suspended,
               suspended_reason
        FROM access
        LEFT JOIN wallet ON wallet_id = organisation_id
        WHERE account_id = $1 AND tool_id = $2
          AND (strpos(lower(organisation_name), lower($3)) > 0
               OR ($4 <> '' AND strpos(enterprise_number, $4) > 0) OR role = ANY ($5))
        ORDER BY rank, organisation_name, registration_id
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
