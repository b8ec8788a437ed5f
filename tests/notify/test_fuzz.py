"""Whatever comes in, at every route: an answer that the description promises, never a fault of ours."""

from collections.abc import Awaitable, Callable

import pytest

from shared.ids import new_id
from tests.support.fuzzing import fuzz_service
from tests.support.mint import Headers, Mint


@pytest.mark.slow
async def test_no_input_breaks_a_route(dsn_of: Callable[[str], Awaitable[str]], mint: Mint) -> None:
    caller = new_id()

    def headers_for(path: str) -> Headers:
        return mint.peer("operator", "notify") if path.startswith("/internal") else mint.person(caller)

    statuses = await fuzz_service("notify", await dsn_of("notify"), mint, headers_for)
    assert {200, 204} <= statuses.keys()
