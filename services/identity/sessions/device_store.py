"""Known devices, and sessions as their owner sees them; one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identity.sessions.rules import SessionPolicy
from shared.db import Connection


@dataclass(frozen=True)
class SeenSession:
    """client_address: as it is counted, an IPv4 address or an IPv6 network. tool_ids: that were started in it and are open."""

    id: UUID
    acr: str
    created_at: datetime
    last_seen_at: datetime
    user_agent: str
    client_address: str
    tool_ids: tuple[str, ...]


async def find_sessions(
    db: Connection, account_id: UUID, policy: SessionPolicy, *, now: datetime
) -> Sequence[SeenSession]:
    """Those that are open, the one used last first."""
    rows = await db.fetch(
        """
        SELECT s.id, s.acr, s.created_at, s.last_seen_at, s.user_agent, s.client_address,
               ARRAY(
                   SELECT DISTINCT g.tool_id FROM oidc_grant AS g
                   WHERE g.session_id = s.id AND g.ended_at IS NULL ORDER BY g.tool_id
               ) AS tool_ids
        FROM session AS s
        WHERE s.account_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3
        ORDER BY s.last_seen_at DESC, s.id
        """,
        account_id,
        now,
        policy.seen_after(now),
    )
    return [
        SeenSession(
            id=row["id"],
            acr=row["acr"],
            created_at=row["created_at"],
            last_seen_at=row["last_seen_at"],
            user_agent=row["user_agent"],
            client_address=row["client_address"],
            tool_ids=tuple(row["tool_ids"]),
        )
        for row in rows
    ]


async def forget_devices(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM known_device WHERE last_seen_at < $1", before)
