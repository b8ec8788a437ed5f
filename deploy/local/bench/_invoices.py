"""An invoice run over 10,000 organisations: [invoice-run] issued a second, and [invoice-rules] checked against the official rules.

All is in the run: what each wallet booked is read, documents are numbered, written as UBL and inserted with events and jobs; the ratio
compares with writing the same documents from memory, without a database. The check is what each job does before it sends.
"""

import time
from datetime import UTC, date, datetime
from pathlib import Path

from deploy.local.bench import Figure
from deploy.local.postgres import Postgres
from services.wallet.invoices.documents import Buyer, Document, with_nets
from services.wallet.invoices.jobs import run_until
from services.wallet.invoices.months import Terms, month_of
from services.wallet.invoices.rules import Line
from services.wallet.invoices.ubl import ubl
from services.wallet.invoices.validation import PeppolRules
from services.wallet.seller import DEMO_SELLER
from shared.db import Database
from shared.ids import new_id
from shared.migrate import migrate

ORGANISATIONS = 10_000
CHARGES = 20
CHECKED = 300
MIGRATIONS = Path(__file__).parents[3] / "services" / "wallet" / "migrations"
TERMS = Terms("charge", None, 2_100)
SEED = Path(__file__).with_name("_invoices_seed.sql")


async def measure_invoices(postgres: Postgres) -> list[Figure]:
    """On a database of its own, which has as many wallets with CHARGES charges each."""
    dsn = postgres.dsn("immo_bench_invoices")
    await migrate(dsn, [MIGRATIONS])
    database = Database(dsn, application_name="bench")
    await database.open()
    try:
        async with database.transaction() as db:
            seed = SEED.read_text().replace(":organisations", str(ORGANISATIONS)).replace(":charges", str(CHARGES))
            await db.execute(seed, timeout=900)
        async with database.acquire() as db:
            await db.execute("VACUUM ANALYZE", timeout=900)
        return [await _run(database), await _rules(database)]
    finally:
        await database.close()


async def _run(database: Database) -> Figure:
    month, now = month_of(datetime.now(UTC)), datetime(2040, 1, 5, tzinfo=UTC)
    began = time.perf_counter()
    ran = await run_until(database, DEMO_SELLER, TERMS, month, now=lambda: now)
    took_s = time.perf_counter() - began
    assert ran.documents == ORGANISATIONS
    async with database.acquire() as db:
        assert await db.fetch("SELECT * FROM invoice_check()", timeout=900) == []
    per_s, alone = ran.documents / took_s, _alone()
    against = f"{ORGANISATIONS} organisations in {took_s:.0f} s; written without a database {alone:.0f}/s"
    return Figure("invoice-run", round(per_s), "invoices/s", against, round(per_s / alone, 2))


def _alone() -> float:
    """The same documents a second, without a database."""
    buyer = Buyer("Agence", "0123456749", "Rue Haute 1", "1000", "Bruxelles", "BE")
    began = time.perf_counter()
    for place in range(500):
        lines = with_nets([Line("charge", "bench", 2_100, CHARGES, CHARGES * 2_299, CHARGES * 1_900)])
        document = Document(
            id=new_id(),
            number=f"2040-{place:06d}",
            kind="invoice",
            vat_due="charge",
            issued_on=date(2040, 1, 5),
            period=date(2039, 12, 1),
            language="fr",
            seller=DEMO_SELLER,
            buyer=buyer,
            lines=lines,
        )
        ubl(document, {})
    return 500 / (time.perf_counter() - began)


async def _rules(database: Database) -> Figure:
    async with database.acquire() as db:
        documents = [row["xml"] for row in await db.fetch("SELECT xml FROM invoice LIMIT $1", CHECKED)]
    rules = PeppolRules()
    try:
        assert await rules.faults(documents[0]) == []
        began = time.perf_counter()
        for xml in documents:
            assert await rules.faults(xml) == []
        per_s = CHECKED / (time.perf_counter() - began)
    finally:
        rules.close()
    return Figure("invoice-rules", round(per_s), "invoices/s")
