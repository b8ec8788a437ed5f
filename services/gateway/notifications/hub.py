"""Open pages of this process, and the one question to notify that is about all of them."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Gauge

from services.gateway.notifications.unread import Unread
from shared.client import RemoteProblem
from shared.consume_errors import pause_s
from shared.errors import Unavailable
from shared.runtime import Runtime

MAX_STREAMS = 4_000
MAX_STREAMS_A_PERSON = 6
GATHER_S = 0.2
"""Pages are opened in flocks; each would end the question that is under way."""
STREAMS = Gauge("immo_gateway_live_pages", "Pages that follow their notifications through this process")
_LOG = structlog.get_logger(__name__)


@dataclass(eq=False)
class Stream:
    """One page. changed: there is news, or it is over. session: its token."""

    account_id: UUID
    session: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False


class Hub:
    def __init__(self, at: Runtime[Any], unread: Unread) -> None:
        self._at = at
        self._unread = unread
        self._streams: set[Stream] = set()
        self._of_person: Counter[UUID] = Counter()
        self._known: dict[UUID, dict[str, Any]] = {}
        self._others = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    def open(self, account_id: UUID, session: str) -> Stream | None:
        """None where there are too many already."""
        if len(self._streams) >= MAX_STREAMS or self._of_person[account_id] >= MAX_STREAMS_A_PERSON:
            return None
        stream = Stream(account_id, session)
        self._streams.add(stream)
        self._of_person[account_id] += 1
        STREAMS.set(len(self._streams))
        return stream

    def shows(self, stream: Stream, *, unread: int, latest: str | None) -> None:
        """What a page shows now; from here on news is what differs."""
        self._unread.note(stream.account_id, unread)
        known = {"unread": unread, "latest": latest}
        if stream in self._streams and self._known.get(stream.account_id) != known:
            self._known[stream.account_id] = known
            self._others.set()
        if self._known and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(self._follow(), name="notifications")

    def close(self, stream: Stream) -> None:
        """May be repeated."""
        if stream not in self._streams:
            return
        self._streams.remove(stream)
        self._of_person[stream.account_id] -= 1
        STREAMS.set(len(self._streams))
        if self._of_person[stream.account_id] == 0:
            del self._of_person[stream.account_id]
            self._known.pop(stream.account_id, None)
            self._others.set()

    def end_session(self, session: str) -> None:
        """Whoever signed out sees nothing more, on whichever page."""
        for stream in self._streams:
            if stream.session == session:
                stream.is_over = True
                stream.changed.set()

    async def _follow(self) -> None:
        """Ask until nobody is there any more. Notify may come and go: what is known here is what the next question begins with."""
        failures = 0
        while self._known:
            self._others.clear()
            try:
                changed = await self._ask()
            except (RemoteProblem, Unavailable) as error:
                failures += 1
                if failures == 1:
                    _LOG.info("notifications away", error=type(error).__name__)
                await asyncio.sleep(pause_s(failures, first_s=0.5, most_s=15.0))
                continue
            failures = 0
            for account, known in changed.items():
                account_id = UUID(account)
                if account_id in self._known:
                    self._known[account_id] = known
                    self._unread.note(account_id, known["unread"])
                    self._wake(account_id)

    async def _ask(self) -> dict[str, Any]:
        """Nothing where others have come or gone meanwhile, who are to be asked about too."""
        body = {"known": {str(account_id): known for account_id, known in self._known.items()}}
        asking = asyncio.create_task(self._at.client("notify").post("/internal/notifications/changes", body))
        others = asyncio.create_task(self._others.wait())
        try:
            await asyncio.wait({asking, others}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()["changed"]
            await asyncio.sleep(GATHER_S)
            return asking.result()["changed"] if asking.done() else {}
        finally:
            for task in (asking, others):
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task

    def _wake(self, account_id: UUID) -> None:
        for stream in self._streams:
            if stream.account_id == account_id:
                stream.changed.set()
