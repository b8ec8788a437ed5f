"""Invoices in a test: an organisation that can be named, months that are over, and the proof."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import charge
from services.wallet.invoices import store
from services.wallet.invoices.jobs import Ran, run_until
from services.wallet.invoices.months import Terms, month_of, next_month
from services.wallet.ledger.booking import Booked, Posting, book
from services.wallet.refunds.handlers import refund
from services.wallet.refunds.rules import RefundRequest
from services.wallet.seller import DEMO_SELLER
from shared.db import Connection, Database
from tests.wallet.book import TOOL, open_filled, request_of

ADDRESS = {"street": "Rue Haute", "number": "1", "box": "", "postal_code": "1000", "city": "Bruxelles", "country": "BE"}
NUMBER = "0123456749"
CHARGE = Terms("charge", None, 2_100)
TOPUP = Terms("topup", None, 2_100)
ISSUED = datetime(2040, 3, 5, 9, tzinfo=UTC)
THIS_MONTH = month_of(datetime.now(UTC))


def month(place: int) -> date:
    """The present month is 0, the next one 1; what is booked after a month was invoiced belongs to the next."""
    found = THIS_MONTH
    for _ in range(place):
        found = next_month(found)
    return found


async def name_party(db: Connection, wallet_id: UUID, **more: Any) -> None:
    party: dict[str, Any] = {
        "enterprise_number": NUMBER,
        "name": "Agence du Parc & Co",
        "address": ADDRESS,
        "billing_address": None,
        "languages": ("fr",),
        **more,
    }
    await store.upsert_party(db, store.Party(organisation_id=wallet_id, **party), version=1)


class Books:
    """A database with wallets whose organisations can be sent invoices."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.groups = ChargeGroups(database)
        self._keys = 0

    async def open(self, *, cents: int = 1_000_000, **more: Any) -> UUID:
        async with self.database.transaction() as db:
            wallet_id = await open_filled(db, cents=cents, tools=(TOOL, "kft"))
            await name_party(db, wallet_id, **more)
        return wallet_id

    async def use(self, wallet_id: UUID, *, excl: int = 1_900, incl: int = 2_299, **more: Any) -> UUID:
        self._keys += 1
        request = request_of(wallet_id, f"k{self._keys}", excl=excl, incl=incl, **more)
        return (await charge(self.groups, self.database, request, top_up_url="")).charge_id

    async def give_back(self, wallet_id: UUID, charge_id: UUID, cents: int, *, tool_id: str = TOOL) -> None:
        self._keys += 1
        async with self.database.transaction() as db:
            await refund(db, RefundRequest(wallet_id, tool_id, f"k{self._keys}", charge_id, cents, "given back"))

    async def money(self, wallet_id: UUID, kind: str, cents: int, *, related_id: UUID | None = None) -> Booked:
        """cents: what the wallet gains."""
        postings = [Posting("wallet", cents, wallet_id=wallet_id), Posting("clearing", -cents, party="test")]
        async with self.database.transaction() as db:
            return await book(db, kind, "test", postings, related_id=related_id, overdraw=cents < 0)

    async def run(self, place: int = 0, terms: Terms = CHARGE) -> Ran:
        """Invoice up to that month, some time later: on a day of one year, whenever this test runs."""
        now = ISSUED + timedelta(days=place)
        return await run_until(self.database, DEMO_SELLER, terms, month(place), now=lambda: now)

    async def documents(self, wallet_id: UUID) -> list[dict[str, Any]]:
        """In the order of their numbers; `lines` as (what, tool, paid, net)."""
        async with self.database.acquire() as db:
            rows = await db.fetch(
                """
                SELECT i.id, i.number, i.kind, i.period, i.net_cents, i.vat_cents, i.credits_invoice, i.xml,
                       (SELECT jsonb_agg(jsonb_build_array(what, tool_id, paid_cents, net_cents) ORDER BY line)
                        FROM invoice_line WHERE invoice_id = i.id) AS lines
                FROM invoice i WHERE organisation_id = $1 ORDER BY year, place
                """,
                wallet_id,
            )
        return [dict(row) for row in rows]

    async def faults(self) -> list[Any]:
        """What is wrong with invoices or book."""
        async with self.database.acquire() as db:
            return await db.fetch(
                "SELECT rule, subject, expected, found FROM invoice_check() UNION ALL SELECT * FROM ledger_check()"
            )
