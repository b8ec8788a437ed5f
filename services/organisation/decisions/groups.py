"""Questions that arrive together are answered together: one look at the tables for all of them.

Nothing waits for a group to fill: while one statement runs, the next group gathers. A question is only answered by a statement that
began after it was asked.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
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


class Questions:
    """All that one process is asked. lanes: statements at once for what comes one by one, when many wait."""

    def __init__(self, database: Database, *, lanes: int = 2) -> None:
        self._database = database
        self._lanes = lanes
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: deque[_Waiting] = deque()

    async def facts_of_all(self, questions: Sequence[Question]) -> list[Facts]:
        """One for each question, in their order; several that are asked at once are a group already. Raises as `facts` does."""
        if len(questions) == 1:
            return [await self.facts(questions[0])]
        return await self._find(questions)

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
            found = await self._find([question for question, _ in group])
        except Exception as error:  # each who asks must learn of it, whatever it is
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), facts in zip(group, found, strict=True):
            if not future.done():
                future.set_result(facts)

    async def _find(self, questions: Sequence[Question]) -> list[Facts]:
        async with self._database.acquire() as db:
            return await find_facts(db, questions, today=_today())


def _today() -> date:
    return datetime.now(BRUSSELS).date()
