"""What to do about an error in a handler or a job: park it, try for ever, or try a few times."""

import asyncio
import random
from enum import StrEnum

import asyncpg
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from shared.db import is_database_away
from shared.errors import Problem, TooMany, Unavailable
from shared.sealed import KeyNotFetched

MAX_TRIES = 5
_FIRST_PAUSE_S = 0.2

# Nobody's mistake, gone by itself: the database, the network, another service; and two transactions that crossed.
_PASSING: tuple[type[BaseException], ...] = (
    asyncio.TimeoutError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    KafkaError,
    KeyNotFetched,
    Unavailable,
    TooMany,
)


class Verdict(StrEnum):
    """PARK: it will never succeed. WAIT: it will succeed once something else works again. TRY: unknown, so a few times."""

    PARK = "park"
    WAIT = "wait"
    TRY = "try"


def verdict(error: BaseException) -> Verdict:
    # The driver has one class for a connection or pool that is closed and for a wrong call; only the text tells them apart.
    if isinstance(error, asyncpg.InterfaceError) and "clos" not in str(error):
        return Verdict.TRY
    if isinstance(error, _PASSING) or is_database_away(error):
        return Verdict.WAIT
    if isinstance(error, Problem | ValidationError):
        return Verdict.PARK
    return Verdict.TRY


def pause_s(failures: int, *, first_s: float = _FIRST_PAUSE_S, most_s: float = 10.0) -> float:
    """Seconds to wait after this many failures in a row (from 1): doubling, with jitter between half and all of it."""
    full = min(most_s, first_s * 2.0 ** min(failures - 1, 30))
    return full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, protects nothing


def reason_of(error: BaseException) -> str:
    """A stable word for lists and metrics: the code of a problem, `contract`, or the name of the exception."""
    if isinstance(error, Problem):
        return error.code
    if isinstance(error, ValidationError):
        return "contract"
    return type(error).__name__
