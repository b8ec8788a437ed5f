"""Writing down what became of mails: many in one transaction, as soon as the one before is committed."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg
import structlog

from services.notify.bounces import handlers as bounces
from services.notify.digests.rules import DIGEST
from services.notify.digests.store import end_with_digests
from services.notify.erasure.handlers import FAREWELL
from services.notify.mails import handlers, queue
from services.notify.mails.invitations import INVITATION
from services.notify.mails.metrics import ATTEMPTS
from services.notify.mails.queue import Claimed, PutBack
from shared import dead_letters, outbox
from shared.db import DATABASE_AWAY, Connection, Database
from shared.errors import DatabaseUnavailable
from shared.events.notify import MailFailed, MailSent
from shared.job_store import Job
from shared.redact import describe

UNDELIVERABLE = "undeliverable-address"
"""The address is known to take no mail: this was not tried, and is no dead letter."""
AT_ONCE = 200
_AGAIN_S = 0.5
_PASSING = (*DATABASE_AWAY, DatabaseUnavailable, asyncpg.TransactionRollbackError)
_LOG = structlog.get_logger(__name__)


class GivenUp(Exception):
    """Tried for days. The text says what the mail server answered last."""


@dataclass(frozen=True)
class Refusal:
    """What the server said of the recipient, empty for nothing. email: on record, empty where the mail went elsewhere."""

    status: str
    email: str = field(repr=False)


@dataclass(frozen=True)
class Ended:
    """state: sent, failed, expired, on-site, withdrawn, undeliverable-address. reason: of a failure, without personal data."""

    claimed: Claimed
    message_id: str
    state: str
    reason: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    refusal: Refusal | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing follows from it but an event: the last mail to someone, and refused invitations are more."""
        kind = self.claimed.delivery.kind
        return kind != FAREWELL and not (kind == INVITATION and self.state == "failed")


@dataclass(frozen=True)
class LetGo:
    claimed: Claimed
    error: str


Outcome = Ended | PutBack | LetGo


class Outcomes:
    """What was sent is known here first; the shorter it stays unwritten, the fewer copies a crash can cause."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._new: list[Outcome] = []
        self._more = asyncio.Event()
        self._writing = asyncio.Lock()

    def add(self, outcome: Outcome) -> None:
        self._new.append(outcome)
        self._more.set()
        ATTEMPTS.labels(outcome.claimed.delivery.kind, _name(outcome)).inc()

    async def run(self) -> None:
        """Until it is cancelled. What the database does not take now is kept, since it has happened."""
        while True:
            await self._more.wait()
            await self.write()

    async def write(self) -> None:
        """All that is known by now."""
        async with self._writing:
            self._more.clear()
            while self._new:
                batch = self._new[:AT_ONCE]
                await self._write_down(batch)
                del self._new[: len(batch)]

    async def _write_down(self, batch: Sequence[Outcome]) -> None:
        """When one fails the others are written nevertheless; its lease ends, and it is tried again."""
        try:
            await self._insist(batch)
        except Exception as error:
            if len(batch) == 1:
                _LOG.error("mail_outcome_lost", error=describe(error))
                return
            for one in batch:
                await self._write_down([one])

    async def _insist(self, batch: Sequence[Outcome]) -> None:
        """However long the database is away."""
        while True:
            with suppress(*_PASSING):
                async with self._database.transaction() as db:
                    await _write(db, batch)
                return
            await asyncio.sleep(_AGAIN_S)


async def _write(db: Connection, batch: Sequence[Outcome]) -> None:
    later = [one for one in batch if isinstance(one, PutBack)]
    plain = [one for one in batch if isinstance(one, Ended) and one.is_plain]
    if later:
        await queue.put_back(db, later)
    if plain:
        await _end_plain(db, plain)
    for one in batch:
        if isinstance(one, LetGo):
            await _let_go(db, one)
        elif isinstance(one, Ended) and not one.is_plain:
            await _end_special(db, one)
    for one in batch:
        if isinstance(one, Ended) and one.refusal is not None:
            delivery_id, refusal = one.claimed.delivery.delivery_id, one.refusal
            await bounces.refused(db, delivery_id, refusal.email, refusal.status, now=one.at)


async def _end_plain(db: Connection, ended: Sequence[Ended]) -> None:
    ids = [one.claimed.delivery.delivery_id for one in ended]
    now = datetime.now(UTC)
    new = await queue.end_all(db, ids, [one.state for one in ended], now=now)
    digests = [one for one in ended if one.claimed.delivery.kind == DIGEST]
    if digests:
        digest_ids = [one.claimed.delivery.delivery_id for one in digests]
        await end_with_digests(db, digest_ids, [one.state for one in digests], now=now)
    told = [
        one
        for one in ended
        if one.claimed.delivery.delivery_id in new
        and one.state in ("sent", "failed")
        and one.claimed.delivery.kind != INVITATION
    ]
    counts = Counter(one.claimed.delivery.account_id for one in told)
    if not counts:
        return
    last = await queue.raise_mail_versions(db, counts)
    next_version = {account: last[account] - count + 1 for account, count in counts.items()}
    events: list[MailSent | MailFailed] = []
    for one in told:
        account = one.claimed.delivery.account_id
        events.append(_event(one, next_version[account]))
        next_version[account] += 1
    await outbox.append(db, *events)


def _event(ended: Ended, version: int) -> MailSent | MailFailed:
    delivery = ended.claimed.delivery
    account_id, kind, message_id = delivery.account_id, delivery.kind, ended.message_id
    if ended.state == "sent":
        return MailSent(account_id=account_id, version=version, kind=kind, message_id=message_id, sent_at=ended.at)
    return MailFailed(account_id=account_id, version=version, kind=kind, message_id=message_id, reason=ended.reason)


async def _end_special(db: Connection, ended: Ended) -> None:
    delivery = ended.claimed.delivery
    about = (delivery.delivery_id, delivery.account_id, delivery.kind)
    if ended.state == "sent":
        await handlers.record_sent(db, *about, ended.message_id, ended.at)
    elif ended.state in ("expired", UNDELIVERABLE):
        await handlers.record_not_sent(db, *about, ended.state, ended.at)
    elif delivery.kind == INVITATION:
        await handlers.record_invitation_refused(db, delivery, ended.reason, ended.at)
    else:
        await handlers.record_failed(db, *about, ended.message_id, ended.reason, ended.at)


async def _let_go(db: Connection, outcome: LetGo) -> None:
    """As a dead letter that brings the mail back when it is replayed."""
    claimed, now = outcome.claimed, datetime.now(UTC)
    if not await queue.give_up(db, claimed, error=outcome.error, now=now):
        return
    delivery_id = claimed.delivery.delivery_id
    payload = {"delivery_id": str(delivery_id)}
    kind, headers = claimed.delivery.kind, claimed.headers
    job = Job(delivery_id, handlers.DELIVER, kind, payload, headers, claimed.attempt, 0, claimed.lease)
    await dead_letters.park_job(db, "notify", job, GivenUp(outcome.error))


def _name(outcome: Outcome) -> str:
    if isinstance(outcome, Ended):
        return outcome.state
    if isinstance(outcome, LetGo):
        return "given-up"
    return "again" if outcome.counts else "later"
