"""Plans and purchases, one statement a function. Uses are taken by the database, see `plan_take_use`."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.wallet.plans.rules import Plan, PlanNotFound
from shared.db import Connection

_PLAN = [field.name for field in fields(Plan)]


@dataclass(frozen=True)
class Purchase:
    """What was bought under a key. id: of the ledger's transaction."""

    id: UUID
    organisation_id: UUID
    offer_id: UUID
    account_id: UUID | None
    key: str


@dataclass(frozen=True)
class Bought:
    """A purchase with what the book says of it. plan_ends_on: the last day of a plan."""

    id: UUID
    offer_id: UUID
    tool_id: str
    name: str
    amount_incl_cents: int
    balance_cents: int
    bought_at: datetime
    plan_starts_at: datetime | None
    plan_ends_on: date | None
    credits: int | None


async def insert_purchase(db: Connection, purchase: Purchase) -> bool:
    """False when the key was used before; who uses it at the same moment waits for the first."""
    status = await db.execute(
        """
        INSERT INTO purchase (id, organisation_id, offer_id, account_id, key) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT purchase_once_per_key DO NOTHING
        """,
        purchase.id,
        purchase.organisation_id,
        purchase.offer_id,
        purchase.account_id,
        purchase.key,
    )
    return status == "INSERT 0 1"


async def find_purchase(db: Connection, organisation_id: UUID, key: str) -> Purchase | None:
    row = await db.fetchrow(
        "SELECT id, organisation_id, offer_id, account_id, key FROM purchase WHERE organisation_id = $1 AND key = $2",
        organisation_id,
        key,
    )
    return Purchase(**row) if row else None


async def get_bought(db: Connection, purchase_id: UUID) -> Bought:
    """Raises PlanNotFound."""
    row = await db.fetchrow(
        """
        SELECT p.id, p.offer_id, t.tool_id, t.description AS name, -e.amount_cents AS amount_incl_cents,
               e.balance_after_cents AS balance_cents, t.booked_at AS bought_at, n.starts_at AS plan_starts_at,
               n.ends_on AS plan_ends_on, o.credits
        FROM purchase p
        JOIN offer o ON o.id = p.offer_id
        JOIN ledger_transaction t ON t.id = p.id
        JOIN ledger_entry e ON e.transaction_id = p.id AND e.wallet_id = p.organisation_id
        LEFT JOIN plan n ON n.id = p.id
        WHERE p.id = $1
        """,
        purchase_id,
    )
    if row is None:
        raise PlanNotFound()
    return Bought(**row)


async def insert_plan(db: Connection, plan: Plan, *, next_look_at: datetime | None) -> None:
    await db.execute(
        """
        INSERT INTO plan (id, organisation_id, tool_id, offer_id, name, uses, starts_at, ends_on, ends_at, renews, renews_plan,
                          next_look_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        plan.id,
        plan.organisation_id,
        plan.tool_id,
        plan.offer_id,
        plan.name,
        plan.uses,
        plan.starts_at,
        plan.ends_on,
        plan.ends_at,
        plan.renews,
        plan.renews_plan,
        next_look_at,
    )


async def find_organisation(db: Connection, plan_id: UUID) -> UUID | None:
    """Whose plan it is, before its wallet is locked."""
    return await db.fetchval("SELECT organisation_id FROM plan WHERE id = $1", plan_id)


async def find_plan(db: Connection, organisation_id: UUID, plan_id: UUID) -> Plan | None:
    """Ask under the wallet's lock to go on with it."""
    row = await db.fetchrow(
        """
        SELECT id, organisation_id, tool_id, offer_id, name, uses, used, starts_at, ends_on, ends_at, renews, renews_plan, renewed_as,
               renewal_tries, retry_at, ending_said_at, used_up_said_at, expired_said_at
        FROM plan WHERE id = $1 AND organisation_id = $2
        """,
        plan_id,
        organisation_id,
    )
    return _plan(row) if row else None


async def plans_of(db: Connection, organisation_id: UUID, *, limit: int) -> list[Plan]:
    """Latest first."""
    rows = await db.fetch(
        """
        SELECT id, organisation_id, tool_id, offer_id, name, uses, used, starts_at, ends_on, ends_at, renews, renews_plan, renewed_as,
               renewal_tries, retry_at, ending_said_at, used_up_said_at, expired_said_at
        FROM plan WHERE organisation_id = $1 ORDER BY ends_at DESC, id DESC LIMIT $2
        """,
        organisation_id,
        limit,
    )
    return [_plan(row) for row in rows]


async def update_plan(db: Connection, plan: Plan, *, next_look_at: datetime | None) -> None:
    """What was said and done about it; not its uses, which the database counts."""
    await db.execute(
        """
        UPDATE plan SET renews = $2, renewed_as = $3, renewal_tries = $4, retry_at = $5, ending_said_at = $6, used_up_said_at = $7,
            expired_said_at = $8, next_look_at = $9
        WHERE id = $1
        """,
        plan.id,
        plan.renews,
        plan.renewed_as,
        plan.renewal_tries,
        plan.retry_at,
        plan.ending_said_at,
        plan.used_up_said_at,
        plan.expired_said_at,
        next_look_at,
    )


async def claim_due(db: Connection, *, now: datetime, again_at: datetime, limit: int) -> list[UUID]:
    """Plans about which something may be due. again_at: when they are found again, should nobody have looked by then."""
    rows = await db.fetch(
        """
        UPDATE plan SET next_look_at = $2
        -- An array, not IN: see the claim of jobs.
        WHERE id = ANY (ARRAY(
            SELECT id FROM plan WHERE next_look_at <= $1 ORDER BY next_look_at LIMIT $3 FOR UPDATE SKIP LOCKED
        ))
        RETURNING id
        """,
        now,
        again_at,
        limit,
    )
    return [row["id"] for row in rows]


async def faults(db: Connection) -> list[dict[str, object]]:
    """What `plan_check` finds wrong."""
    return [dict(row) for row in await db.fetch("SELECT rule, subject, expected, found FROM plan_check()")]


def _plan(row: Any) -> Plan:
    return Plan(**{name: row[name] for name in _PLAN})
