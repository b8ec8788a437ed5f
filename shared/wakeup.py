"""Wakes those who wait for new rows: at once inside the process that committed them, by NOTIFY in the others.

A missed wake-up costs half a second, never a row: everyone who waits also polls. NOTIFY is sent outside the business transaction,
where it would make all commits queue for one lock, and at most once each NOTIFY_PAUSE_S.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from shared.correlation import detached

if TYPE_CHECKING:
    from shared.db import Connection

Subject = Literal["outbox", "job", "dead_letter", "notification"]

_CHANNEL = "immo_wakeup"
NOTIFY_PAUSE_S = 0.05
_RECONNECT_S = 1.0
_ALIVE_S = 5.0


class Wakeup:
    """One a Database. `subscribe` gives an event to wait for; `listen` is run by processes that wait for others' rows."""

    def __init__(
        self,
        acquire: Callable[[], AbstractAsyncContextManager["Connection"]],
        connect: Callable[[], Awaitable["Connection"]],
        away: tuple[type[BaseException], ...],
    ) -> None:
        self._acquire = acquire
        self._connect = connect
        self._away = away
        self._waiting: dict[str, list[asyncio.Event]] = defaultdict(list)
        self._served: dict[str, int] = defaultdict(int)
        self._to_notify: set[str] = set()
        self._notifier: asyncio.Task[None] | None = None

    @contextmanager
    def subscribe(self, subject: Subject) -> Iterator[asyncio.Event]:
        """An event that is set when rows of this subject were committed here or elsewhere; clear it before you look."""
        event = asyncio.Event()
        self._waiting[subject].append(event)
        try:
            yield event
        finally:
            self._waiting[subject].remove(event)

    @contextmanager
    def serving(self, subject: Subject) -> Iterator[None]:
        """While inside, this process does the work itself and need not tell others of its own commits."""
        self._served[subject] += 1
        try:
            yield
        finally:
            self._served[subject] -= 1

    def announce(self, subjects: Iterable[str]) -> None:
        """Called after a commit, once for all that it changed. Never blocks, never fails."""
        for subject in subjects:
            self._wake(subject)
            if not self._served[subject]:
                self._to_notify.add(subject)
        if self._to_notify and self._notifier is None:
            with detached():
                self._notifier = asyncio.get_running_loop().create_task(self._notify())

    async def listen(self) -> None:
        """Wake this process on what others commit; runs until it is cancelled, through every outage of the database."""
        while True:
            with suppress(*self._away):
                await self._hear()
            await asyncio.sleep(_RECONNECT_S)

    def _wake(self, subject: str) -> None:
        for event in self._waiting[subject]:
            event.set()

    def _on_notice(self, _db: object, _pid: int, _channel: str, subject: object) -> None:
        self._wake(str(subject))

    async def _notify(self) -> None:
        try:
            while self._to_notify:
                subjects, self._to_notify = sorted(self._to_notify), set()
                with suppress(*self._away):
                    async with self._acquire() as db:
                        await db.execute(
                            "SELECT pg_notify($1, subject) FROM unnest($2::text[]) AS subject", _CHANNEL, subjects
                        )
                await asyncio.sleep(NOTIFY_PAUSE_S)
        finally:
            self._notifier = None

    async def _hear(self) -> None:
        db = await self._connect()
        try:
            await db.add_listener(_CHANNEL, self._on_notice)
            while not db.is_closed():
                await asyncio.sleep(_ALIVE_S)
                await db.execute("SELECT 1", timeout=_ALIVE_S)
        finally:
            db.terminate()
