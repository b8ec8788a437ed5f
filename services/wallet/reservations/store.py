"""The statements of reservations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.reservations.rules import Reservation, State
from shared.db import Connection


async def find_reservation(
    db: Connection, tool_id: str, organisation_id: UUID, reservation_id: UUID
) -> Reservation | None:
    row = await db.fetchrow(
        """
        SELECT r.id, w.organisation_id AS wallet_id, w.unit, r.tool_id, r.amount_excl_cents, r.amount_incl_cents, r.vat_rate_bp,
               r.description, r.account_id, r.state, r.reserved_at, r.expires_at, r.ended_at, c.id AS charge_id
        FROM reservation r JOIN wallet w ON w.id = r.wallet_id LEFT JOIN charge c ON c.reservation_id = r.id
        WHERE r.id = $1 AND r.tool_id = $2 AND w.organisation_id = $3
        """,
        reservation_id,
        tool_id,
        organisation_id,
    )
    if row is None:
        return None
    values: dict[str, Any] = dict(row)
    return Reservation(state=State(values.pop("state")), **values)


async def insert_reservation(db: Connection, reservation: Reservation, own_wallet_id: UUID) -> None:
    """own_wallet_id: of its unit."""
    await db.execute(
        """
        INSERT INTO reservation (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp, description, account_id, state,
            reserved_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10)
        """,
        reservation.id,
        own_wallet_id,
        reservation.tool_id,
        reservation.amount_excl_cents,
        reservation.amount_incl_cents,
        reservation.vat_rate_bp,
        reservation.description,
        reservation.account_id,
        reservation.reserved_at,
        reservation.expires_at,
    )


async def end_reservation(db: Connection, reservation_id: UUID, state: State, *, at: datetime) -> None:
    """Raises RestrictViolationError of `reservation_goes_forward` for one that has ended."""
    await db.execute("UPDATE reservation SET state = $2, ended_at = $3 WHERE id = $1", reservation_id, state.value, at)


async def insert_captured(
    db: Connection, charge_id: UUID, own_wallet_id: UUID, reservation: Reservation, excl_cents: int, incl_cents: int
) -> None:
    await db.execute(
        """
        INSERT INTO charge (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp, account_id, reservation_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        charge_id,
        own_wallet_id,
        reservation.tool_id,
        excl_cents,
        incl_cents,
        reservation.vat_rate_bp,
        reservation.account_id,
        reservation.id,
    )


async def is_registered(db: Connection, organisation_id: UUID, tool_id: str) -> bool:
    return await db.fetchval(
        "SELECT EXISTS (SELECT FROM registration WHERE organisation_id = $1 AND tool_id = $2 AND active)",
        organisation_id,
        tool_id,
    )


@dataclass(frozen=True)
class Due:
    id: UUID
    own_wallet_id: UUID
    organisation_id: UUID


async def find_due(db: Connection, *, limit: int) -> list[Due]:
    """The longest overdue first. Nothing is locked yet: wallets come before reservations."""
    rows = await db.fetch(
        """
        SELECT r.id, r.wallet_id AS own_wallet_id, w.organisation_id
        FROM reservation r JOIN wallet w ON w.id = r.wallet_id
        WHERE r.state = 'open' AND r.expires_at <= clock_timestamp() ORDER BY r.expires_at LIMIT $1
        """,
        limit,
    )
    return [Due(**row) for row in rows]


async def lock_wallets(db: Connection, wallet_ids: Sequence[UUID]) -> None:
    await db.execute(
        "SELECT FROM wallet w WHERE w.id = ANY ($1::uuid[]) ORDER BY w.id FOR NO KEY UPDATE", list(set(wallet_ids))
    )


@dataclass(frozen=True)
class Expired:
    """wallet_id: the organisation's. version: of the event that says so."""

    reservation_id: UUID
    wallet_id: UUID
    unit: str
    tool_id: str
    amount_incl_cents: int
    version: int


async def expire(db: Connection, reservation_ids: Sequence[UUID]) -> list[Expired]:
    """End those that are still open and give back what they held, under the locks of their wallets. In the order of the versions."""
    rows = await db.fetch(
        """
        WITH expired AS (
            UPDATE reservation SET state = 'expired', ended_at = clock_timestamp()
            WHERE id = ANY ($1::uuid[]) AND state = 'open' AND expires_at <= clock_timestamp()
            RETURNING id, wallet_id, tool_id, amount_incl_cents
        ), counted AS (
            SELECT e.*, w.organisation_id, w.unit, row_number() OVER (PARTITION BY w.organisation_id ORDER BY e.id) AS place
            FROM expired e JOIN wallet w ON w.id = e.wallet_id
        ), touched AS (
            SELECT t.id, sum(t.given_back)::bigint AS given_back, sum(t.events)::bigint AS events
            FROM (
                SELECT wallet_id AS id, amount_incl_cents AS given_back, 0 AS events FROM counted
                UNION ALL
                SELECT organisation_id, 0, 1 FROM counted
            ) t GROUP BY t.id
        ), numbered AS (
            UPDATE wallet w SET held_cents = w.held_cents - t.given_back, version = w.version + t.events
            FROM touched t WHERE w.id = t.id RETURNING w.id, w.version - t.events AS version_before
        )
        SELECT c.id AS reservation_id, c.organisation_id AS wallet_id, c.unit, c.tool_id, c.amount_incl_cents,
               n.version_before + c.place AS version
        FROM counted c JOIN numbered n ON n.id = c.organisation_id ORDER BY wallet_id, version
        """,
        list(reservation_ids),
    )
    return [Expired(**row) for row in rows]
