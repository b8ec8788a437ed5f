"""A shop in a test: what is on sale, a manager who buys, charges that may be uses."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.wallet.access.managers import Manager
from services.wallet.charges import store as charges
from services.wallet.charges.handlers import prepare
from services.wallet.charges.store import Answered
from services.wallet.plans import offer_store
from services.wallet.plans.handlers import Wish, apply_prices, buy
from services.wallet.plans.offer_store import Offer
from services.wallet.plans.prices import Prices
from services.wallet.plans.store import Bought, faults
from shared.db import Connection, Database
from shared.ids import new_id
from tests.wallet.book import TOOL, add_manager, faults_of, open_filled, request_of


def texts(name: str) -> dict[str, str]:
    return {"fr": f"{name} (fr)", "nl": f"{name} (nl)", "en": name, "de": f"{name} (de)"}


def prices(**more: Any) -> Prices:
    tool: dict[str, Any] = {
        "tool": TOOL,
        "vat_percent": 21,
        "per_use": "19.00",
        "plans": [
            {"id": "3-uses", "names": texts("3 uses"), "uses": 3, "price": "40.00"},
            {"id": "20-uses", "names": texts("20 uses"), "uses": 20, "price": "224.00"},
            {"id": "unlimited", "names": texts("Unlimited"), "uses": "unlimited", "price": "665.00"},
        ],
        "credits": [{"id": "10-tours", "names": texts("10 tours"), "credits": 10, "price": "55.00"}],
    }
    return Prices.model_validate({"prices": [{**tool, **more}]})


class Shop:
    """An organisation with money, and what it can buy."""

    def __init__(self, database: Database, wallet_id: UUID, ada: UUID) -> None:
        self.database, self.wallet_id, self.ada = database, wallet_id, ada

    @classmethod
    async def open(cls, database: Database, *, cents: int = 500_000) -> "Shop":
        async with database.transaction() as db:
            await apply_prices(db, prices(), now=datetime.now(UTC), dry_run=False)
            wallet_id = await open_filled(db, cents=cents)
            return cls(database, wallet_id, await add_manager(db, wallet_id))

    async def offer(self, slug: str) -> Offer:
        async with self.database.acquire() as db:
            [found] = [one for one in await offer_store.offers_on_sale(db, [TOOL]) if one.terms.slug == slug]
            return found

    async def buy(self, slug: str, key: str = "", *, renews: bool = False) -> Bought:
        offer = await self.offer(slug)
        wish = Wish(offer.terms.kind, offer.id, key or f"key-{new_id()}", "en", renews)
        async with self.database.transaction() as db:
            bought, _ = await buy(db, Manager(self.wallet_id, self.ada), wish, now=datetime.now(UTC))
        return bought

    async def use(self, *keys: str, plan_use: bool = True) -> list[Answered]:
        """One group of charges, each a use."""
        return await self.use_some([(key, plan_use) for key in keys])

    async def use_some(self, asked: Sequence[tuple[str, bool]]) -> list[Answered]:
        """One group of charges: their keys, and which are uses."""
        prepared = [prepare(request_of(self.wallet_id, key, plan_use=plan_use)) for key, plan_use in asked]
        async with self.database.transaction() as db:
            return await charges.charge(db, prepared)

    async def row(self, plan_id: UUID) -> dict[str, Any]:
        async with self.database.acquire() as db:
            return dict(await db.fetchrow("SELECT * FROM plan WHERE id = $1", plan_id) or {})

    async def age(self, plan_id: UUID, **columns: Any) -> None:
        """As if it had been bought earlier."""
        async with self.database.transaction() as db:
            await _without_guard(db, plan_id, columns)

    async def all_faults(self) -> list[Any]:
        async with self.database.acquire() as db:
            return [*await faults_of(self.database), *await faults(db)]


async def _without_guard(db: Connection, plan_id: UUID, columns: dict[str, Any]) -> None:
    await db.execute("ALTER TABLE plan DISABLE TRIGGER plan_keeps_its_terms")
    for name, value in columns.items():
        await db.execute(f"UPDATE plan SET {name} = $2 WHERE id = $1", plan_id, value)
    await db.execute("ALTER TABLE plan ENABLE TRIGGER plan_keeps_its_terms")
