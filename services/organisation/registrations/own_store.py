"""An organisation's registrations as one of its employees sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.organisation.tools.rules import Entry, UsageMode
from shared.db import Connection


@dataclass(frozen=True)
class Ended:
    role: str
    outcome: str
    answer: str
    ended_at: datetime


@dataclass(frozen=True)
class OwnRegistration:
    """role, requested: the employee's own. held_roles: those that anybody has. requests: how many wait for an answer."""

    registration_id: UUID
    tool_id: str
    entry: Entry
    mode: UsageMode
    state: str
    suspended_reason: str | None
    role: str | None
    requested: str | None
    ended: Ended | None
    is_tool_manager: bool
    held_roles: frozenset[str]
    requests: int


async def own_registrations(
    db: Connection, organisation_id: UUID, account_id: UUID, *, since: datetime
) -> list[OwnRegistration]:
    """since: what was answered before is not told any more."""
    rows = await db.fetch(
        """
        SELECT r.id, r.tool_id, r.usage_mode, r.state, r.suspended_reason, t.entry, a.role, waiting.role AS requested,
               m.account_id IS NOT NULL AS is_tool_manager,
               ARRAY (SELECT u.id FROM usage_mode_role u WHERE (u.tool_id, u.usage_mode) = (r.tool_id, r.usage_mode)
                      AND EXISTS (SELECT FROM access x WHERE x.registration_id = r.id AND x.role = u.id)) AS held_roles,
               (SELECT count(*) FROM role_request q WHERE q.registration_id = r.id AND q.outcome IS NULL) AS requests,
               ended.role AS ended_role, ended.outcome, ended.answer, ended.ended_at
        FROM registration r
        JOIN tool t ON t.id = r.tool_id
        LEFT JOIN access a ON a.registration_id = r.id AND a.account_id = $2
        LEFT JOIN tool_manager m ON m.registration_id = r.id AND m.account_id = $2
        LEFT JOIN role_request waiting
            ON waiting.registration_id = r.id AND waiting.account_id = $2 AND waiting.outcome IS NULL
        LEFT JOIN LATERAL (
            SELECT q.role, q.outcome, q.answer, q.ended_at FROM role_request q
            WHERE q.account_id = $2 AND q.organisation_id = $1 AND q.registration_id = r.id AND q.ended_at >= $3
            ORDER BY q.ended_at DESC LIMIT 1) AS ended ON true
        WHERE r.organisation_id = $1 ORDER BY r.tool_id, r.usage_mode
        """,
        organisation_id,
        account_id,
        since,
    )
    return [own for row in rows if (own := _own(row)) is not None]


def _own(row: Any) -> OwnRegistration | None:
    entry = Entry.model_validate(row["entry"])
    mode = entry.usage_mode(row["usage_mode"])
    if mode is None:
        return None
    ended = Ended(row["ended_role"], row["outcome"], row["answer"], row["ended_at"]) if row["outcome"] else None
    return OwnRegistration(
        registration_id=row["id"],
        tool_id=row["tool_id"],
        entry=entry,
        mode=mode,
        state=row["state"],
        suspended_reason=row["suspended_reason"],
        role=row["role"],
        requested=row["requested"],
        ended=ended,
        is_tool_manager=row["is_tool_manager"],
        held_roles=frozenset(row["held_roles"]),
        requests=row["requests"],
    )
