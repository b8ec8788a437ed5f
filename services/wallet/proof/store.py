"""The statements that prove the book, in pieces that each take a moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.proof.rules import Fault, Piece, Proof, Scope
from shared.db import Connection

FIRST = UUID(int=0)
WALLETS_AT_ONCE = 200
TRANSACTIONS_AT_ONCE = 20_000
PIECE_WITHIN_S = 300.0


async def prove_wallets(db: Connection, after: UUID, *, whole: bool) -> Piece:
    """The next wallets, and note up to where they are proven, in one snapshot.

    whole: from their first entry, without what transactions, charges and refunds say of each other (`prove_transactions`).
    """
    rows = await db.fetch(
        """
        WITH faults AS MATERIALIZED (
            SELECT wallet_id, rule, subject, expected, found FROM ledger_check_wallets($1, $2, $3)
            UNION ALL
            SELECT wallet_id, rule, subject, expected, found FROM ledger_check_operations($1, $2) WHERE NOT $3
        ), picked AS MATERIALIZED (
            SELECT w.id, w.entry_count, w.balance_cents, w.entry_count - coalesce(p.number, 0) AS new_entries, w.held_cents > 0 AS holds
            FROM wallet w LEFT JOIN wallet_proof p ON p.wallet_id = w.id WHERE w.id > $1 ORDER BY w.id LIMIT $2
        ), noted AS (
            INSERT INTO wallet_proof AS present (wallet_id, number, balance_cents)
            SELECT p.id, p.entry_count, p.balance_cents FROM picked p
            WHERE p.new_entries <> 0 AND NOT EXISTS (SELECT FROM faults f WHERE f.wallet_id = p.id)
            ON CONFLICT ON CONSTRAINT wallet_proof_pk DO UPDATE SET number = excluded.number, balance_cents = excluded.balance_cents
            WHERE present.number < excluded.number
        ), counted AS (
            SELECT count(*) AS wallets, count(*) FILTER (WHERE holds) AS holding,
                   coalesce(sum(CASE WHEN $3 THEN entry_count ELSE new_entries END), 0)::bigint AS entries,
                   (SELECT q.id FROM picked q ORDER BY q.id DESC LIMIT 1) AS last
            FROM picked
        )
        SELECT c.*, f.rule, f.subject, f.expected, f.found FROM counted c LEFT JOIN faults f ON true
        """,
        after,
        WALLETS_AT_ONCE,
        whole,
        timeout=PIECE_WITHIN_S,
    )
    first = rows[0]
    counts = {"wallets": first["wallets"], "wallets with reservations": first["holding"], "entries": first["entries"]}
    return Piece(counts, _faults(rows), first["last"] if first["wallets"] == WALLETS_AT_ONCE else None)


async def prove_transactions(db: Connection, after: UUID) -> Piece:
    """The next transactions, with the charges and refunds among them; with the last of them the plans that paid for charges."""
    row = await db.fetchrow(
        """
        SELECT count(*) AS transactions, count(*) FILTER (WHERE kind = 'charge') AS charges,
               count(*) FILTER (WHERE kind = 'refund') AS refunds, (array_agg(id ORDER BY id DESC))[1] AS last
        FROM (SELECT id, kind FROM ledger_transaction WHERE id > $1 ORDER BY id LIMIT $2) t
        """,
        after,
        TRANSACTIONS_AT_ONCE,
        timeout=PIECE_WITHIN_S,
    )
    if row is None or row["last"] is None:
        return Piece({}, await _plan_faults(db), None)
    faults = await db.fetch(
        "SELECT rule, subject, expected, found FROM ledger_check_transactions($1, $2)",
        after,
        row["last"],
        timeout=PIECE_WITHIN_S,
    )
    counts = {name: row[name] for name in ("transactions", "charges", "refunds")}
    if row["transactions"] == TRANSACTIONS_AT_ONCE:
        return Piece(counts, _faults(faults), row["last"])
    return Piece(counts, _faults(faults) + await _plan_faults(db), None)


async def _plan_faults(db: Connection) -> tuple[Fault, ...]:
    return _faults(await db.fetch("SELECT rule, subject, expected, found FROM plan_check()", timeout=PIECE_WITHIN_S))


@dataclass(frozen=True)
class Checked:
    """How the last proof of a kind ended."""

    scope: Scope
    ended_at: datetime
    took_s: float
    faults: int
    counts: Mapping[str, int]
    age_s: float


async def upsert_check(db: Connection, scope: Scope, proof: Proof, *, took_s: float) -> None:
    await db.execute(
        """
        INSERT INTO book_check (scope, ended_at, took_s, faults, counts) VALUES ($1, now(), $2, $3, $4)
        ON CONFLICT ON CONSTRAINT book_check_pk DO UPDATE
        SET ended_at = excluded.ended_at, took_s = excluded.took_s, faults = excluded.faults, counts = excluded.counts
        """,
        scope,
        took_s,
        len(proof.faults),
        dict(proof.counts),
    )


async def checks(db: Connection) -> list[Checked]:
    rows = await db.fetch(
        """
        SELECT scope, ended_at, took_s, faults, counts, extract(epoch FROM now() - ended_at)::float8 AS age_s
        FROM book_check ORDER BY scope
        """
    )
    return [Checked(**row) for row in rows]


def _faults(rows: list[Any]) -> tuple[Fault, ...]:
    return tuple(Fault(row["rule"], row["subject"], row["expected"], row["found"]) for row in rows if row["rule"])
