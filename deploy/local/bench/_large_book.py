"""Charges in a book of 10,000 entries and in one of 10,000,000: [book-growth], which should be 1.

Both are on one server and take turns, with as many wallets in use. The large one is filled by the database itself, without the guards
that each entry passes otherwise, and proven afterwards.
"""

import statistics
import time

from deploy.local.bench import Figure
from deploy.local.bench._charges import EXCL_CENTS, FILLED_CENTS, INCL_CENTS, RATE_BP, TOOL, Book
from deploy.local.postgres import Postgres

SMALL, LARGE = 10_000, 10_000_000
WALLETS = 1_000
CALLERS = (8, 256)
AT_ONCE = 200_000
ENTRIES_A_CHARGE = 3
ENTRIES_A_TOP_UP = 2
_PIECE_WITHIN_S = 600.0

_CHARGES = """
    WITH what AS MATERIALIZED (
        SELECT n, uuidv7() AS id, $3::uuid[] AS wallets, n / $4::bigint + 2 AS number FROM generate_series($1::bigint, $2::bigint - 1) n
    ), charged AS MATERIALIZED (
        SELECT n, id, number, wallets[n % $4::bigint + 1] AS wallet_id FROM what
    ), transactions AS (
        INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at)
        SELECT id, 'charge', $5::text, 'A charge of the bench', clock_timestamp() FROM charged
    ), entries AS (
        INSERT INTO ledger_entry (transaction_id, line, account, party, wallet_id, amount_cents, number, balance_after_cents)
        SELECT c.id, l.line, l.account, l.party, l.wallet_id, l.cents, l.number, l.after
        FROM charged c CROSS JOIN LATERAL (VALUES
            (1, 'wallet', NULL, c.wallet_id, -$7::bigint, c.number, $9::bigint - (c.number - 1) * $7::bigint),
            (2, 'revenue', $5::text, NULL, $6::bigint, NULL, NULL),
            (3, 'vat', 'BE', NULL, $7::bigint - $6::bigint, NULL, NULL)
        ) l (line, account, party, wallet_id, cents, number, after)
    ), charges AS (
        INSERT INTO charge (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp)
        SELECT id, wallet_id, $5::text, $6::bigint, $7::bigint, $8::integer FROM charged
    )
    INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id)
    SELECT $5::text, gen_random_uuid()::text, 'charge', sha256(id::text::bytea), id FROM charged
"""
_BALANCES = """
    UPDATE wallet SET balance_cents = balance_cents - l.charges * $1::bigint, entry_count = entry_count + l.charges, last_booked_at = now()
    FROM (SELECT wallet_id, count(*) AS charges FROM charge GROUP BY wallet_id) l WHERE l.wallet_id = id
"""


async def growth_figures(postgres: Postgres, *, rounds: int, round_s: float, large: int = LARGE) -> list[Figure]:
    books: list[Book] = []
    try:
        for entries in (SMALL, large):
            books.append(await Book.create(postgres, f"book_{entries}", WALLETS))
            began = time.perf_counter()
            await fill(books[-1], entries)
            filled_s = time.perf_counter() - began
        return [*await _compared(books, rounds, round_s, large), await _proof(books, filled_s)]
    finally:
        for book in books:
            await book.close()


async def fill(book: Book, entries: int) -> None:
    """Charges for all wallets in turn, until there are as many entries, and what a server does by itself after that."""
    wallets = list(book.wallets)
    charges = (entries - ENTRIES_A_TOP_UP * len(wallets)) // ENTRIES_A_CHARGE
    async with book.database.transaction() as db:
        # Foreign keys and sums are checked by the proof, for all of it.
        await db.execute("SET LOCAL session_replication_role = replica")
        for first in range(0, charges, AT_ONCE):
            amounts = (EXCL_CENTS, INCL_CENTS, RATE_BP, FILLED_CENTS)
            last = min(first + AT_ONCE, charges)
            await db.execute(_CHARGES, first, last, wallets, len(wallets), TOOL, *amounts, timeout=_PIECE_WITHIN_S)
        await db.execute(_BALANCES, INCL_CENTS, timeout=_PIECE_WITHIN_S)
    async with book.database.acquire() as db:
        await db.execute("VACUUM ANALYZE", timeout=_PIECE_WITHIN_S)
        await db.execute("CHECKPOINT", timeout=_PIECE_WITHIN_S)


async def _compared(books: list[Book], rounds: int, round_s: float, large: int) -> list[Figure]:
    figures: list[Figure] = []
    for callers in CALLERS:
        measured: list[list[float]] = [[], []]
        for book in books:
            await book.charges(callers, round_s / 3)
        for _ in range(rounds):
            for book, found in zip(books, measured, strict=True):
                found.append((await book.charges(callers, round_s)).per_s)
        small, grown = map(statistics.median, measured)
        against = f"{small:.0f}/s with {SMALL:,} entries; {grown:.0f}/s with {large:,}"
        figures.append(
            Figure(f"book-growth, {callers} callers", round(grown), "charges/s", against, round(grown / small, 2))
        )
    return figures


async def _proof(books: list[Book], filled_s: float) -> Figure:
    """All that was booked, in pieces as `./immo wallet check` does it."""
    await books[0].prove()
    began = time.perf_counter()
    entries = await books[1].prove()
    took_s = time.perf_counter() - began
    said = f"{entries:,} entries in {took_s:.0f} s (they were made in {filled_s:.0f} s)"
    return Figure("proof of the book", round(entries / took_s), "entries/s", said)
