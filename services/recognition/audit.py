"""The append-only log of who did what, on whom, from where."""

from collections.abc import Mapping
from uuid import UUID

from shared.db import Connection


async def record(
    db: Connection,
    action: str,
    account_id: UUID,
    *,
    actor: str,
    origin: str,
    details: Mapping[str, str] | None = None,
) -> None:
    """actor: an account id, or the name of a service. account_id: on whom."""
    await db.execute(
        "INSERT INTO audit_log (actor, action, account_id, origin, details) VALUES ($1, $2, $3, $4, $5)",
        actor,
        action,
        account_id,
        origin,
        dict(details or {}),
    )
