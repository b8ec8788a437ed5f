"""Whatever comes in, at every route: an answer that the description promises, never a fault of ours."""

import asyncio
from collections.abc import Mapping

import pytest

from shared.ids import new_id
from tests.support import databases
from tests.support.fuzzing import fuzz, served
from tests.support.mint import Mint


@pytest.mark.slow
def test_no_input_breaks_a_route(postgres_dsn: str, mint: Mint) -> None:
    account_id = new_id()

    def headers_for(path: str) -> Mapping[str, str]:
        return mint.peer("operator", "recognition") if path.startswith("/internal") else mint.person(account_id)

    dsn = asyncio.run(made(postgres_dsn))
    try:
        with served("recognition", dsn, mint) as url:
            statuses = fuzz(url, headers_for, {})
    finally:
        asyncio.run(databases.drop(postgres_dsn, dsn))
    assert {200, 409} <= statuses.keys()


async def made(postgres_dsn: str) -> str:
    return await databases.create_from(postgres_dsn, await databases.template_for(postgres_dsn, "recognition"))
