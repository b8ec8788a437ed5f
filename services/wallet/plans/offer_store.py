"""Offers and their versions, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.plans.prices import Terms
from shared.db import Connection
from shared.ids import new_id


@dataclass(frozen=True)
class Offer:
    """until: None while it is on sale."""

    id: UUID
    terms: Terms
    until: datetime | None

    def name(self, language: str) -> str:
        return self.terms.names.get(language) or self.terms.names.get("en", "")


async def lock_offers(db: Connection) -> None:
    """Two price lists are applied one after the other."""
    await db.execute("LOCK TABLE offer IN SHARE ROW EXCLUSIVE MODE")


async def offers_on_sale(db: Connection, tool_ids: Sequence[str] | None = None) -> list[Offer]:
    """tool_ids: None for all. By tool: a use, then plans, then credits, in the order of the list of prices."""
    rows = await db.fetch(
        """
        SELECT id, tool_id, kind, slug, place, names, uses, credits, price_excl_cents, price_incl_cents, vat_rate_bp, until
        FROM offer WHERE until IS NULL AND ($1::text[] IS NULL OR tool_id = ANY ($1))
        ORDER BY tool_id, array_position(ARRAY['use', 'plan', 'credits'], kind), place, slug
        """,
        None if tool_ids is None else list(tool_ids),
    )
    return [_offer(row) for row in rows]


async def offers_for(db: Connection, organisation_id: UUID) -> list[Offer]:
    """Of the tools that it has registered and can use at present."""
    rows = await db.fetch(
        """
        SELECT DISTINCT tool_id FROM registration WHERE organisation_id = $1 AND active
        """,
        organisation_id,
    )
    return await offers_on_sale(db, [row["tool_id"] for row in rows])


async def find_offer(db: Connection, offer_id: UUID) -> Offer | None:
    row = await db.fetchrow(
        """
        SELECT id, tool_id, kind, slug, place, names, uses, credits, price_excl_cents, price_incl_cents, vat_rate_bp, until
        FROM offer WHERE id = $1
        """,
        offer_id,
    )
    return _offer(row) if row else None


async def find_successor(db: Connection, offer_id: UUID) -> Offer | None:
    """What is on sale now in the place of this offer; itself while it is."""
    row = await db.fetchrow(
        """
        SELECT s.id, s.tool_id, s.kind, s.slug, s.place, s.names, s.uses, s.credits, s.price_excl_cents, s.price_incl_cents, s.vat_rate_bp,
               s.until
        FROM offer o JOIN offer s ON s.tool_id = o.tool_id AND s.kind = o.kind AND s.slug = o.slug AND s.until IS NULL
        WHERE o.id = $1
        """,
        offer_id,
    )
    return _offer(row) if row else None


async def prices_now(db: Connection, offer_ids: Sequence[UUID]) -> dict[UUID, int]:
    """By these ids: with VAT, what is asked today in the place of what was bought. Without those that are not sold any more."""
    rows = await db.fetch(
        """
        SELECT o.id, s.price_incl_cents
        FROM offer o JOIN offer s ON s.tool_id = o.tool_id AND s.kind = o.kind AND s.slug = o.slug AND s.until IS NULL
        WHERE o.id = ANY ($1::uuid[])
        """,
        list(offer_ids),
    )
    return {row["id"]: row["price_incl_cents"] for row in rows}


async def end_offer(db: Connection, terms: Terms, *, now: datetime) -> None:
    await db.execute(
        "UPDATE offer SET until = $4 WHERE tool_id = $1 AND kind = $2 AND slug = $3 AND until IS NULL",
        terms.tool_id,
        terms.kind,
        terms.slug,
        now,
    )


async def insert_offer(db: Connection, terms: Terms, *, now: datetime) -> None:
    """As the next version."""
    await db.execute(
        """
        INSERT INTO offer (id, tool_id, kind, slug, version, place, names, uses, credits, price_excl_cents, price_incl_cents,
                           vat_rate_bp, since)
        SELECT $1, $2, $3, $4, coalesce(max(o.version), 0) + 1, $5, $6, $7, $8, $9, $10, $11, $12
        FROM offer o WHERE o.tool_id = $2 AND o.kind = $3 AND o.slug = $4
        """,
        new_id(),
        terms.tool_id,
        terms.kind,
        terms.slug,
        terms.place,
        dict(terms.names),
        terms.uses,
        terms.credits,
        terms.price_excl_cents,
        terms.price_incl_cents,
        terms.vat_rate_bp,
        now,
    )


async def is_registered(db: Connection, organisation_id: UUID, tool_id: str) -> bool:
    return await db.fetchval(
        "SELECT EXISTS (SELECT FROM registration WHERE organisation_id = $1 AND tool_id = $2 AND active)",
        organisation_id,
        tool_id,
    )


def _offer(row: Any) -> Offer:
    fields = dict(row)
    return Offer(fields.pop("id"), until=fields.pop("until"), terms=Terms(**fields))
