"""Refunds of top-ups, one statement a function."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.returns.rules import RefundState, TopUpRefund
from shared.db import Connection


async def insert_refund(db: Connection, refund: TopUpRefund) -> None:
    await db.execute(
        """
        INSERT INTO top_up_refund (id, top_up_id, amount_cents, reason, requested_by, provider, reference, state, created_at, ended_at,
            transaction_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        refund.id,
        refund.top_up_id,
        refund.amount_cents,
        refund.reason,
        refund.requested_by,
        refund.provider,
        refund.reference,
        refund.state,
        refund.created_at,
        refund.ended_at,
        refund.transaction_id,
    )


async def find_refund(db: Connection, refund_id: UUID) -> TopUpRefund | None:
    row = await db.fetchrow(
        """
        SELECT id, top_up_id, amount_cents, reason, requested_by, provider, reference, state, created_at, ended_at, transaction_id,
               void_transaction_id
        FROM top_up_refund WHERE id = $1
        """,
        refund_id,
    )
    return _refund(row) if row else None


async def refunds_of(db: Connection, top_up_id: UUID) -> list[TopUpRefund]:
    """Oldest first. Under the lock of the top-up they stay as they are."""
    rows = await db.fetch(
        """
        SELECT id, top_up_id, amount_cents, reason, requested_by, provider, reference, state, created_at, ended_at, transaction_id,
               void_transaction_id
        FROM top_up_refund WHERE top_up_id = $1 ORDER BY created_at, id
        """,
        top_up_id,
    )
    return [_refund(row) for row in rows]


async def set_state(
    db: Connection,
    refund_id: UUID,
    state: RefundState,
    *,
    reference: str | None,
    ended_at: datetime | None,
    void_transaction_id: UUID | None,
    next_check_at: datetime | None,
) -> None:
    await db.execute(
        """
        UPDATE top_up_refund SET state = $2, reference = coalesce($3, reference), ended_at = $4, void_transaction_id = $5,
            next_check_at = $6
        WHERE id = $1
        """,
        refund_id,
        state,
        reference,
        ended_at,
        void_transaction_id,
        next_check_at,
    )


async def take_due(db: Connection, *, now: datetime, limit: int) -> list[tuple[UUID, datetime, str, str]]:
    """Lock pending refunds about which the provider should have been asked: (id, made at, provider, payment)."""
    rows = await db.fetch(
        """
        SELECT r.id, r.created_at, t.provider, t.reference FROM top_up_refund r JOIN top_up t ON t.id = r.top_up_id
        WHERE r.next_check_at <= $1 ORDER BY r.next_check_at LIMIT $2 FOR UPDATE OF r SKIP LOCKED
        """,
        now,
        limit,
    )
    return [(row["id"], row["created_at"], row["provider"], row["reference"]) for row in rows]


async def set_next_check(db: Connection, refund_id: UUID, next_check_at: datetime | None) -> None:
    await db.execute("UPDATE top_up_refund SET next_check_at = $2 WHERE id = $1", refund_id, next_check_at)


def _refund(row: Any) -> TopUpRefund:
    values: dict[str, Any] = dict(row)
    state = RefundState(values.pop("state"))
    return TopUpRefund(**values, state=state)
