"""One transaction, with what belongs to it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.wallet.statement.rules import Row
from shared.db import Connection
from shared.errors import NotFound
from shared.markers import N_

MAX_RELATED = 50


class TransactionNotFound(NotFound):
    code = "transaction-not-found"
    message = N_("This transaction does not exist, or you have no access to it.")


@dataclass(frozen=True)
class Detail:
    """vat_rate_bp, plan_id: of a charge. reason: why a top-up failed. related: what it answers to, and what answers to it."""

    row: Row
    unit: str
    vat_rate_bp: int | None
    plan_id: UUID | None
    reason: str | None
    related: list[Row]


async def get_detail(db: Connection, organisation_id: UUID, transaction_id: UUID) -> Detail:
    """In whichever of the organisation's wallets. Raises TransactionNotFound."""
    rows = await _booked(db, organisation_id, [transaction_id])
    if rows:
        facts: dict[str, Any] = dict(rows[0])
        ids = await _related_ids(db, transaction_id)
        related = [_row(one) for one in await _booked(db, organisation_id, ids)]
        return Detail(_row(facts), facts["unit"], facts["vat_rate_bp"], facts["plan_id"], None, related)
    found = await _open(db, organisation_id, transaction_id)
    if found is None:
        raise TransactionNotFound()
    return Detail(_row(dict(found)), found["unit"], None, None, found["reason"], [])


def _row(facts: Any) -> Row:
    return Row(**{name: facts[name] for name in Row.__dataclass_fields__})


async def _booked(db: Connection, organisation_id: UUID, ids: list[UUID]) -> list[Any]:
    return await db.fetch(
        """
        SELECT t.id, e.number, t.kind, t.tool_id, t.description, e.amount_cents, e.balance_after_cents, 'completed' AS state,
               t.booked_at AS at, v.amount_cents AS vat_cents, coalesce(t.account_id, c.account_id) AS account_id,
               e.unit, c.vat_rate_bp, c.plan_id
        FROM ledger_transaction t
        JOIN ledger_entry e ON e.transaction_id = t.id AND e.wallet_id IS NOT NULL
        JOIN wallet w ON w.id = e.wallet_id AND w.organisation_id = $1
        LEFT JOIN ledger_entry v ON v.transaction_id = t.id AND v.account = 'vat'
        LEFT JOIN charge c ON c.id = t.id
        WHERE t.id = ANY ($2::uuid[])
        ORDER BY t.booked_at, e.unit <> 'EUR', e.number LIMIT $3
        """,
        organisation_id,
        ids,
        MAX_RELATED,
    )


async def _related_ids(db: Connection, transaction_id: UUID) -> list[UUID]:
    """What it names, and the refunds of a charge; of a payment, all that it did. Whose they are is not asked here."""
    rows = await db.fetch(
        """
        SELECT t.related_id AS id FROM ledger_transaction t WHERE t.id = $1 AND t.related_id IS NOT NULL
        UNION SELECT r.id FROM refund r WHERE r.charge_id = $1
        UNION SELECT o.transaction_id FROM payment_effect p
            JOIN payment_effect o ON o.provider = p.provider AND o.reference = p.reference
            WHERE p.transaction_id = $1 AND o.transaction_id <> $1
        """,
        transaction_id,
    )
    return [row["id"] for row in rows]


async def _open(db: Connection, organisation_id: UUID, row_id: UUID) -> Any | None:
    return await db.fetchrow(
        """
        SELECT o.id, NULL::bigint AS number, o.kind, o.tool_id, o.description, o.amount_cents, NULL::bigint AS balance_after_cents,
               o.state, o.at, o.vat_cents, o.account_id, w.unit, t.reason
        FROM statement_open o JOIN wallet w ON w.id = o.wallet_id LEFT JOIN top_up t ON t.id = o.id
        WHERE w.organisation_id = $1 AND o.id = $2
        """,
        organisation_id,
        row_id,
    )
