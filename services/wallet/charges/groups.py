"""Charges that arrive together are booked together: one statement for all, an answer for each.

Nothing waits for a group to fill: while one statement runs, the next group gathers.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

import asyncpg

from services.wallet.charges import store
from services.wallet.charges.store import Answered, Prepared
from shared.correlation import detached
from shared.db import Connection, Database, constraint_of, is_database_away
from shared.errors import TooMany

MAX_GROUP = 128
WORTH_A_LANE = 16  # charges that wait before a second statement runs beside the first: larger groups cost less each
MAX_WAITING = 10_000
ATTEMPTS = 3

_Waiting = tuple[Prepared, "asyncio.Future[Answered]"]


class ChargeGroups:
    """The charges of one process. lanes: statements at once, when many wait, who are shared out evenly; two keep both the database and
    this process busy.
    """

    def __init__(self, database: Database, *, lanes: int = 2) -> None:
        self._database = database
        self._lanes = lanes
        self._running: set[asyncio.Task[None]] = set()
        self._is_starting = False
        self._waiting: deque[_Waiting] = deque()

    async def charge(self, prepared: Prepared) -> Answered:
        """Committed when it returns. Raises what `store.charge` raises, DatabaseUnavailable, and TooMany when too many wait.

        When the caller goes away meanwhile the charge may still happen: the same key asks for its answer.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise TooMany(retry_after_s=1)
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((prepared, future))
        self._start_soon()
        return await future

    def _start_soon(self) -> None:
        """When all who are about to ask have asked: whoever was answered together mostly asks again together."""
        if not self._is_starting:
            self._is_starting = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._is_starting = False
        while len(self._running) < self._lanes and len(self._waiting) >= (WORTH_A_LANE if self._running else 1):
            with detached():
                task = asyncio.create_task(self._run(self._share(self._lanes - len(self._running))), name="charges")
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start_soon()

    async def _run(self, group: list[_Waiting]) -> None:
        """A lane: this group and those that gather meanwhile, on one connection."""
        try:
            async with self._database.acquire() as db:
                while group:
                    await self._book(db, group)
                    await asyncio.sleep(0)  # whoever was answered mostly asks again at once
                    group = [] if db.is_closed() else self._share(self._lanes - len(self._running) + 1)
        except Exception as error:  # each caller must learn of it, whatever it is
            _fail(group, error)

    def _share(self, lanes: int) -> list[_Waiting]:
        """What one of so many free lanes takes of what waits."""
        wanted = len(self._waiting) // WORTH_A_LANE
        return self._take(-(-len(self._waiting) // max(1, min(wanted, lanes))))

    def _take(self, limit: int) -> list[_Waiting]:
        """The oldest that fit into one statement; a key that is in it already waits for the next."""
        group: list[_Waiting] = []
        keys: set[tuple[str, str]] = set()
        later: list[_Waiting] = []
        while self._waiting and len(group) < min(limit, MAX_GROUP):
            waiting = self._waiting.popleft()
            key = (waiting[0].request.tool_id, waiting[0].request.idempotency_key)
            (later if key in keys else group).append(waiting)
            keys.add(key)
        self._waiting.extendleft(reversed(later))
        return group

    async def _book(self, db: Connection, group: Sequence[_Waiting]) -> None:
        """Answer each of the group. When the statement fails for a reason of one charge, each gets a statement of its own."""
        try:
            _answer(group, await self._charge(db, [prepared for prepared, _ in group]))
        except asyncpg.PostgresError as error:
            if is_database_away(error):
                _fail(group, error)
            else:
                for waiting in group:
                    await self._book_alone(db, waiting)
        except Exception as error:  # as above
            _fail(group, error)

    async def _book_alone(self, db: Connection, waiting: _Waiting) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _answer([waiting], await self._charge(db, [waiting[0]]))
                break
            except Exception as error:  # as above
                if attempt == ATTEMPTS or not _passes(error):
                    _fail([waiting], error)
                    break

    async def _charge(self, db: Connection, prepared: Sequence[Prepared]) -> list[Answered]:
        answers = await store.charge(db, prepared)
        if any(answer.outcome == "charged" for answer in answers):
            self._database.wakeup.announce(("outbox", "job"))
        return answers


def _passes(error: Exception) -> bool:
    """Whether asking again helps: the key was taken for another wallet at this moment, or two transactions crossed."""
    return constraint_of(error) == "tool_request_once" or isinstance(error, asyncpg.TransactionRollbackError)


def _answer(group: Sequence[_Waiting], answers: Sequence[Answered]) -> None:
    for (_, future), answer in zip(group, answers, strict=True):
        if not future.done():
            future.set_result(answer)


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
