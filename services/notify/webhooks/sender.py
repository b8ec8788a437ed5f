"""The loop that sends: takes an address at a time under a lease, so that its events keep their order and nobody waits for another's.

An address is served for a few seconds, then it is the next one's turn. One that does not answer is called once in a while only.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from services.notify.webhooks import delivery_store, endpoint_store
from services.notify.webhooks.delivery_store import Due, Outcome
from services.notify.webhooks.endpoint_store import Endpoint
from services.notify.webhooks.letters import tell_switched_off
from services.notify.webhooks.metrics import DELIVERIES, SEND_S, SWITCHED_OFF
from services.notify.webhooks.outlet import Outlet
from services.notify.webhooks.problems import ClientNotOfTool
from services.notify.webhooks.rules import Answer, OffReason, again_at, body_of, is_given_up, signature
from services.notify.webhooks.sealing import open_secrets
from services.notify.webhooks.subjects import Subjects
from shared.correlation import detached
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable, Unavailable
from shared.redact import describe
from shared.sealed import Keyring
from shared.stopping import wait_any

ENDPOINTS_AT_ONCE = 64
CONNECTIONS_EACH = 8
BATCH = 200
SLICE_S = 5.0
LEASE = timedelta(seconds=60)
POLL_S = 0.5
LOOK_AGAIN = timedelta(seconds=5)
SOON, WHEN_CLIENT_IS_OFF = timedelta(seconds=15), timedelta(minutes=5)
_AWAY = (*DATABASE_AWAY, DatabaseUnavailable)
_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outside:
    """What sending needs besides the database. source: who the events are from, the platform's origin."""

    outlet: Outlet
    subjects: Subjects
    keyring: Keyring
    source: str


class WebhookSender:
    def __init__(self, database: Database, outside: Outside) -> None:
        self._database = database
        self._outside = outside
        self._serving: set[asyncio.Task[None]] = set()
        self._free = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let the calls in hand end."""
        try:
            with self._database.wakeup.subscribe("job") as more:
                while not stop.is_set():
                    more.clear()
                    self._free.clear()
                    if not await self._claim(stop):
                        await wait_any(stop.wait(), more.wait(), self._free.wait(), timeout_s=POLL_S)
            await asyncio.gather(*self._serving)
        finally:
            for task in self._serving:
                task.cancel()

    async def _claim(self, stop: asyncio.Event) -> bool:
        """Whether there may be more at once."""
        free = ENDPOINTS_AT_ONCE - len(self._serving)
        if free <= 0:
            return False
        try:
            async with self._database.transaction() as db:
                claimed = await endpoint_store.claim(db, limit=free, lease=LEASE)
        except _AWAY:
            return False
        for lease, endpoint in claimed:
            with detached():
                task = asyncio.create_task(self._serve(endpoint, lease, stop), name="webhook")
            self._serving.add(task)
            task.add_done_callback(self._done)
        return len(claimed) == free

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._serving.discard(task)
        self._free.set()

    async def _serve(self, endpoint: Endpoint, lease: UUID, stop: asyncio.Event) -> None:
        """What goes wrong on our side leaves the deliveries as they are; the lease ends by itself when the database is away."""
        try:
            turn = Turn(self._database, self._outside, endpoint, lease)
            not_before = await turn.run(stop)
        except Unavailable as error:
            _LOG.warning("webhook_waits", endpoint_id=str(endpoint.endpoint_id), error=describe(error))
            not_before = datetime.now(UTC) + SOON
        except ClientNotOfTool:
            _LOG.info("webhook_client_off", endpoint_id=str(endpoint.endpoint_id), client_id=endpoint.client_id)
            not_before = datetime.now(UTC) + WHEN_CLIENT_IS_OFF
        except _AWAY:
            return
        except Exception as error:
            _LOG.exception("webhook_failed", endpoint_id=str(endpoint.endpoint_id), error=describe(error))
            not_before = datetime.now(UTC) + SOON
        try:
            async with self._database.transaction() as db:
                if await endpoint_store.lock_leased(db, endpoint.endpoint_id, lease):
                    await endpoint_store.release(db, endpoint.endpoint_id, not_before=not_before)
        except _AWAY:
            return


class Turn:
    """One address for a few seconds, in the hands of one worker."""

    def __init__(self, database: Database, outside: Outside, endpoint: Endpoint, lease: UUID) -> None:
        self._database = database
        self._outside = outside
        self._endpoint = endpoint
        self._lease = lease
        self._health = replace(endpoint.health, paused_until=None)
        self._off: OffReason | None = None
        self._until = 0.0
        self._secrets: list[str] = []
        self._known: dict[UUID, str] = {}

    async def run(self, stop: asyncio.Event) -> datetime:
        """Returns before when it need not be looked at again. Raises Unavailable, ClientNotOfTool."""
        loop = asyncio.get_running_loop()
        self._until = loop.time() + SLICE_S
        self._secrets = await open_secrets(self._outside.keyring, self._endpoint, now=datetime.now(UTC))
        while not stop.is_set() and loop.time() < self._until:
            async with self._database.acquire() as db:
                limit = 1 if self._health.seems_dead else BATCH
                due = await delivery_store.next_due(db, self._endpoint.endpoint_id, limit=limit)
            if not due:
                return datetime.now(UTC) + LOOK_AGAIN
            if not await self._write(await self._send_all(due, stop)) or self._off is not None:
                break
            if self._health.paused_until is not None:
                return self._health.paused_until
        return datetime.now(UTC)

    async def _send_all(self, due: Sequence[Due], stop: asyncio.Event) -> list[Outcome]:
        """The chains of several organisations side by side, each in its order, and none beyond a failure."""
        about = [one.event.account_id for one in due if one.event is not None]
        self._known = await self._outside.subjects.of(self._endpoint.client_id, self._endpoint.tool_id, about)
        by_key: dict[UUID, deque[Due]] = {}
        for one in due:
            by_key.setdefault(one.organisation_id, deque()).append(one)
        chains, outcomes = deque(by_key.values()), list[Outcome]()
        lines = [self._line(chains, outcomes, stop) for _ in range(min(CONNECTIONS_EACH, len(chains)))]
        await asyncio.gather(*lines)
        return outcomes

    async def _line(self, chains: deque[deque[Due]], outcomes: list[Outcome], stop: asyncio.Event) -> None:
        while chains:
            chain = chains.popleft()
            while chain and self._may_go_on(stop):
                outcome = await self._send(chain.popleft())
                outcomes.append(outcome)
                if outcome.state == "waiting":
                    break

    def _may_go_on(self, stop: asyncio.Event) -> bool:
        in_time = asyncio.get_running_loop().time() < self._until and not stop.is_set()
        return in_time and self._off is None and self._health.paused_until is None

    async def _send(self, due: Due) -> Outcome:
        sent_at = datetime.now(UTC)
        if due.event is None:
            return Outcome(due, Answer(None, 0, "the event is no longer kept"), "failed", sent_at)
        subject = self._known.get(due.event.account_id) if due.event.account_id else None
        body = body_of(due.event, subject, source=self._outside.source)
        headers = headers_of(self._secrets, str(due.event.event_id), sent_at, body)
        answer = await self._outside.outlet.post(self._endpoint.url, headers, body)
        return self._judge(due, answer, sent_at)

    def _judge(self, due: Due, answer: Answer, sent_at: datetime) -> Outcome:
        now = datetime.now(UTC)
        SEND_S.observe(answer.duration_ms / 1000)
        if not self._health.paused_until or answer.is_taken:
            self._health = self._health.after(answer, now=now)
        if answer.is_taken:
            DELIVERIES.labels("delivered").inc()
            return Outcome(due, answer, "delivered", sent_at)
        self._off = self._off or self._health.off_reason(answer, now=now)
        if is_given_up(due.first_due_at, now=now) and self._off is None:
            DELIVERIES.labels("given-up").inc()
            return Outcome(due, answer, "failed", sent_at)
        DELIVERIES.labels("again").inc()
        return Outcome(due, answer, "waiting", sent_at, again_at(due.attempt, now=now))

    async def _write(self, outcomes: Sequence[Outcome]) -> bool:
        """Whether the lease still holds: what was delivered is written down in any case."""
        now, endpoint_id = datetime.now(UTC), self._endpoint.endpoint_id
        taken = any(one.state == "delivered" for one in outcomes)
        async with self._database.transaction() as db:
            is_held = await endpoint_store.lock_leased(db, endpoint_id, self._lease)
            await delivery_store.write(db, endpoint_id, outcomes, now=now)
            if is_held:
                at = now if taken else None
                await endpoint_store.set_health(db, endpoint_id, self._health, delivered_at=at, lease=LEASE)
                if self._off is not None and await endpoint_store.switch_off(db, endpoint_id, self._off, now=now):
                    await tell_switched_off(db, endpoint_id, self._off)
                    SWITCHED_OFF.labels(self._off).inc()
                    _LOG.warning("webhook_switched_off", endpoint_id=str(endpoint_id), reason=self._off)
        return is_held


def headers_of(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Those of Standard Webhooks, and what one expects of a well-mannered caller."""
    return {
        "content-type": "application/cloudevents+json",
        "user-agent": "Immo-Connect-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature(secrets, message_id, at, body),
    }
