"""Adjustments, one statement a function."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.wallet.adjustments.rules import Adjustment, Reason, State, Wish
from shared.db import Connection

_LATELY = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """A transaction as it stands on the statement of one of the wallets."""

    number: int
    id: UUID
    kind: str
    tool_id: str | None
    description: str
    unit: str
    amount_cents: int
    balance_after_cents: int
    at: datetime


async def lock_adjustments_of(db: Connection, organisation_id: UUID) -> None:
    """One at a time for each organisation, so that two at once do not both find that they are the first today."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"adjustment {organisation_id}")


async def alone_lately(db: Connection, wish: Wish, *, now: datetime) -> int:
    return await db.fetchval(
        """
        SELECT coalesce(sum(abs(amount_cents)), 0)::bigint FROM adjustment
        WHERE organisation_id = $1 AND unit = $2 AND state = 'booked' AND NOT needs_second AND requested_at > $3
        """,
        wish.organisation_id,
        wish.unit,
        now - _LATELY,
    )


async def insert_adjustment(db: Connection, adjustment: Adjustment) -> bool:
    """False when one with this id is there already."""
    wish = adjustment.wish
    status = await db.execute(
        """
        INSERT INTO adjustment (id, organisation_id, unit, amount_cents, reason, description, needs_second, state, requested_by,
                                requested_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT ON CONSTRAINT adjustment_pk DO NOTHING
        """,
        adjustment.id,
        wish.organisation_id,
        wish.unit,
        wish.amount_cents,
        wish.reason,
        wish.description,
        adjustment.needs_second,
        adjustment.state,
        adjustment.requested_by,
        adjustment.requested_at,
        adjustment.expires_at,
    )
    return status == "INSERT 0 1"


async def lock_adjustment(db: Connection, adjustment_id: UUID) -> Adjustment | None:
    row = await db.fetchrow(
        """
        SELECT id, organisation_id, unit, amount_cents, reason, description, needs_second, state, requested_by, requested_at,
               expires_at, decided_by, decided_at
        FROM adjustment WHERE id = $1 FOR NO KEY UPDATE
        """,
        adjustment_id,
    )
    return _adjustment(row) if row else None


async def decide(
    db: Connection,
    adjustment_id: UUID,
    state: State,
    *,
    decided_by: UUID,
    now: datetime,
    transaction_id: UUID | None = None,
) -> None:
    await db.execute(
        "UPDATE adjustment SET state = $2, decided_by = $3, decided_at = $4, transaction_id = $5 WHERE id = $1",
        adjustment_id,
        state,
        decided_by,
        now,
        transaction_id,
    )


async def expire(db: Connection, *, now: datetime) -> None:
    await db.execute(
        "UPDATE adjustment SET state = 'expired', decided_at = $1 WHERE state = 'requested' AND expires_at <= $1", now
    )


async def expire_of(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """What this person asked for."""
    await db.execute(
        "UPDATE adjustment SET state = 'expired', decided_at = $2 WHERE state = 'requested' AND requested_by = $1",
        account_id,
        now,
    )


async def waiting(db: Connection, *, now: datetime, limit: int) -> list[Adjustment]:
    """Oldest first."""
    rows = await db.fetch(
        """
        SELECT id, organisation_id, unit, amount_cents, reason, description, needs_second, state, requested_by, requested_at,
               expires_at, decided_by, decided_at
        FROM adjustment WHERE state = 'requested' AND expires_at > $1 ORDER BY requested_at LIMIT $2
        """,
        now,
        limit,
    )
    return [_adjustment(row) for row in rows]


async def latest_of(db: Connection, organisation_id: UUID, *, limit: int) -> list[Adjustment]:
    """Latest first, whatever became of them."""
    rows = await db.fetch(
        """
        SELECT id, organisation_id, unit, amount_cents, reason, description, needs_second, state, requested_by, requested_at,
               expires_at, decided_by, decided_at
        FROM adjustment WHERE organisation_id = $1 ORDER BY requested_at DESC, id DESC LIMIT $2
        """,
        organisation_id,
        limit,
    )
    return [_adjustment(row) for row in rows]


async def has_unit(db: Connection, organisation_id: UUID, unit: str, tool_id: str) -> bool:
    """Whether the organisation has, or could have, credits of this tool."""
    return await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM wallet WHERE organisation_id = $1 AND unit = $2)
            OR EXISTS (SELECT FROM registration WHERE organisation_id = $1 AND tool_id = $3)
        """,
        organisation_id,
        unit,
        tool_id,
    )


async def latest_lines(db: Connection, organisation_id: UUID, *, limit: int) -> list[Line]:
    """What was booked last in any of its units, latest first."""
    rows = await db.fetch(
        """
        SELECT e.number, t.id, t.kind, t.tool_id, t.description, e.unit, e.amount_cents, e.balance_after_cents, t.booked_at AS at
        FROM wallet w
        CROSS JOIN LATERAL (
            SELECT transaction_id, number, unit, amount_cents, balance_after_cents FROM ledger_entry
            WHERE wallet_id = w.id ORDER BY number DESC LIMIT $2
        ) e
        JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE w.organisation_id = $1 ORDER BY t.booked_at DESC, e.number DESC LIMIT $2
        """,
        organisation_id,
        limit,
    )
    return [Line(**row) for row in rows]


def _adjustment(row: Any) -> Adjustment:
    values: dict[str, Any] = dict(row)
    wish = Wish(
        organisation_id=values.pop("organisation_id"),
        unit=values.pop("unit"),
        amount_cents=values.pop("amount_cents"),
        reason=Reason(values.pop("reason")),
        description=values.pop("description"),
    )
    return Adjustment(wish=wish, state=State(values.pop("state")), **values)
