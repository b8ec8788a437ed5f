"""Waiting for one's turn to ask a registry, and noting how it went."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Protocol

from services.recognition.connectors.gate import rules, store
from services.recognition.connectors.metrics import CALL_S, CALLS, CIRCUIT, CIRCUIT_STATES
from services.recognition.rules import RegistryBusy, RegistryUnavailable
from shared.db import Database

AHEAD_S = 2.0
"""A turn that is further off is not waited for."""
FREE_HAND_S = 1.0


class Gate(Protocol):
    """`async with gate.turn():` around one question. Raises RegistryBusy, RegistryUnavailable instead of letting in."""

    def turn(self) -> AbstractAsyncContextManager[None]: ...


class SharedGate:
    """One registry's gate: at most `max_per_s` over all processes, `max_at_once` here, and nobody while the circuit is open.

    No library paces or breaks circuits over several processes by PostgreSQL (those that are kept well count in one process, or need
    Redis); two columns and one statement do.
    """

    def __init__(
        self, database: Database, registry: str, *, max_per_s: float, max_at_once: int, timeout_s: float
    ) -> None:
        self._database = database
        self._registry = registry
        self._every = timedelta(seconds=1 / max_per_s)
        self._trial = timedelta(seconds=timeout_s + 5)
        self._hands = asyncio.Semaphore(max_at_once)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One slow registry must not hold all the hands that others wait for, so nobody waits for a free hand here."""
        if self._hands.locked():
            raise RegistryBusy("hands-full", retry_after_s=FREE_HAND_S * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load
        async with self._hands:
            await asyncio.sleep(await self._take())
            started = time.perf_counter()
            try:
                yield
            except RegistryUnavailable as error:
                await self._failed(error)
                raise
            finally:
                CALL_S.labels(self._registry).observe(time.perf_counter() - started)
            async with self._database.transaction() as db:
                await store.save_answered(db, self._registry)
            CALLS.labels(self._registry, "answered").inc()
            CIRCUIT.labels(self._registry).set(CIRCUIT_STATES["closed"])

    async def _take(self) -> float:
        """Seconds until the turn that was taken."""
        ahead = timedelta(seconds=AHEAD_S)
        async with self._database.transaction() as db:
            wait_s = await store.take_turn(db, self._registry, every=self._every, ahead=ahead, trial=self._trial)
            state = await store.find_state(db, self._registry) if wait_s is None else None
        if wait_s is not None:
            return max(0.0, wait_s)
        if state is None:
            raise RegistryBusy("paced", retry_after_s=AHEAD_S)
        spread = random.uniform(1.0, 1.5)  # noqa: S311 - spreads load
        if state.circuit.open_until is not None:
            left_s = (state.circuit.open_until - state.now).total_seconds()
            raise RegistryUnavailable("left-alone", retry_after_s=max(1.0, left_s) * spread)
        left_s = (state.next_call_at - state.now).total_seconds() if state.next_call_at else 0.0
        raise RegistryBusy("paced", retry_after_s=max(AHEAD_S, left_s) * spread)

    async def _failed(self, error: RegistryUnavailable) -> None:
        CALLS.labels(self._registry, error.reason).inc()
        async with self._database.transaction() as db:
            circuit, now = await store.lock_circuit(db, self._registry)
            if isinstance(error, RegistryBusy):
                asked_s = rules.obeyed_s(error.retry_after_s or 0.0)
                await store.postpone(db, self._registry, by=timedelta(seconds=asked_s))
                return
            circuit = rules.after_failure(circuit, now=now)
            await store.save_failed(db, self._registry, circuit, error.reason)
        CIRCUIT.labels(self._registry).set(CIRCUIT_STATES[circuit.state(now=now)])


class OpenGate:
    """Lets everybody in: for a file that lies in a folder, and for tests of a connector alone."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        yield
