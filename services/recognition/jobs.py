"""What calls out: asking a registry about one person, and reading its list of changes. No transaction is open meanwhile."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.recognition import answers, inquiry_store, store
from services.recognition.catalogue import Catalogue, Http
from services.recognition.connectors.port import Answer, Connector
from services.recognition.rules import RegistryBusy, RegistryUnavailable, next_refresh, pause_s
from services.recognition.store import Subject
from shared.db import Database
from shared.jobs import Job, Retry
from shared.sealed import Keyring, SubjectErased

MAX_PAGES = 50
LONGEST_QUEUE_S = 900.0


@dataclass(frozen=True)
class Desk:
    """Everything needed to ask. hash_of: of a national number. again_after: how long an answer is good for before it is asked for again.

    number_kept: how long a national number is kept after its card was last seen. waiting: how many questions wait, by registry, as it
    was known last.
    """

    database: Database
    keyring: Keyring
    catalogue: Catalogue
    connectors: Mapping[str, Connector]
    hash_of: Callable[[str], bytes]
    again_after: timedelta
    number_kept: timedelta = timedelta(days=400)
    waiting: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def registries(self) -> list[str]:
        return [registry.id for registry in self.catalogue.registries]

    async def fetch(self, job: Job) -> None:
        """Ask one registry about one person. An answer that does not come is asked for again, for ever."""
        registry = str(job.payload["registry"])
        async with self.database.acquire() as db:
            subject = await store.find_subject(db, UUID(str(job.payload["account_id"])))
        if subject is None or subject.national_number is None or registry not in self.connectors:
            return
        await self.keyring.fetch([subject.national_number.subject])  # another's, where two accounts became one
        number = self.keyring.open(subject.national_number, "national_number")
        if number is None:
            return
        await self._remember(subject, number)
        try:
            answer = await self.connectors[registry].look_up(number)
        except RegistryBusy as error:
            raise Retry(self._queue_s(registry, error, is_urgent=bool(job.payload.get("urgent")))) from None
        except RegistryUnavailable as error:
            async with self.database.transaction() as db:
                await answers.save_no_answer(db, subject.account_id, registry)
            raise Retry(error.retry_after_s or pause_s(job.attempt)) from None
        await self._keep(subject, registry, answer)

    async def announce(self, job: Job) -> None:
        """Say anew what someone holds, where nothing else would bring it up."""
        account_id = UUID(str(job.payload["account_id"]))
        await self.keyring.fetch([account_id])
        try:
            async with self.database.transaction() as db:
                await answers.announce(db, account_id, self.keyring, now=datetime.now(UTC))
        except SubjectErased:
            return

    async def follow(self, registry: str) -> None:
        """Read a registry's list of changes to its end. Raises RegistryUnavailable; the next time comes."""
        connector = self.connectors[registry]
        await connector.prepare()
        for _ in range(MAX_PAGES):
            async with self.database.acquire() as db:
                feed = await inquiry_store.find_feed(db, registry)
            changes = await connector.changes(feed)
            if not changes.hashes and changes.feed == feed:
                return
            async with self.database.transaction() as db:
                now = datetime.now(UTC)
                if not changes.hashes:
                    await inquiry_store.save_feed(db, registry, changes.feed, now=now)
                    return
                await answers.follow_changes(db, registry, changes.hashes, changes.feed.cursor or "", now=now)

    async def _keep(self, subject: Subject, registry: str, answer: Answer) -> None:
        await self.keyring.fetch([subject.account_id])
        now = datetime.now(UTC)
        try:
            async with self.database.transaction() as db:
                await answers.save_answer(
                    db,
                    subject,
                    registry,
                    answer.entries,
                    self.catalogue.graces_of(registry),
                    self.keyring,
                    as_of=answer.as_of,
                    now=now,
                    refresh_at=next_refresh(subject.account_id, registry, now=now, every=self.again_after),
                )
        except SubjectErased:
            return

    async def _remember(self, subject: Subject, number: str) -> None:
        """Before the registry is asked: whatever changes there afterwards is then recognised in its list."""
        if not subject.has_hash:
            async with self.database.transaction() as db:
                await store.save_hash(db, subject, self.hash_of(number))

    def _queue_s(self, registry: str, busy: RegistryBusy, *, is_urgent: bool) -> float:
        """How long to step back; among many that wait, for about as long as it takes to ask half of them."""
        least_s = busy.retry_after_s or 1.0
        found = self.catalogue.find_registry(registry)
        if is_urgent or found is None or not isinstance(found.connector, Http):
            return least_s
        queue_s = self.waiting.get(registry, 0) / found.connector.max_per_s
        return max(least_s, min(LONGEST_QUEUE_S, queue_s * random.uniform(0.2, 0.8)))  # noqa: S311 - spreads load
