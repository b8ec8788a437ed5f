"""Top-ups, one statement a function."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.payments.port import Checkout
from services.wallet.topups.rules import State, TopUp
from shared.db import Connection


async def insert_top_up(db: Connection, top_up: TopUp, *, next_check_at: datetime) -> None:
    await db.execute(
        """
        INSERT INTO top_up (id, wallet_id, amount_cents, currency, method, provider, requested_by, state, created_at, next_check_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        top_up.id,
        top_up.wallet_id,
        top_up.amount_cents,
        top_up.currency,
        top_up.method,
        top_up.provider,
        top_up.requested_by,
        top_up.state,
        top_up.created_at,
        next_check_at,
    )


async def find_top_up(db: Connection, top_up_id: UUID) -> TopUp | None:
    row = await db.fetchrow(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at
        FROM top_up WHERE id = $1
        """,
        top_up_id,
    )
    return _top_up(row) if row else None


async def lock_top_up_of(db: Connection, provider: str, reference: str, top_up_id: UUID | None) -> TopUp | None:
    """The top-up of this payment, locked; or the one that the payment names, if its own payment is not known here."""
    row = await db.fetchrow(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at
        FROM top_up WHERE (provider = $1 AND reference = $2) OR (id = $3 AND provider = $1 AND reference IS NULL)
        ORDER BY reference NULLS LAST LIMIT 1
        FOR UPDATE
        """,
        provider,
        reference,
        top_up_id,
    )
    return _top_up(row) if row else None


async def lock_top_up(db: Connection, top_up_id: UUID) -> TopUp | None:
    row = await db.fetchrow(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at
        FROM top_up WHERE id = $1 FOR UPDATE
        """,
        top_up_id,
    )
    return _top_up(row) if row else None


async def may_be_ours(db: Connection, provider: str, reference: str) -> bool:
    """Whether this payment belongs to a top-up, or some top-up waits to learn which payment is its own."""
    return await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM top_up WHERE provider = $1 AND reference = $2)
            OR EXISTS (SELECT FROM top_up WHERE provider = $1 AND reference IS NULL AND next_check_at IS NOT NULL)
        """,
        provider,
        reference,
    )


async def open_payment(db: Connection, top_up_id: UUID, checkout: Checkout, *, next_check_at: datetime | None) -> None:
    await db.execute(
        """
        UPDATE top_up SET state = 'pending', reference = $2, checkout_url = $3, next_check_at = $4 WHERE id = $1
        """,
        top_up_id,
        checkout.reference,
        checkout.checkout_url,
        next_check_at,
    )


async def complete(db: Connection, top_up_id: UUID, reference: str, *, now: datetime) -> None:
    await db.execute(
        """
        UPDATE top_up SET state = 'completed', reason = NULL, reference = $2, ended_at = $3, next_check_at = NULL WHERE id = $1
        """,
        top_up_id,
        reference,
        now,
    )


async def fail(db: Connection, top_up_id: UUID, state: State, reason: str, *, now: datetime) -> None:
    await db.execute(
        "UPDATE top_up SET state = $2, reason = $3, ended_at = $4, next_check_at = NULL WHERE id = $1",
        top_up_id,
        state,
        reason,
        now,
    )


async def insert_payment_effect(
    db: Connection, provider: str, reference: str, transaction_id: UUID, amount_cents: int
) -> None:
    """The last guard of "credited once": raises UniqueViolationError of `payment_effect_once` for the second one."""
    await db.execute(
        """
        INSERT INTO payment_effect (provider, reference, kind, transaction_id, amount_cents) VALUES ($1, $2, 'paid', $3, $4)
        """,
        provider,
        reference,
        transaction_id,
        amount_cents,
    )


async def take_due(db: Connection, *, now: datetime, limit: int) -> list[TopUp]:
    """Lock the top-ups about which the provider should have been asked by now."""
    rows = await db.fetch(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at
        FROM top_up WHERE next_check_at <= $1 ORDER BY next_check_at LIMIT $2 FOR UPDATE SKIP LOCKED
        """,
        now,
        limit,
    )
    return [_top_up(row) for row in rows]


async def set_next_checks(db: Connection, checks: Sequence[tuple[UUID, datetime | None]]) -> None:
    await db.execute(
        """
        UPDATE top_up SET next_check_at = c.next_check_at
        FROM unnest($1::uuid[], $2::timestamptz[]) AS c (id, next_check_at) WHERE top_up.id = c.id
        """,
        [top_up_id for top_up_id, _ in checks],
        [next_check_at for _, next_check_at in checks],
    )


async def note_check(db: Connection, top_up_id: UUID, *, now: datetime, not_since: datetime) -> bool:
    """Note that the provider is being asked; False when it was asked after `not_since` already."""
    status = await db.execute(
        """
        UPDATE top_up SET checked_at = $2
        WHERE id = $1 AND state = 'pending' AND (checked_at IS NULL OR checked_at <= $3)
        """,
        top_up_id,
        now,
        not_since,
    )
    return status == "UPDATE 1"


async def not_completed_between(
    db: Connection, wallet_id: UUID, after: datetime | None, until: datetime | None, *, limit: int
) -> list[TopUp]:
    """What is not on the wallet's statement: pending, failed and expired ones made in this time, latest first."""
    rows = await db.fetch(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at
        FROM top_up
        WHERE wallet_id = $1 AND state <> 'completed' AND reference IS NOT NULL
            AND ($2::timestamptz IS NULL OR created_at > $2) AND ($3::timestamptz IS NULL OR created_at <= $3)
        ORDER BY created_at DESC, id DESC LIMIT $4
        """,
        wallet_id,
        after,
        until,
        limit,
    )
    return [_top_up(row) for row in rows]


def _top_up(row: Any) -> TopUp:
    values: dict[str, Any] = dict(row)
    state = State(values.pop("state"))
    return TopUp(**values, state=state)
