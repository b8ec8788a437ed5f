"""The append-only record of who decided what about a wallet. Money itself stands in the book."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.db import Connection

Action = Literal[
    "viewer-allowed",
    "viewer-dismissed",
    "threshold-changed",
    "transferred",
    "received",
    "top-up-refunded",
    "adjustment-requested",
    "adjustment-booked",
    "adjustment-rejected",
    "adjustment-withdrawn",
    "frozen",
    "unfrozen",
    "bank-transfer-attributed",
    "bank-transfer-undone",
    "stray-payment-settled",
    "billing-changed",
    "plan-bought",
    "credits-bought",
    "plan-renewal-on",
    "plan-renewal-off",
]


@dataclass(frozen=True)
class Entry:
    """account_id: on whom. reason: as staff wrote it."""

    at: datetime
    actor: UUID
    by_staff: bool
    action: str
    account_id: UUID | None
    reason: str | None
    details: dict[str, Any]


async def record(
    db: Connection,
    organisation_id: UUID | None,
    action: Action,
    *,
    actor: UUID,
    now: datetime,
    by_staff: bool = False,
    account_id: UUID | None = None,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """organisation_id: None for what is about money that is no wallet's. details: no personal data, it stays for ever."""
    await db.execute(
        """
        INSERT INTO wallet_audit (organisation_id, at, actor, by_staff, action, account_id, reason, details)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        organisation_id,
        now,
        actor,
        by_staff,
        action,
        account_id,
        reason,
        dict(details or {}),
    )


async def latest(db: Connection, organisation_id: UUID, *, limit: int) -> list[Entry]:
    """Latest first."""
    rows = await db.fetch(
        """
        SELECT at, actor, by_staff, action, account_id, reason, details FROM wallet_audit
        WHERE organisation_id = $1 ORDER BY id DESC LIMIT $2
        """,
        organisation_id,
        limit,
    )
    return [Entry(**row) for row in rows]
