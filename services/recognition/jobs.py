"""What calls out: asking a registry about one person, and reading its list of changes. No transaction is open meanwhile."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.recognition import handlers, inquiry_store, store
from services.recognition.catalogue import Catalogue
from services.recognition.registry import RegistryClient
from services.recognition.rules import RegistryUnavailable, pause_s
from services.recognition.store import Subject
from shared.db import Database
from shared.jobs import Job, Retry
from shared.sealed import Keyring, SubjectErased

MAX_PAGES = 50


@dataclass(frozen=True)
class Desk:
    """Everything needed to ask. again_after: how long an answer is good for before it is asked for again.

    number_kept: how long a national number is kept after its card was last seen.
    """

    database: Database
    keyring: Keyring
    catalogue: Catalogue
    clients: Mapping[str, RegistryClient]
    hash_key: bytes
    again_after: timedelta
    number_kept: timedelta = timedelta(days=400)

    async def fetch(self, job: Job) -> None:
        """Ask one registry about one person. An answer that does not come is asked for again, for ever."""
        registry = str(job.payload["registry"])
        async with self.database.acquire() as db:
            subject = await store.find_subject(db, UUID(str(job.payload["account_id"])))
        if subject is None or subject.national_number is None or registry not in self.clients:
            return
        await self.keyring.fetch([subject.national_number.subject])  # another's, where two accounts became one
        number = self.keyring.open(subject.national_number, "national_number")
        if number is None:
            return
        await self._remember(subject, number)
        try:
            entries = await self.clients[registry].look_up(number)
        except RegistryUnavailable as error:
            async with self.database.transaction() as db:
                await handlers.save_no_answer(db, subject.account_id, registry)
            raise Retry(pause_s(job.attempt)) from error
        await self.keyring.fetch([subject.account_id])
        now = datetime.now(UTC)
        try:
            async with self.database.transaction() as db:
                await handlers.save_answer(
                    db,
                    subject,
                    registry,
                    entries,
                    self.catalogue.kinds_of(registry),
                    self.keyring,
                    now=now,
                    refresh_at=now + handlers.spread(self.again_after),
                )
        except SubjectErased:
            return

    async def follow(self, registry: str) -> None:
        """Read a registry's list of changes to its end. Raises RegistryUnavailable; the next time comes."""
        client = self.clients[registry]
        for _ in range(MAX_PAGES):
            async with self.database.acquire() as db:
                cursor = await inquiry_store.find_cursor(db, registry)
            changes = await client.changes(cursor)
            if not changes.numbers and changes.cursor == cursor:
                return
            async with self.database.transaction() as db:
                hashes = [self.hash_of(number) for number in changes.numbers]
                await handlers.follow_changes(db, registry, hashes, changes.cursor, now=datetime.now(UTC))
            if not changes.numbers:
                return

    def hash_of(self, number: str) -> bytes:
        return hmac.digest(self.hash_key, number.encode(), hashlib.sha256)

    async def _remember(self, subject: Subject, number: str) -> None:
        """Before the registry is asked: whatever changes there afterwards is then recognised in its list."""
        if not subject.has_hash:
            async with self.database.transaction() as db:
                await store.save_hash(db, subject, self.hash_of(number))
