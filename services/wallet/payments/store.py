"""What payments did to the book, what came in that no wallet can have, and what webhooks said. One statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.wallet.payments.port import Payment
from shared.db import Connection

Kind = Literal["paid", "refund", "refund-void", "chargeback", "chargeback-void"]
StrayReason = Literal["unknown", "amount-mismatch"]


@dataclass(frozen=True)
class Effect:
    """part: the refund's or chargeback's own id; '' for the payment itself."""

    kind: Kind
    part: str
    transaction_id: UUID
    amount_cents: int


@dataclass(frozen=True)
class StrayPayment:
    """Money that came in and is in no wallet. top_up_id: what it was meant for, where that is known."""

    provider: str
    reference: str
    top_up_id: UUID | None
    organisation_id: UUID | None
    amount_cents: int
    currency: str
    reason: str
    found_at: datetime


async def insert_effect(db: Connection, provider: str, reference: str, effect: Effect) -> None:
    """The last guard of "once": raises UniqueViolationError of `payment_effect_once` for the second one."""
    await db.execute(
        """
        INSERT INTO payment_effect (provider, reference, kind, part, transaction_id, amount_cents) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        provider,
        reference,
        effect.kind,
        effect.part,
        effect.transaction_id,
        effect.amount_cents,
    )


async def effects_of(db: Connection, provider: str, reference: str) -> list[Effect]:
    """Oldest first: their ids are in the order of time."""
    rows = await db.fetch(
        """
        SELECT kind, part, transaction_id, amount_cents FROM payment_effect WHERE provider = $1 AND reference = $2
        ORDER BY transaction_id
        """,
        provider,
        reference,
    )
    return [Effect(**row) for row in rows]


async def insert_stray(
    db: Connection, provider: str, payment: Payment, reason: StrayReason, *, top_up_id: UUID | None, now: datetime
) -> bool:
    """False when it is known."""
    status = await db.execute(
        """
        INSERT INTO stray_payment (provider, reference, top_up_id, amount_cents, currency, reason, found_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT stray_payment_pk DO NOTHING
        """,
        provider,
        payment.reference,
        top_up_id,
        payment.amount_cents,
        payment.currency,
        reason,
        now,
    )
    return status == "INSERT 0 1"


async def open_strays(db: Connection, *, limit: int) -> list[StrayPayment]:
    """Oldest first."""
    rows = await db.fetch(
        """
        SELECT s.provider, s.reference, s.top_up_id, t.wallet_id AS organisation_id, s.amount_cents, s.currency, s.reason, s.found_at
        FROM stray_payment s LEFT JOIN top_up t ON t.id = s.top_up_id
        WHERE s.settled_at IS NULL ORDER BY s.found_at, s.reference LIMIT $1
        """,
        limit,
    )
    return [StrayPayment(**row) for row in rows]


async def settle_stray(
    db: Connection, provider: str, reference: str, note: str, *, by: UUID, now: datetime
) -> StrayPayment | None:
    """None when there is no open one."""
    row = await db.fetchrow(
        """
        UPDATE stray_payment s SET settled_at = $4, settled_by = $3, note = $5
        WHERE provider = $1 AND reference = $2 AND settled_at IS NULL
        RETURNING provider, reference, top_up_id, (SELECT wallet_id FROM top_up WHERE id = s.top_up_id) AS organisation_id,
                  amount_cents, currency, reason, found_at
        """,
        provider,
        reference,
        by,
        now,
        note,
    )
    return StrayPayment(**row) if row else None


async def note_notice(db: Connection, provider: str, reference: str, *, now: datetime) -> tuple[bool, datetime | None]:
    """Whether a top-up has this payment, and when the provider was asked about it before this."""
    row = await db.fetchrow(
        """
        UPDATE top_up t SET checked_at = $3
        FROM (SELECT id, checked_at FROM top_up WHERE provider = $1 AND reference = $2 FOR UPDATE) before
        WHERE t.id = before.id RETURNING before.checked_at
        """,
        provider,
        reference,
        now,
    )
    return row is not None, row["checked_at"] if row else None


async def may_ask_about_strangers(db: Connection, provider: str, job: str, *, limit: int) -> bool:
    """Whether some top-up waits to learn which payment is its own, and fewer than `limit` payments wait to be asked about."""
    return await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM top_up WHERE provider = $1 AND reference IS NULL AND next_check_at IS NOT NULL)
            AND (SELECT count(*) FROM (SELECT FROM job WHERE kind = $2 LIMIT $3) waiting) < $3
        """,
        provider,
        job,
        limit,
    )


async def unsettled(
    db: Connection, provider: str, payments: Sequence[Payment], parts: Sequence[tuple[str, Kind, str]]
) -> set[str]:
    """Of what the provider lists, the payments that have done less to the book than they should.

    payments: those that were opened. parts: (payment, kind, part) of what went back.
    """
    rows = await db.fetch(
        """
        SELECT p.reference FROM unnest($2::text[], $3::text[], $4::uuid[]) AS p (reference, status, top_up_id)
        LEFT JOIN top_up t ON t.provider = $1 AND t.reference = p.reference
        LEFT JOIN stray_payment s ON s.provider = $1 AND s.reference = p.reference
        WHERE s.reference IS NULL AND CASE
            WHEN p.status = 'paid' THEN t.id IS NULL OR t.state <> 'completed'
            WHEN t.id IS NULL THEN EXISTS (
                SELECT FROM top_up o WHERE o.id = p.top_up_id AND o.provider = $1 AND o.reference IS NULL AND o.state = 'created')
            ELSE p.status IN ('failed', 'canceled', 'expired') AND t.state IN ('created', 'pending')
        END
        UNION
        SELECT w.reference FROM unnest($5::text[], $6::text[], $7::text[]) AS w (reference, kind, part)
        JOIN top_up t ON t.provider = $1 AND t.reference = w.reference
        WHERE NOT EXISTS (
            SELECT FROM payment_effect e
            WHERE e.provider = $1 AND e.reference = w.reference AND e.kind = w.kind AND e.part = w.part)
        -- What was undone before it was ever noticed here has done nothing.
        AND (w.kind NOT LIKE '%-void' OR EXISTS (
            SELECT FROM payment_effect e
            WHERE e.provider = $1 AND e.reference = w.reference AND e.kind = replace(w.kind, '-void', '') AND e.part = w.part))
        """,
        provider,
        [payment.reference for payment in payments],
        [payment.status for payment in payments],
        [payment.top_up_id for payment in payments],
        [reference for reference, _, _ in parts],
        [kind for _, kind, _ in parts],
        [part for _, _, part in parts],
    )
    return {row["reference"] for row in rows}


async def reconciled_until(db: Connection, provider: str) -> datetime | None:
    return await db.fetchval("SELECT until FROM reconciliation WHERE provider = $1", provider)


async def set_reconciled_until(db: Connection, provider: str, until: datetime) -> None:
    await db.execute(
        """
        INSERT INTO reconciliation (provider, until) VALUES ($1, $2)
        ON CONFLICT ON CONSTRAINT reconciliation_pk DO UPDATE SET until = excluded.until
        """,
        provider,
        until,
    )
