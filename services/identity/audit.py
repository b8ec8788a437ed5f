"""The service's audit log: who did what, on whom, when, from where, why. It only grows; the database refuses anything else."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shared.db import Connection


async def record(
    db: Connection,
    action: str,
    *,
    now: datetime,
    actor: str,
    account_id: UUID | None = None,
    client_address: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """actor: "account:<id>", "client:<id>", "service:<name>" or "anonymous". details: no names, addresses or numbers of people."""
    await db.execute(
        """
        INSERT INTO audit_log (at, actor, action, account_id, client_address, details) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        now,
        actor,
        action,
        account_id,
        client_address,
        dict(details or {}),
    )


def person(account_id: UUID) -> str:
    return f"account:{account_id}"
