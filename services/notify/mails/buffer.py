"""Letters between claiming and sending: the most urgent is taken first, also when it came last."""

import asyncio
import heapq
from collections.abc import Iterable
from itertools import count

from services.notify.mails.letters import Letter


class Buffer:
    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Letter]] = []
        self._number = count()
        self._changed = asyncio.Condition()
        self._is_closed = False

    async def put(self, letters: Iterable[Letter]) -> None:
        async with self._changed:
            for letter in letters:
                heapq.heappush(self._heap, (-letter.claimed.priority, next(self._number), letter))
            self._changed.notify_all()

    async def take(self, *, at_least: int) -> Letter | None:
        """Waits for one of this priority or above. None once the buffer is closed."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._is_closed or self._has(at_least))
            return None if self._is_closed else heapq.heappop(self._heap)[2]

    async def close(self) -> list[Letter]:
        """Nobody takes any more; what is left."""
        async with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        return [letter for _, _, letter in self._heap]

    def _has(self, at_least: int) -> bool:
        return bool(self._heap) and -self._heap[0][0] >= at_least
