"""How many notifications are new to somebody, for the header of every page: never waited for long, and 0 where nobody can say."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.runtime import Runtime

BELIEVED_S = 10.0
PATIENCE_S = 0.25
PAUSE_S = 5.0
MAX_REMEMBERED = 20_000


class Unread:
    def __init__(self, at: Runtime[Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._at = at
        self._clock = clock
        self._known: OrderedDict[UUID, tuple[float, int]] = OrderedDict()
        self._away_until = float("-inf")

    async def of(self, account_id: UUID) -> int:
        """100 for that many and more."""
        now = self._clock()
        asked_at, unread = self._known.get(account_id, (float("-inf"), 0))
        if now - asked_at < BELIEVED_S or now < self._away_until or "notify" not in self._at.settings.urls:
            return unread
        path = f"/internal/notifications/{account_id}"
        try:
            news = await asyncio.wait_for(self._at.client("notify").get(path, query={"limit": 0}), PATIENCE_S)
        except (RemoteProblem, Unavailable, TimeoutError):
            self._away_until = now + PAUSE_S
            return unread
        self.note(account_id, news["unread"])
        return news["unread"]

    def known(self, account_id: UUID) -> int:
        """Without asking anybody."""
        return self._known.get(account_id, (0.0, 0))[1]

    def note(self, account_id: UUID, unread: int) -> None:
        """Somebody else has just learnt it."""
        self._known[account_id] = (self._clock(), unread)
        self._known.move_to_end(account_id)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, account_id: UUID) -> None:
        self._known.pop(account_id, None)
