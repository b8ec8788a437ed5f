"""The loop that sends: claims what is due, hands it to lines to the mail server, has outcomes written down.

Any number of workers share the deliveries. One line serves codes only, so that they never wait for a slow mail before them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import structlog

from services.notify.bounces.return_paths import ReturnPaths
from services.notify.digests.gathering import Sorted, sort_out
from services.notify.mails import queue
from services.notify.mails.buffer import Buffer
from services.notify.mails.delivering import again, deliver
from services.notify.mails.letters import Letter, write_letters
from services.notify.mails.outage import Outage
from services.notify.mails.outcomes import Ended, Outcome, Outcomes
from services.notify.mails.pace import keep_pace
from services.notify.mails.pacing import BULK, URGENT, again_after_s
from services.notify.mails.queue import Claimed, PutBack
from services.notify.mails.render import Renderer
from services.notify.mails.smtp import Line, MailServer
from services.notify.preferences.tokens import Unsubscribes
from services.notify.settings import NotifySettings
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable
from shared.redact import describe
from shared.sealed import Keyring
from shared.stopping import wait_any

LEASE_S = 60.0
LEASE = timedelta(seconds=LEASE_S)
POLL_S = 0.5
MOST_IN_HAND = 200
BULK_EACH = 5
"""Every so many claims take only the least urgent, so that a stream of others cannot hold them up for ever."""
_AWAY = (*DATABASE_AWAY, DatabaseUnavailable)
_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Post:
    """What a delivery needs besides the database."""

    renderer: Renderer
    server: MailServer
    unsubscribes: Unsubscribes
    return_paths: ReturnPaths = field(default_factory=lambda: ReturnPaths(None, b""))


class Sender:
    def __init__(self, database: Database, keyring: Keyring, post: Post, settings: NotifySettings) -> None:
        self._database = database
        self._keyring = keyring
        self._post = post
        self._settings = settings
        self._buffer = Buffer()
        self._outcomes = Outcomes(database)
        self._outage = Outage()
        self._held: dict[UUID, float] = {}
        self._low = asyncio.Event()
        self._preparing: set[asyncio.Task[None]] = set()
        self._turn = count(1)
        self._most = settings.smtp_connections * 2
        self._claimed_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then mails under way end, and what was claimed besides is put back."""
        priorities = (URGENT, *[BULK] * self._settings.smtp_connections)
        lines = [asyncio.create_task(self._serve(at_least, stop), name="mail line") for at_least in priorities]
        helpers = [asyncio.create_task(self._renew()), asyncio.create_task(self._outcomes.run())]
        try:
            with self._database.wakeup.subscribe("job") as more:
                while not stop.is_set():
                    more.clear()
                    self._low.clear()
                    if not await self._fill():
                        await wait_any(stop.wait(), more.wait(), self._low.wait(), timeout_s=POLL_S)
            await asyncio.gather(*self._preparing)
            for letter in await self._buffer.close():
                self._settle(PutBack(letter.claimed, datetime.now(UTC), counts=False))
            await asyncio.gather(*lines)
            await self._outcomes.write()
        finally:
            for task in (*lines, *helpers, *self._preparing):
                task.cancel()
            await asyncio.gather(*lines, *helpers, return_exceptions=True)

    async def _fill(self) -> bool:
        """Claim as much as is wanted. Whether there may be more at once."""
        wanted = self._wanted()
        if self._outage.is_on:
            return False
        try:
            async with self._database.transaction() as db:
                if wanted <= 0:
                    found = await queue.claim(db, limit=MOST_IN_HAND, lease=LEASE, at_least=URGENT)
                elif next(self._turn) % BULK_EACH:
                    found = await queue.claim(db, limit=wanted, lease=LEASE)
                else:
                    found = await queue.claim(db, limit=wanted, lease=LEASE, at_most=BULK)
        except _AWAY:
            return False
        if not found:
            return wanted > 0 and not (next(self._turn) - 1) % BULK_EACH
        self._claimed_at = self._now()
        self._held |= {one.lease: self._claimed_at + LEASE_S for one in found}
        self._prepare_soon([one for one in found if one.delivery.sealed_email is not None])
        await self._prepare([one for one in found if one.delivery.sealed_email is None])
        return len(found) < wanted

    def _wanted(self) -> int:
        """As much as is sent in a second or two: more in hand would only keep it from other workers."""
        wanted = self._most - len(self._held)
        if wanted * 2 >= self._most and self._held:
            took_s = self._now() - self._claimed_at
            if took_s < 0.5:
                self._most = min(MOST_IN_HAND, self._most * 2)
            elif took_s > 2:
                self._most = max(self._settings.smtp_connections * 2, self._most // 2)
        return wanted

    def _prepare_soon(self, claimed: Sequence[Claimed]) -> None:
        """Beside the others: identity, which holds the keys, may be slow, and they do not need it."""
        task = asyncio.create_task(self._prepare(claimed))
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def _prepare(self, claimed: Sequence[Claimed]) -> None:
        """What cannot be prepared is tried again later; how often says nothing about the mail."""
        if not claimed:
            return
        per_s, burst = self._settings.smtp_rate_per_domain, self._settings.smtp_burst_per_domain
        now = datetime.now(UTC)
        try:
            sorted_out = await sort_out(self._database, claimed, now=now)
            self._leave_out(claimed, sorted_out)
            claimed = sorted_out.going
            letters = await write_letters(
                self._database, self._keyring, claimed, sorted_out.contents, self._post.unsubscribes
            )
            going, later = await keep_pace(self._database, letters, per_s=per_s, burst=burst, now=now)
        except Exception as error:
            _LOG.warning("mails_not_prepared", count=len(claimed), error=describe(error))
            for one in claimed:
                pause_s = again_after_s(one.attempt, priority=one.priority, is_deferred=False)
                self._settle(PutBack(one, now + timedelta(seconds=pause_s), describe(error)))
            return
        for putting_back in later:
            self._settle(putting_back)
        await self._buffer.put(going)

    def _leave_out(self, claimed: Sequence[Claimed], sorted_out: Sorted) -> None:
        """What does not leave now is no longer this worker's."""
        going = {one.lease for one in sorted_out.going}
        for one, state in sorted_out.ended:
            self._settle(Ended(one, "", state))
        for one in claimed:
            if one.lease not in going:
                self._held.pop(one.lease, None)

    async def _serve(self, at_least: int, stop: asyncio.Event) -> None:
        """One line to the mail server, until the buffer is closed."""
        line = Line(self._post.server)
        try:
            while (letter := await self._buffer.take(at_least=at_least)) is not None:
                await self._outage.over(stop)
                claimed = letter.claimed
                if stop.is_set() and self._outage.is_on:
                    self._settle(PutBack(claimed, datetime.now(UTC), counts=False))
                elif self._now() < self._held.get(claimed.lease, 0.0):
                    self._settle(await self._deliver(line, letter))
            await line.quit()
        finally:
            line.close()

    async def _deliver(self, line: Line, letter: Letter) -> Outcome:
        """No mail may end the line that others need: a mistake of ours is tried again, and given up after days."""
        try:
            return_paths = self._post.return_paths
            return await deliver(line, self._post.renderer, self._outage, letter, return_paths=return_paths)
        except Exception as error:
            _LOG.exception("mail_failed", kind=letter.claimed.delivery.kind)
            line.close()
            return again(letter, describe(error), is_deferred=True)

    async def _renew(self) -> None:
        """Keep the leases of what is in hand; forget what was lost; free what the dead held."""
        while True:
            await asyncio.sleep(LEASE_S / 4)
            until = self._now() + LEASE_S
            try:
                async with self._database.transaction() as db:
                    held = list(self._held)
                    kept = await queue.renew(db, held, lease=LEASE)
                    await queue.release_expired(db)
            except _AWAY:
                continue
            for lease in self._held.keys() & held:
                self._held[lease] = until if lease in kept else 0.0

    def _settle(self, outcome: Outcome) -> None:
        self._held.pop(outcome.claimed.lease, None)
        self._outcomes.add(outcome)
        if len(self._held) * 2 <= self._most:
            self._low.set()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
