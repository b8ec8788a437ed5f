"""Questions that arrive together are answered together: one look at the tables for all of them.

Nothing waits for a group to fill: while one statement runs, the next group gathers. A question is only answered by a statement that
began after it was asked.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import date, datetime

from services.organisation.decisions.rules import Facts
from services.organisation.decisions.store import Question, find_facts
from shared.correlation import detached
from shared.db import Database
from shared.errors import TooMany
from shared.formats import BRUSSELS

MAX_GROUP = 50
WORTH_A_LANE = 16  # questions that wait before another statement runs beside the first: larger groups cost less each
MAX_WAITING = 10_000

_Waiting = tuple[Question, "asyncio.Future[Facts]"]


def today() -> date:
    return datetime.now(BRUSSELS).date()


class Questions:
    """The questions of one process that are asked one at a time. lanes: statements at once, when many wait."""

    def __init__(self, database: Database, *, lanes: int = 2, day: Callable[[], date] = today) -> None:
        self._database = database
        self._lanes = lanes
        self._day = day
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: deque[_Waiting] = deque()

    async def facts(self, question: Question) -> Facts:
        """What the tables know at this moment. Raises DatabaseUnavailable, and TooMany when too many wait."""
        if len(self._waiting) >= MAX_WAITING:
            raise TooMany(retry_after_s=1)
        future: asyncio.Future[Facts] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        self._start()
        return await future

    def _start(self) -> None:
        waiting = len(self._waiting)
        if waiting and (not self._running or (waiting >= WORTH_A_LANE and len(self._running) < self._lanes)):
            group = [self._waiting.popleft() for _ in range(min(waiting, MAX_GROUP))]
            with detached():
                task = asyncio.create_task(self._answer(group), name="decisions")
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start()

    async def _answer(self, group: Sequence[_Waiting]) -> None:
        try:
            async with self._database.acquire() as db:
                found = await find_facts(db, [question for question, _ in group], today=self._day())
        except Exception as error:  # each who asks must learn of it, whatever it is
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), facts in zip(group, found, strict=True):
            if not future.done():
                future.set_result(facts)
