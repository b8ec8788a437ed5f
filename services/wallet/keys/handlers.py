"""One transaction for what a key does."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from shared.db import Connection, Database, constraint_of

_Done = TypeVar("_Done")


async def once(database: Database, work: Callable[[Connection], Awaitable[_Done]]) -> _Done:
    """Do it in a transaction of its own. When the key is used for another wallet at this moment, again: it then finds that one."""
    try:
        async with database.transaction() as db:
            return await work(db)
    except asyncpg.UniqueViolationError as error:
        if constraint_of(error) != "tool_request_once":
            raise
    async with database.transaction() as db:
        return await work(db)
