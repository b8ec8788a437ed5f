"""Webhooks: `id=tr_...` as a form, again and again until it is taken; lost, doubled or late when told to."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from tools.world.behaviour import behaviour_of
from tools.world.payments.payment import Payment
from tools.world.store import Store

KIND = "webhook"
PAUSES_S = (1, 2, 4, 8, 15, 30, 60, 120, 300, 600)
TIMEOUT_S = 15
AT_ONCE = 20
IDLE_S = 0.5
log = logging.getLogger("world.payments")


class Postman:
    """Carries webhooks that are written down first, so that a restart loses none."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._new = asyncio.Event()
        self._turn = 0

    def announce(self, payment: Payment) -> None:
        """Say that a payment changed; what it changed to is to be fetched."""
        behaviour = behaviour_of(self._store, "payments")
        if payment.webhook_url is None or "lose" in behaviour.modes:
            return
        delay_s = behaviour.delay_s if "late" in behaviour.modes else 0
        if "reorder" in behaviour.modes:
            # Every other webhook waits, so that the next one overtakes it.
            self._turn += 1
            delay_s += behaviour.delay_s * (self._turn % 2)
        for _ in range(3 if "duplicate" in behaviour.modes else 1):
            self._write(uuid4().hex, payment.payment_id, payment.webhook_url, 0, delay_s)
        if "unknown-id" in behaviour.modes:
            self._write(uuid4().hex, f"tr_{uuid4().hex[:10]}", payment.webhook_url, 0, delay_s)
        self._new.set()

    async def run(self) -> None:
        """Deliver what is due, for ever."""
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            while True:
                self._new.clear()
                now = datetime.now(UTC).isoformat()
                due = [entry for entry in self._store.oldest(KIND, limit=1000) if entry.body["due_at"] <= now]
                await asyncio.gather(*(self._deliver(client, key, body) for _, key, body in due[:AT_ONCE]))
                if not due:
                    await self._rest()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._new.wait(), IDLE_S)
        except TimeoutError:
            return

    async def _deliver(self, client: httpx.AsyncClient, key: str, body: dict[str, str | int]) -> None:
        payment_id, url, attempt = str(body["payment_id"]), str(body["url"]), int(body["attempt"])
        try:
            taken = (await client.post(url, data={"id": payment_id})).is_success
        except httpx.HTTPError:
            taken = False
        if taken or attempt >= len(PAUSES_S):
            self._store.remove(KIND, key)
            log.info("webhook %s after %d tries", "taken" if taken else "given up", attempt + 1)
        else:
            self._write(key, payment_id, url, attempt + 1, PAUSES_S[attempt])

    def _write(self, key: str, payment_id: str, url: str, attempt: int, delay_s: float) -> None:
        due_at = (datetime.now(UTC) + timedelta(seconds=delay_s)).isoformat()
        body = {"payment_id": payment_id, "url": url, "attempt": attempt, "due_at": due_at}
        self._store.put(KIND, key, body)
