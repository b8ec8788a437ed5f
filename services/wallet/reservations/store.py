"""The statements of reservations."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.keys.store import Asked, asked_of
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, Reservation, State
from shared.db import Connection

_RESERVATION = [field.name for field in fields(Reservation)]


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
    return _reservation(row) if row else None


async def ask_reservation(db: Connection, request: CaptureRequest | ReleaseRequest) -> tuple[Asked, Reservation] | None:
    """As it stays until the transaction ends: its wallet is locked. None where this tool has no such reservation there."""
    row = await db.fetchrow(
        """
        SELECT (asked).at, (asked).is_open, (asked).balance_cents, (asked).available_cents, (asked).frozen, (asked).registered,
               (asked).known_id, (asked).known_hash, id, wallet_id, unit, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp,
               description, account_id, state, reserved_at, expires_at, ended_at, charge_id
        FROM reservation_ask($1, $2, $3, $4)
        """,
        request.tool_id,
        request.idempotency_key,
        request.wallet_id,
        request.reservation_id,
    )
    return (asked_of(row), _reservation(row)) if row else None


async def open_reservation(
    db: Connection, reservation: Reservation, own_wallet_id: UUID, key: str, request_hash: bytes
) -> int:
    """Set the money aside, and return the version for the event. own_wallet_id: of its unit.

    Raises UniqueViolationError of `tool_request_once` when the key is used for another wallet at this moment: ask again.
    """
    return await db.fetchval(
        """
        WITH opened AS (
            INSERT INTO reservation (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp, description, account_id,
                state, reserved_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10)
        ), known AS (
            INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id) VALUES ($3, $11, 'reserve', $12, $1)
        ), held AS (
            UPDATE wallet SET held_cents = held_cents + CASE id WHEN $2 THEN $5 ELSE 0 END,
                version = version + CASE id WHEN $13 THEN 1 ELSE 0 END
            WHERE id = ANY (ARRAY[$2::uuid, $13]) RETURNING id, version
        )
        SELECT version FROM held WHERE id = $13
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
        key,
        request_hash,
        reservation.wallet_id,
    )


async def release_reservation(
    db: Connection, reservation: Reservation, own_wallet_id: UUID, key: str, request_hash: bytes, *, at: datetime
) -> int:
    """Give back what it held, and return the version for the event. Raises what `open_reservation` raises.

    RestrictViolationError of `reservation_goes_forward` for one that has ended.
    """
    return await db.fetchval(
        """
        WITH released AS (
            UPDATE reservation SET state = 'released', ended_at = $2 WHERE id = $1
        ), known AS (
            INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id) VALUES ($3, $4, 'release', $5, $1)
        ), held AS (
            UPDATE wallet SET held_cents = held_cents - CASE id WHEN $6 THEN $8 ELSE 0 END,
                version = version + CASE id WHEN $7 THEN 1 ELSE 0 END
            WHERE id = ANY (ARRAY[$6::uuid, $7]) RETURNING id, version
        )
        SELECT version FROM held WHERE id = $7
        """,
        reservation.id,
        at,
        reservation.tool_id,
        key,
        request_hash,
        own_wallet_id,
        reservation.wallet_id,
        reservation.amount_incl_cents,
    )


@dataclass(frozen=True)
class Taken:
    """version, released_version: for the event of the charge, and of what was given back where not all was taken."""

    booked_at: datetime
    balance_cents: int
    version: int
    released_version: int | None


async def capture_reservation(
    db: Connection, request: CaptureRequest, request_hash: bytes, booking: dict[str, Any], *, at: datetime
) -> Taken:
    """booking: of the charge, see `ledger.booking`. Raises what `release_reservation` raises."""
    [row] = await db.fetch(
        """
        SELECT booked_at, balance_cents, version, released_version FROM reservation_capture($1, $2, $3, $4, $5, $6, $7)
        """,
        request.reservation_id,
        at,
        request.amount_excl_cents,
        request.amount_incl_cents,
        request.idempotency_key,
        request_hash,
        booking,
    )
    db.mark("job")
    return Taken(**row)


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


def _reservation(row: Any) -> Reservation:
    values: dict[str, Any] = {name: row[name] for name in _RESERVATION}
    return Reservation(state=State(values.pop("state")), **values)
