"""The append-only log of who did what, on whom, from where."""

from typing import Any
from uuid import UUID

from shared.db import Connection


async def record(
    db: Connection,
    action: str,
    *,
    actor: str,
    origin: str,
    organisation_id: UUID | None = None,
    account_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """actor: an account id, or the name of a service. account_id: on whom. details: no personal data, it stays for ever.

    origin: "session ..." of who acts, "support ..." of who acts for the platform: managers see them as support, without a name.
    """
    await db.execute(
        """
        INSERT INTO audit_log (actor, action, organisation_id, account_id, origin, details)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        actor,
        action,
        organisation_id,
        account_id,
        origin,
        details or {},
    )
