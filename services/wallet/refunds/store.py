"""The statements of refunds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.wallet.charges.rules import ChargeNotFound
from services.wallet.refunds.rules import Refundable
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


async def get_refundable(db: Connection, charge_id: UUID) -> Refundable:
    """Ask under the wallet's lock. Raises ChargeNotFound."""
    row = await db.fetchrow(
        """
        SELECT c.amount_excl_cents AS excl_cents, c.amount_incl_cents AS incl_cents, c.plan_id IS NOT NULL AS by_plan,
               count(r.id) AS refunds, coalesce(sum(r.amount_excl_cents), 0)::bigint AS refunded_excl_cents,
               coalesce(sum(r.amount_incl_cents), 0)::bigint AS refunded_incl_cents
        FROM charge c LEFT JOIN refund r ON r.charge_id = c.id WHERE c.id = $1 GROUP BY c.id
        """,
        charge_id,
    )
    if row is None:
        raise ChargeNotFound()
    return Refundable(**row)


async def insert_refund(db: Connection, refund_id: UUID, charge_id: UUID, *, excl_cents: int, incl_cents: int) -> None:
    """The database refuses what goes beyond the charge: raises CheckViolationError of `refund_within_charge`."""
    await db.execute(
        "INSERT INTO refund (id, charge_id, amount_excl_cents, amount_incl_cents) VALUES ($1, $2, $3, $4)",
        refund_id,
        charge_id,
        excl_cents,
        incl_cents,
    )


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


async def give_back_use(db: Connection, plan_id: UUID, *, at: datetime) -> None:
    await db.execute("SELECT plan_give_back_use($1, $2)", plan_id, at)
