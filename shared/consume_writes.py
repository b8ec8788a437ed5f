"""What the handlers of a batch write, gathered and sent together: a round trip for each kind of statement instead of one for each."""

from collections import defaultdict, deque
from typing import Any

from shared.db import Connection
from shared.wakeup import Subject

Statement = tuple[str, tuple[Any, ...]]


class Writes:
    """Stands in for the connection while handlers run that do nothing but `execute`.

    The statements of one lane keep their order. Those of different lanes touch different rows, so they have none.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._lanes: defaultdict[str, deque[Statement]] = defaultdict(deque)
        self._lane = self._lanes[""]

    def enter(self, lane: str) -> None:
        """What is executed from now on belongs to this lane."""
        self._lane = self._lanes[lane]

    async def execute(self, query: str, *arguments: Any) -> str:
        self._lane.append((query, arguments))
        return ""

    def mark(self, subject: Subject) -> None:
        self._db.mark(subject)

    async def send(self) -> None:
        """Execute everything. Each time that statement goes first which most lanes have come to."""
        waiting: defaultdict[str, list[deque[Statement]]] = defaultdict(list)
        for lane in self._lanes.values():
            if lane:
                waiting[lane[0][0]].append(lane)
        while waiting:
            query = max(waiting, key=lambda one: len(waiting[one]))
            rows: list[tuple[Any, ...]] = []
            for lane in waiting.pop(query):
                while lane and lane[0][0] == query:
                    rows.append(lane.popleft()[1])
                if lane:
                    waiting[lane[0][0]].append(lane)
            if len(rows) == 1:
                await self._db.execute(query, *rows[0])
            else:
                await self._db.executemany(query, rows)
        self._lanes.clear()
