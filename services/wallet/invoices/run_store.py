"""What a run reads and writes, a batch of wallets at a time, one statement a function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.wallet.invoices.rules import Before, Issued, Movement, VatDue
from shared.db import Connection

_RUN_LOCK = 0x1AA0_0011


@dataclass(frozen=True)
class Due:
    """A wallet to be invoiced: its entries above after_number up to until_number. party, details: as they are stored."""

    wallet_id: UUID
    after_number: int
    until_number: int
    before: Before
    party: Mapping[str, Any]
    details: Mapping[str, Any]


async def lock_run(db: Connection) -> None:
    """One run works at a time; another waits for the batch to end."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", _RUN_LOCK)


async def first_moment_open(db: Connection) -> datetime | None:
    """When the first entry was booked that belongs to no period yet."""
    return await db.fetchval(
        """
        SELECT min(t.booked_at)
        FROM wallet w
        LEFT JOIN LATERAL (
            SELECT b.until_number FROM billing_period b WHERE b.wallet_id = w.id ORDER BY b.period DESC LIMIT 1
        ) b ON true
        JOIN ledger_entry e ON e.wallet_id = w.id AND e.number = coalesce(b.until_number, 0) + 1
        JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE w.unit = 'EUR' AND w.entry_count > coalesce(b.until_number, 0)
        """
    )


async def due_wallets(
    db: Connection, month: date, end: datetime, vat_due: VatDue, *, after: UUID | None, limit: int
) -> list[Due]:
    """Wallets with entries of this month, or for which VAT now falls due at another moment; of organisations that can be named."""
    rows = await db.fetch(
        """
        SELECT w.id AS wallet_id, w.after_number, n.until_number, w.vat_due, w.taxed_cents,
               coalesce(o.balance_after_cents, 0) AS balance_cents, to_jsonb(p) AS party, coalesce(to_jsonb(d), '{}') AS details
        FROM (
            SELECT w.id, w.entry_count, coalesce(b.until_number, 0) AS after_number, b.vat_due, coalesce(b.taxed_cents, 0) AS taxed_cents
            FROM wallet w
            LEFT JOIN LATERAL (
                SELECT b.period, b.until_number, b.vat_due, b.taxed_cents
                FROM billing_period b WHERE b.wallet_id = w.id ORDER BY b.period DESC LIMIT 1
            ) b ON true
            WHERE w.unit = 'EUR' AND ($4::uuid IS NULL OR w.id > $4) AND (b.period IS NULL OR b.period < $1)
                AND (w.entry_count > coalesce(b.until_number, 0) OR b.vat_due <> $3)
        ) w
        JOIN billing_party p ON p.organisation_id = w.id AND p.enterprise_number IS NOT NULL AND p.address IS NOT NULL
        LEFT JOIN billing_details d ON d.organisation_id = w.id
        CROSS JOIN LATERAL (SELECT statement_number_at(w.id, $2, w.after_number + 1) - 1 AS until_number) n
        LEFT JOIN ledger_entry o ON o.wallet_id = w.id AND o.number = w.after_number
        WHERE n.until_number > w.after_number OR w.vat_due <> $3
        ORDER BY w.id LIMIT $5
        """,
        month,
        end,
        vat_due,
        after,
        limit,
    )
    return [_due(row) for row in rows]


def _due(row: Any) -> Due:
    before = Before(row["vat_due"], row["balance_cents"], row["taxed_cents"])
    return Due(row["wallet_id"], row["after_number"], row["until_number"], before, row["party"], row["details"])


async def movements(db: Connection, due: Sequence[Due]) -> dict[UUID, list[Movement]]:
    rows = await db.fetch(
        """
        SELECT d.wallet_id, m.kind, m.tool_id, m.vat_rate_bp, m.answers_to, m.uses, m.paid_cents, m.net_cents
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) d (wallet_id, after_number, until_number)
        CROSS JOIN LATERAL invoice_movements(d.wallet_id, d.after_number, d.until_number) m
        """,
        [one.wallet_id for one in due],
        [one.after_number for one in due],
        [one.until_number for one in due],
    )
    found: dict[UUID, list[Movement]] = {one.wallet_id: [] for one in due}
    for row in rows:
        found[row["wallet_id"]].append(Movement(*list(row.values())[1:]))
    return found


async def issued_with_rest(db: Connection, wallet_ids: Sequence[UUID]) -> dict[UUID, list[Issued]]:
    """Invoices that are not credited in full, the latest first, with what is left of each rate."""
    rows = await db.fetch(
        """
        SELECT i.organisation_id, i.id, i.period, i.vat_due, l.vat_rate_bp, sum(l.paid_cents)::bigint AS left_cents
        FROM invoice i
        CROSS JOIN LATERAL (
            SELECT l.vat_rate_bp, l.paid_cents FROM invoice_line l WHERE l.invoice_id = i.id
            UNION ALL
            SELECT l.vat_rate_bp, -l.paid_cents FROM invoice n JOIN invoice_line l ON l.invoice_id = n.id WHERE n.credits_invoice = i.id
        ) l
        WHERE i.organisation_id = ANY ($1::uuid[]) AND i.kind = 'invoice'
        GROUP BY i.id, l.vat_rate_bp HAVING sum(l.paid_cents) > 0
        ORDER BY i.period DESC, i.place DESC
        """,
        list(wallet_ids),
    )
    by_invoice: dict[UUID, Issued] = {}
    by_wallet: dict[UUID, list[Issued]] = {}
    for row in rows:
        if row["id"] not in by_invoice:
            by_invoice[row["id"]] = Issued(row["id"], row["period"], row["vat_due"], {})
            by_wallet.setdefault(row["organisation_id"], []).append(by_invoice[row["id"]])
        by_invoice[row["id"]].left[row["vat_rate_bp"]] = row["left_cents"]
    return by_wallet


async def take_numbers(db: Connection, seller: str, today: date, count: int) -> tuple[date, int]:
    """So many numbers in a row, as of a commit: the date of issue, which never falls, and the first of them."""
    [row] = await db.fetch(
        """
        INSERT INTO invoice_counter AS c (seller, year, last_number, last_issued_on)
        VALUES ($1, extract(year FROM $2::date)::integer, $3, $2)
        ON CONFLICT ON CONSTRAINT invoice_counter_pk DO UPDATE
        SET last_number = c.last_number + $3, last_issued_on = greatest(c.last_issued_on, $2)
        RETURNING last_issued_on, last_number - $3 + 1 AS first
        """,
        seller,
        today,
        count,
    )
    return row["last_issued_on"], row["first"]


async def credited(db: Connection, ids: Sequence[UUID]) -> dict[UUID, tuple[str, date]]:
    """Numbers and dates of invoices."""
    rows = await db.fetch("SELECT id, number, issued_on FROM invoice WHERE id = ANY ($1::uuid[])", list(ids))
    return {row["id"]: (row["number"], row["issued_on"]) for row in rows}


async def raise_versions(db: Connection, events: Mapping[UUID, int]) -> dict[UUID, int]:
    """Lock the wallets in one order and count so many events for each; returns the version before the first of them."""
    rows = await db.fetch(
        """
        WITH held AS (SELECT w.id FROM wallet w WHERE w.id = ANY ($1::uuid[]) ORDER BY w.id FOR NO KEY UPDATE)
        UPDATE wallet w SET version = w.version + n.events
        FROM held JOIN unnest($1::uuid[], $2::bigint[]) AS n (id, events) ON n.id = held.id
        WHERE w.id = held.id
        RETURNING w.id, w.version - n.events AS version
        """,
        list(events.keys()),
        list(events.values()),
    )
    return {row["id"]: row["version"] for row in rows}


async def insert_invoices(db: Connection, invoices: Sequence[Mapping[str, Any]]) -> None:
    """Each with its lines; issued, not yet sent."""
    await db.execute(
        """
        WITH given AS (SELECT i FROM jsonb_array_elements($1::jsonb) i), made AS (
            INSERT INTO invoice (id, seller, year, place, kind, organisation_id, period, vat_due, issued_on, credits_invoice, language,
                                 seller_party, buyer_party, net_cents, vat_cents, xml)
            SELECT r.* FROM given CROSS JOIN LATERAL jsonb_to_record(i) AS r (
                id uuid, seller text, year integer, place bigint, kind text, organisation_id uuid, period date, vat_due text,
                issued_on date, credits_invoice uuid, language text, seller_party jsonb, buyer_party jsonb, net_cents bigint,
                vat_cents bigint, xml text)
        )
        INSERT INTO invoice_line (invoice_id, line, what, tool_id, vat_rate_bp, uses, paid_cents, net_cents, booked_net_cents)
        SELECT (i ->> 'id')::uuid, l.* FROM given CROSS JOIN LATERAL jsonb_to_recordset(i -> 'lines') AS l (
            line smallint, what text, tool_id text, vat_rate_bp integer, uses bigint, paid_cents bigint, net_cents bigint,
            booked_net_cents bigint)
        """,
        list(invoices),
    )


async def insert_deliveries(db: Connection, invoice_ids: Sequence[UUID], *, now: datetime) -> None:
    await db.execute(
        "INSERT INTO invoice_delivery (invoice_id, state, changed_at) SELECT id, 'issued', $2 FROM unnest($1::uuid[]) id",
        list(invoice_ids),
        now,
    )


async def insert_periods(db: Connection, month: date, vat_due: VatDue, done: Sequence[tuple[Due, int]]) -> None:
    """done: wallets, and what each has left of money that was invoiced in advance."""
    await db.execute(
        """
        INSERT INTO billing_period (wallet_id, period, after_number, until_number, vat_due, taxed_cents)
        SELECT wallet_id, $1, after_number, until_number, $2, taxed_cents
        FROM unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[]) d (wallet_id, after_number, until_number, taxed_cents)
        """,
        month,
        vat_due,
        [due.wallet_id for due, _ in done],
        [due.after_number for due, _ in done],
        [due.until_number for due, _ in done],
        [taxed_cents for _, taxed_cents in done],
    )


async def book_roundings(db: Connection, roundings: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Each: transaction_id, invoice_id, description, and revenue: [{party, amount_cents}], whose sum VAT gives."""
    await db.execute(
        """
        WITH given AS (
            SELECT (r ->> 'transaction_id')::uuid AS id, (r ->> 'invoice_id')::uuid AS invoice_id, r ->> 'description' AS description,
                   r -> 'revenue' AS revenue
            FROM jsonb_array_elements($1::jsonb) r
        ), booked AS (
            INSERT INTO ledger_transaction (id, kind, description, booked_at, related_id)
            SELECT id, 'rounding', description, $2, invoice_id FROM given
        )
        INSERT INTO ledger_entry (transaction_id, line, account, party, amount_cents)
        SELECT g.id, e.line, 'revenue', e.party, e.amount_cents
        FROM given g CROSS JOIN LATERAL ROWS FROM (
            jsonb_to_recordset(g.revenue) AS (party text, amount_cents bigint)
        ) WITH ORDINALITY AS e (party, amount_cents, line)
        UNION ALL
        SELECT g.id, 0, 'vat', 'BE', -sum(e.amount_cents)
        FROM given g CROSS JOIN LATERAL jsonb_to_recordset(g.revenue) AS e (party text, amount_cents bigint) GROUP BY g.id
        """,
        list(roundings),
        now,
    )
