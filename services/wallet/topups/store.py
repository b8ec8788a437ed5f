"""Top-ups, one statement a function."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.payments.port import Payment
from services.wallet.topups.rules import State, TopUp
from shared.db import Connection


async def insert_top_up(db: Connection, top_up: TopUp, *, next_check_at: datetime) -> bool:
    """False when the same wish is open already."""
    status = await db.execute(
        """
        INSERT INTO top_up (id, wallet_id, amount_cents, currency, method, provider, requested_by, state, created_at, request_key,
            next_check_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (wallet_id, requested_by, request_key) WHERE request_key IS NOT NULL AND state IN ('created', 'pending')
        DO NOTHING
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
        top_up.request_key,
        next_check_at,
    )
    return status == "INSERT 0 1"


async def find_top_up(db: Connection, top_up_id: UUID) -> TopUp | None:
    row = await db.fetchrow(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at, request_key, expires_at, is_cancelable
        FROM top_up WHERE id = $1
        """,
        top_up_id,
    )
    return _top_up(row) if row else None


async def find_same_wish(db: Connection, top_up: TopUp) -> TopUp | None:
    """The open one that was asked for by the same request."""
    row = await db.fetchrow(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at, request_key, expires_at, is_cancelable
        FROM top_up
        WHERE wallet_id = $1 AND requested_by = $2 AND request_key = $3 AND state IN ('created', 'pending')
        """,
        top_up.wallet_id,
        top_up.requested_by,
        top_up.request_key,
    )
    return _top_up(row) if row else None


async def lock_top_up_of(db: Connection, provider: str, reference: str, top_up_id: UUID | None) -> TopUp | None:
    """The top-up of this payment, locked; or the one that the payment names, if its own payment is not known here."""
    row = await db.fetchrow(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at, request_key, expires_at, is_cancelable
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
               created_at, ended_at, request_key, expires_at, is_cancelable
        FROM top_up WHERE id = $1 FOR UPDATE
        """,
        top_up_id,
    )
    return _top_up(row) if row else None


async def open_payment(
    db: Connection,
    top_up_id: UUID,
    reference: str,
    checkout_url: str | None,
    *,
    expires_at: datetime | None,
    is_cancelable: bool,
    next_check_at: datetime | None,
) -> None:
    await db.execute(
        """
        UPDATE top_up SET state = 'pending', reference = $2, checkout_url = $3, expires_at = $4, is_cancelable = $5, next_check_at = $6
        WHERE id = $1
        """,
        top_up_id,
        reference,
        checkout_url,
        expires_at,
        is_cancelable,
        next_check_at,
    )


async def note_answer(db: Connection, top_up_id: UUID, payment: Payment) -> None:
    """Keep what the provider says of an open payment."""
    await db.execute(
        """
        UPDATE top_up SET is_cancelable = $2, expires_at = coalesce($3, expires_at), checkout_url = coalesce($4, checkout_url)
        WHERE id = $1
        """,
        top_up_id,
        payment.is_cancelable,
        payment.expires_at,
        payment.checkout_url,
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


async def open_top_ups(db: Connection, wallet_id: UUID, *, limit: int) -> list[TopUp]:
    """Latest first. Those whose payment page is not known yet are left out."""
    rows = await db.fetch(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at, request_key, expires_at, is_cancelable
        FROM top_up WHERE wallet_id = $1 AND state = 'pending' ORDER BY created_at DESC, id DESC LIMIT $2
        """,
        wallet_id,
        limit,
    )
    return [_top_up(row) for row in rows]


async def latest_of_wallet(db: Connection, wallet_id: UUID, *, limit: int) -> list[TopUp]:
    """Whatever became of them, latest first."""
    rows = await db.fetch(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at, request_key, expires_at, is_cancelable
        FROM top_up WHERE wallet_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2
        """,
        wallet_id,
        limit,
    )
    return [_top_up(row) for row in rows]


async def latest_method(db: Connection, account_id: UUID) -> str | None:
    """How this person wanted to pay last, wherever that was."""
    return await db.fetchval(
        "SELECT method FROM top_up WHERE requested_by = $1 ORDER BY created_at DESC LIMIT 1", account_id
    )


async def take_due(db: Connection, *, now: datetime, limit: int) -> list[TopUp]:
    """Lock the top-ups about which the provider should have been asked by now."""
    rows = await db.fetch(
        """
        SELECT id, wallet_id, amount_cents, currency, method, provider, reference, checkout_url, requested_by, state, reason,
               created_at, ended_at, request_key, expires_at, is_cancelable
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


def _top_up(row: Any) -> TopUp:
    values: dict[str, Any] = dict(row)
    state = State(values.pop("state"))
    return TopUp(**values, state=state)
