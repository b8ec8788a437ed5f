"""Charges that arrive together are booked together: one statement for all, an answer for each.

Nothing waits for a group to fill: while one statement runs, the next group gathers. Two statements at once are kept to different wallets
where that is possible, as each would only wait for the other's locks.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.wallet.charges import store
from services.wallet.charges.store import Answered, Prepared
from shared.correlation import detached
from shared.db import Connection, Database, constraint_of, is_database_away
from shared.errors import TooMany

MAX_GROUP = 128
WORTH_A_LANE = 16  # charges that wait before a second statement runs beside the first: larger groups cost less each
MAX_WAITING = 10_000
LOOK_AHEAD = 8 * MAX_GROUP  # of those who wait, for wallets that no statement holds
ATTEMPTS = 3

_Waiting = tuple[Prepared, "asyncio.Future[Answered]"]


class ChargeGroups:
    """The charges of one process. lanes: statements at once, when many wait, who are shared out evenly; two keep both the database and
    this process busy.
    """

    def __init__(self, database: Database, *, lanes: int = 2) -> None:
        self._database = database
        self._lanes = lanes
        self._running: dict[asyncio.Task[None], set[UUID]] = {}  # with the wallets of its present group
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
            group = self._share(self._lanes - len(self._running))
            with detached():
                task = asyncio.create_task(self._run(group), name="charges")
            self._running[task] = _wallets_of(group)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._start_soon()

    async def _run(self, group: list[_Waiting]) -> None:
        """A lane: this group and those that gather meanwhile, on one connection."""
        lane = asyncio.current_task()
        try:
            async with self._database.acquire() as db:
                while group:
                    await self._book(db, group)
                    await asyncio.sleep(0)  # whoever was answered mostly asks again at once
                    if lane is None or db.is_closed():
                        return
                    self._running[lane] = set()
                    group = self._share(self._lanes - len(self._running) + 1)
                    self._running[lane] = _wallets_of(group)
        except Exception as error:  # as below
            _fail(group, error)

    def _share(self, lanes: int) -> list[_Waiting]:
        """What one of so many free lanes takes of what waits: the oldest, and if it can of wallets that no other lane holds."""
        looked_at = [self._waiting.popleft() for _ in range(min(len(self._waiting), LOOK_AHEAD))]
        held = set[UUID]().union(*self._running.values())
        chosen = [waiting for waiting in looked_at if waiting[0].request.wallet_id not in held]
        if 2 * len(chosen) < len(looked_at):  # most want what is held: many wait there, few are left to who holds it
            chosen = looked_at if len(looked_at) >= WORTH_A_LANE else []
        wanted = max(1, min(len(chosen) // WORTH_A_LANE, lanes))
        chosen = chosen[: MAX_GROUP * wanted]
        group = _once_a_key(_cut(chosen, wanted) if wanted > 1 else chosen)
        taken = {id(future) for _, future in group}
        self._waiting.extendleft(waiting for waiting in reversed(looked_at) if id(waiting[1]) not in taken)
        return group

    async def _book(self, db: Connection, group: Sequence[_Waiting]) -> None:
        """Answer each of the group. When the statement fails for a reason of one charge, each gets a statement of its own."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _answer(group, await self._charge(db, [prepared for prepared, _ in group]))
                return
            except Exception as error:  # each caller must learn of it, whatever it is
                if attempt < ATTEMPTS and _passes(error):
                    continue
                if len(group) == 1 or is_database_away(error) or not isinstance(error, asyncpg.PostgresError):
                    _fail(group, error)
                    return
                break
        for waiting in group:
            await self._book(db, [waiting])

    async def _charge(self, db: Connection, prepared: Sequence[Prepared]) -> list[Answered]:
        answers = await store.charge(db, prepared)
        if any(answer.outcome == "charged" for answer in answers):
            self._database.wakeup.announce(("outbox", "job"))
        return answers


def _wallets_of(group: Sequence[_Waiting]) -> set[UUID]:
    return {prepared.request.wallet_id for prepared, _ in group}


def _cut(waiting: Sequence[_Waiting], shares: int) -> Sequence[_Waiting]:
    """One of so many shares: cut between two wallets, unless all of it is one wallet's."""
    in_order = sorted(waiting, key=lambda one: one[0].request.wallet_id.int)
    even = end = -(-len(in_order) // shares)
    while end < len(in_order) and in_order[end][0].request.wallet_id == in_order[end - 1][0].request.wallet_id:
        end += 1
    return in_order[: even if end == len(in_order) else min(end, MAX_GROUP)]


def _once_a_key(waiting: Sequence[_Waiting]) -> list[_Waiting]:
    """Without those whose key is among them already: they wait for the next statement, and its first answer."""
    found: dict[tuple[str, str], _Waiting] = {}
    for one in waiting:
        found.setdefault((one[0].request.tool_id, one[0].request.idempotency_key), one)
    return list(found.values())


def _passes(error: Exception) -> bool:
    """Whether asking again helps: a key was taken at this moment, or two transactions crossed."""
    return constraint_of(error) == "tool_request_once" or isinstance(error, asyncpg.TransactionRollbackError)


def _answer(group: Sequence[_Waiting], answers: Sequence[Answered]) -> None:
    for (_, future), answer in zip(group, answers, strict=True):
        if not future.done():
            future.set_result(answer)


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
