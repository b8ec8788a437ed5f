"""A registry that delivers files: it is asked by looking into what its last file said."""

from collections.abc import Callable
from contextlib import aclosing

from services.recognition.connectors.files import store
from services.recognition.connectors.files.deliveries import Deliveries
from services.recognition.connectors.files.importing import FileImport
from services.recognition.connectors.gate.store import find_state
from services.recognition.connectors.port import Answer, Changes
from services.recognition.inquiry_store import Feed
from services.recognition.rules import RegistryUnavailable
from shared.db import Database

CHANGES_AT_ONCE = 5_000
NO_FILE_RETRY_S = 300.0


class FileRegistry:
    """imported: reads its files. deliveries: where they come from."""

    def __init__(
        self,
        database: Database,
        registry: str,
        imported: FileImport,
        deliveries: Deliveries,
        hash_of: Callable[[str], bytes],
    ) -> None:
        self._database = database
        self._registry = registry
        self._deliveries = deliveries
        self._hash_of = hash_of
        self.files = imported

    async def look_up(self, national_number: str) -> Answer:
        async with self._database.acquire() as db:
            entries = await store.entries_of(db, self._registry, self._hash_of(national_number))
            if not entries and not await store.is_ready(db, self._registry):
                raise RegistryUnavailable("no-file", retry_after_s=NO_FILE_RETRY_S)
            state = await find_state(db, self._registry)
        return Answer(tuple(entries), state.as_of if state else None)

    async def prepare(self) -> None:
        """Read what was delivered meanwhile. A file that is refused stands in the list of files, and the ones before it count."""
        async with aclosing(self._deliveries.waiting()) as waiting:
            async for file in waiting:
                await self.files.read(file.path, file.name, as_of=file.as_of)

    async def changes(self, feed: Feed) -> Changes:
        position = int(feed.cursor or 0)
        async with self._database.acquire() as db:
            found = await store.changed_after(db, self._registry, position, limit=CHANGES_AT_ONCE)
        if not found:
            return Changes(feed, ())
        return Changes(Feed(str(found[-1][1])), [number_hash for number_hash, _ in found])

    async def close(self) -> None:
        await self._deliveries.close()
