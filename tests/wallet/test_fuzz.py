"""Whatever comes in, at every route: an answer that the description promises, never a fault of ours."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

import pytest

from shared.db import Database
from tests.support import databases
from tests.support.fuzzing import fuzz, served
from tests.support.mint import Mint
from tests.wallet.book import TOOL, add_manager, open_filled


@pytest.mark.slow
def test_no_input_breaks_a_route(postgres_dsn: str, mint: Mint) -> None:
    dsn, wallet_id, account_id = asyncio.run(made(postgres_dsn))

    def headers_for(path: str) -> Mapping[str, str]:
        if path.startswith("/internal"):
            return mint.peer("operator", "wallet")
        return mint.tool(TOOL) if "/charges" in path or "/reservations" in path else mint.person(account_id)

    try:
        with served("wallet", dsn, mint) as url:
            statuses = fuzz(url, headers_for, {"organisation_id": str(wallet_id), "provider": "mollie"})
    finally:
        asyncio.run(databases.drop(postgres_dsn, dsn))
    assert {200, 404, 422} <= statuses.keys()


async def made(postgres_dsn: str) -> tuple[str, UUID, UUID]:
    """A database with one wallet and its manager."""
    dsn = await databases.create_from(postgres_dsn, await databases.template_for(postgres_dsn, "wallet"))
    database = Database(dsn, application_name="test-wallet")
    await database.open()
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=1_000_000)
        account_id = await add_manager(db, wallet_id)
    await database.close()
    return dsn, wallet_id, account_id
