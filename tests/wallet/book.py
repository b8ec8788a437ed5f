"""A wallet in a test: opened, filled, charged, and its book checked."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from services.wallet.access.store import upsert_member, upsert_registration
from services.wallet.charges.rules import ChargeRequest
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_wallet
from shared.db import Connection, Database
from shared.ids import new_id

TOOL = "cadastrefinder"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


async def open_filled(
    db: Connection, *, cents: int = 5_000, low_cents: int = 1_000, tools: Sequence[str] = (TOOL,)
) -> UUID:
    """A wallet with this much in it, whose organisation has registered these tools."""
    wallet_id = new_id()
    await open_wallet(db, wallet_id, low_threshold_cents=low_cents, now=datetime.now(UTC))
    for tool_id in tools:
        await upsert_registration(db, new_id(), wallet_id, tool_id, active=True)
    if cents:
        await fill(db, wallet_id, cents)
    return wallet_id


async def fill(db: Connection, wallet_id: UUID, cents: int) -> None:
    """Money out of nowhere, booked as the test's own clearing account."""
    postings = [Posting("wallet", cents, wallet_id=wallet_id), Posting("clearing", -cents, party="test")]
    await book(db, "top-up", "test", postings)


async def add_manager(db: Connection, wallet_id: UUID, *, manager: bool = True) -> UUID:
    account_id = new_id()
    await upsert_member(db, wallet_id, account_id, manager=manager)
    return account_id


def request_of(wallet_id: UUID, key: str, *, excl: int = 1_900, incl: int = 2_299, **more: Any) -> ChargeRequest:
    usual: dict[str, Any] = {"tool_id": TOOL, "vat_rate_bp": 2_100, "description": "An extract"}
    return ChargeRequest(
        wallet_id=wallet_id, idempotency_key=key, amount_excl_cents=excl, amount_incl_cents=incl, **{**usual, **more}
    )


async def faults_of(database: Database) -> list[Any]:
    """What `ledger_check` finds wrong."""
    async with database.acquire() as db:
        return await db.fetch("SELECT rule, subject, expected, found FROM ledger_check()")


async def balance_of(database: Database, wallet_id: UUID) -> int:
    async with database.acquire() as db:
        return await db.fetchval("SELECT balance_cents FROM wallet WHERE id = $1", wallet_id)


async def published(database: Database, name: str | None = None) -> list[dict[str, Any]]:
    """The payloads in the outbox, in order; `type` and `sequence` from the headers."""
    async with database.acquire() as db:
        rows = await db.fetch("SELECT headers, payload FROM outbox ORDER BY id")
    events = [
        {"type": row["headers"]["ce_type"].split(".")[2], "sequence": row["headers"]["ce_sequence"]}
        | from_json(row["payload"])
        for row in rows
    ]
    return [event for event in events if name is None or event["type"] == name]


async def together(*work: Any) -> list[Any]:
    """Run all at once and return results and errors alike."""
    return await asyncio.gather(*work, return_exceptions=True)
