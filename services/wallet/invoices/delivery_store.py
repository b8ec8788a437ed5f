"""What is sent and what operators ask about invoices, one statement a function."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.wallet.invoices.access_point.port import Outgoing
from shared.db import Connection


@dataclass(frozen=True)
class Trouble:
    """An invoice that did not reach its buyer's access point."""

    number: str
    state: str
    reason: str | None


@dataclass(frozen=True)
class MonthCount:
    period: date
    invoices: int
    credit_notes: int
    total_cents: int


async def get_outgoing(db: Connection, invoice_id: UUID) -> Outgoing:
    """Raises LookupError."""
    row = await db.fetchrow("SELECT id, number, buyer_party, xml FROM invoice WHERE id = $1", invoice_id)
    if row is None:
        raise LookupError(invoice_id)
    peppol_id = row["buyer_party"]["peppol_id"] or f"0208:{row['buyer_party']['enterprise_number']}"
    return Outgoing(row["id"], row["number"], peppol_id, row["xml"])


async def find_ids(db: Connection, number: str) -> list[UUID]:
    """The invoice with this number; of each seller there ever was."""
    return [row["id"] for row in await db.fetch("SELECT id FROM invoice WHERE number = $1", number)]


async def ids_not_sent(db: Connection) -> list[UUID]:
    rows = await db.fetch("SELECT invoice_id FROM invoice_delivery WHERE state <> 'sent' ORDER BY invoice_id")
    return [row["invoice_id"] for row in rows]


async def counts_by_state(db: Connection) -> dict[str, int]:
    rows = await db.fetch("SELECT state, count(*) AS invoices FROM invoice_delivery GROUP BY state ORDER BY state")
    return {row["state"]: row["invoices"] for row in rows}


async def count_issued_before(db: Connection, moment: datetime) -> int:
    """That are neither sent nor refused since then."""
    return await db.fetchval("SELECT count(*) FROM invoice_delivery WHERE state = 'issued' AND changed_at < $1", moment)


async def troubles(db: Connection, *, limit: int) -> list[Trouble]:
    rows = await db.fetch(
        """
        SELECT i.number, d.state, d.reason FROM invoice_delivery d JOIN invoice i ON i.id = d.invoice_id
        WHERE d.state IN ('refused', 'faulty') ORDER BY i.number LIMIT $1
        """,
        limit,
    )
    return [Trouble(**row) for row in rows]


async def latest_months(db: Connection) -> list[MonthCount]:
    rows = await db.fetch(
        """
        SELECT period, count(*) FILTER (WHERE kind = 'invoice') AS invoices, count(*) FILTER (WHERE kind = 'credit-note') AS credit_notes,
               sum(CASE kind WHEN 'invoice' THEN 1 ELSE -1 END * (net_cents + vat_cents))::bigint AS total_cents
        FROM invoice GROUP BY period ORDER BY period DESC LIMIT 6
        """
    )
    return [MonthCount(**row) for row in rows]


async def nameless(db: Connection) -> int:
    """Wallets that moved money but whose organisation's number or address is not known: they are not invoiced yet."""
    return await db.fetchval(
        """
        SELECT count(*) FROM wallet w LEFT JOIN billing_party p ON p.organisation_id = w.id
        WHERE w.unit = 'EUR' AND w.entry_count > 0 AND (p.enterprise_number IS NULL OR p.address IS NULL)
        """
    )


async def faults(db: Connection) -> list[dict[str, object]]:
    """What `invoice_check` finds wrong."""
    rows = await db.fetch("SELECT rule, subject, expected, found FROM invoice_check()")
    return [dict(row) for row in rows]
