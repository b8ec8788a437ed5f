"""Reading a tool's log from a cursor on: at once, or waiting for what comes next."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from services.notify.own import Own
from services.notify.webhooks import log_store
from services.notify.webhooks.log_store import Feed
from services.notify.webhooks.problems import CursorGone, CursorInvalid
from services.notify.webhooks.rules import document
from shared.db import Database
from shared.tokens import Tool

LATEST = "latest"


@dataclass(frozen=True)
class Page:
    """documents: with the cursor of each. next: the cursor to go on from. has_more: at once."""

    documents: Sequence[tuple[int, dict[str, Any]]]
    next: int
    has_more: bool


@dataclass(frozen=True)
class Reader:
    database: Database
    own: Own
    caller: Tool
    types: tuple[str, ...] = ()

    async def begin(self, after: str | None) -> int:
        """after: a cursor, `latest`, or None for the oldest that is kept. Raises CursorInvalid, CursorGone."""
        async with self.database.acquire() as db:
            feed = await log_store.feed_of(db, self.caller.tool_id)
        return start_of(feed, after)

    async def read(self, after: int, *, limit: int) -> Page:
        """Raises CursorGone, Unavailable. Never beyond the last cursor that was there at the beginning."""
        tool_id = self.caller.tool_id
        async with self.database.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
            feed = await log_store.feed_of(db, tool_id)
            if after < feed.pruned_through:
                raise CursorGone(oldest=feed.pruned_through)
            events = await log_store.read(
                db, tool_id, after=after, through=feed.last_cursor, types=self.types, limit=limit
            )
        subjects = await self._subjects(events)
        source = self.own.webhooks.outside.source
        documents = [
            (event.cursor, document(event, subjects.get(str(event.account_id)), source=source)) for event in events
        ]
        if len(events) == limit:
            return Page(documents, events[-1].cursor, events[-1].cursor < feed.last_cursor)
        return Page(documents, max(after, feed.last_cursor), False)

    async def wait(self, after: int, *, within_s: float) -> bool:
        return await self.own.tail.beyond(self.caller.tool_id, after, within_s=within_s)

    async def follow(
        self, after: int, *, limit: int, beat_s: float, until: float, now: Callable[[], float]
    ) -> AsyncIterator[bytes]:
        """As server-sent events, with a comment now and then. until: of the clock `now`, when the stream ends.

        It ends earlier where the process stops; `Last-Event-ID` goes on at another.
        """
        yield b"retry: 1000\n\n"
        while now() < until and not self.own.tail.is_over:
            page = await self.read(after, limit=limit)
            for cursor, told in page.documents:
                yield as_sent(cursor, told)
            if page.next > after and not page.documents:
                yield b"id: %d\n\n" % page.next
            after = page.next
            if not page.has_more and not await self.wait(after, within_s=min(beat_s, max(0.0, until - now()))):
                yield b": beat\n\n"

    async def _subjects(self, events: Sequence[log_store.ToolEvent]) -> dict[str, str]:
        accounts = {event.account_id for event in events if event.account_id is not None}
        if self.caller.sector is None or not accounts:
            return {str(account_id): str(account_id) for account_id in accounts}
        found = await self.own.webhooks.outside.subjects.of(self.caller.client_id, self.caller.tool_id, accounts)
        return {str(account_id): subject for account_id, subject in found.items()}


def start_of(feed: Feed, after: str | None) -> int:
    """Pure. Raises CursorInvalid for what was never given out, CursorGone for what is no longer followed by everything."""
    if after is None:
        return feed.pruned_through
    if after == LATEST:
        return feed.last_cursor
    if not (after.isascii() and after.isdecimal() and len(after) < 19) or int(after) > feed.last_cursor:
        raise CursorInvalid(field="after")
    if int(after) < feed.pruned_through:
        raise CursorGone(oldest=feed.pruned_through)
    return int(after)


def as_sent(cursor: int, told: dict[str, Any]) -> bytes:
    """One server-sent event. JSON holds no line ends of its own."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (cursor, str(told["type"]).encode(), to_json(told))
