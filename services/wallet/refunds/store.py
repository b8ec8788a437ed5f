"""The statements of refunds."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.keys.store import Asked, asked_of
from services.wallet.refunds.rules import Refundable, RefundRequest
from shared.db import Connection


@dataclass(frozen=True)
class Refund:
    """balance_cents: right after this refund."""

    refund_id: UUID
    charge_id: UUID
    amount_excl_cents: int
    amount_incl_cents: int
    description: str
    balance_cents: int
    refunded_at: datetime


@dataclass(frozen=True)
class AskedCharge:
    """A charge as it stays until the transaction ends: its wallet is locked."""

    asked: Asked
    unit: str
    refundable: Refundable


async def ask_charge(db: Connection, request: RefundRequest) -> AskedCharge | None:
    """None where this tool made no such charge there."""
    row = await db.fetchrow(
        """
        SELECT (asked).at, (asked).is_open, (asked).balance_cents, (asked).available_cents, (asked).frozen, (asked).registered,
               (asked).known_id, (asked).known_hash, unit, plan_id IS NOT NULL AS by_plan, excl_cents, incl_cents, refunds,
               refunded_excl_cents, refunded_incl_cents
        FROM charge_ask($1, $2, $3, $4)
        """,
        request.tool_id,
        request.idempotency_key,
        request.wallet_id,
        request.charge_id,
    )
    if row is None:
        return None
    refundable = Refundable(**{field.name: row[field.name] for field in fields(Refundable)})
    return AskedCharge(asked_of(row), row["unit"], refundable)


@dataclass(frozen=True)
class GivenBack:
    booked_at: datetime
    balance_cents: int
    version: int


async def give_back(
    db: Connection,
    request: RefundRequest,
    excl_cents: int,
    request_hash: bytes,
    booking: dict[str, Any],
    *,
    at: datetime,
) -> GivenBack:
    """The money, or the use of a plan. booking: of the refund, see `ledger.booking`.

    The database refuses what goes beyond the charge: raises CheckViolationError of `refund_within_charge`, and UniqueViolationError of
    `tool_request_once` when the key is used for another wallet at this moment: ask again.
    """
    [row] = await db.fetch(
        "SELECT booked_at, balance_cents, version FROM charge_refund($1, $2, $3, $4, $5, $6, $7)",
        request.charge_id,
        at,
        excl_cents,
        request.amount_incl_cents,
        request.idempotency_key,
        request_hash,
        booking,
    )
    db.mark("job")
    return GivenBack(**row)


async def refunds_of(db: Connection, charge_id: UUID) -> list[Refund]:
    """In the order in which they were made."""
    rows = await db.fetch(
        """
        SELECT r.id AS refund_id, r.charge_id, r.amount_excl_cents, r.amount_incl_cents, t.description,
               e.balance_after_cents AS balance_cents, t.booked_at AS refunded_at
        FROM refund r
        JOIN ledger_transaction t ON t.id = r.id
        JOIN ledger_entry e ON e.transaction_id = r.id AND e.line = 1
        WHERE r.charge_id = $1 ORDER BY e.number
        """,
        charge_id,
    )
    return [Refund(**row) for row in rows]
