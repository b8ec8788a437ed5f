"""How the registries are doing: for operators, metrics and the readiness page. None of it stands between anybody and signing in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from services.recognition import inquiry_store
from services.recognition.catalogue import Registry
from services.recognition.connectors.files import store as file_store
from services.recognition.connectors.files.store import FileRecord
from services.recognition.connectors.gate import store as gate_store
from services.recognition.connectors.gate.store import State
from services.recognition.connectors.metrics import CIRCUIT, CIRCUIT_STATES, SOURCE_AGE_DAYS, WAITING
from services.recognition.handlers import FETCH_JOB
from services.recognition.jobs import Desk
from shared.db import Connection
from shared.health import Check

FILES_SHOWN = 3


@dataclass(frozen=True)
class Condition:
    """state: None for a registry that was never asked. waiting: questions that wait. pending: people who wait for their first answer.

    polled_at: when its list of changes last said something new.
    """

    registry: Registry
    state: State | None
    waiting: int
    pending: int
    polled_at: datetime | None
    files: Sequence[FileRecord]

    @property
    def as_of(self) -> date | None:
        return self.state.as_of if self.state else None

    @property
    def circuit(self) -> str:
        return self.state.circuit.state(now=self.state.now) if self.state else "closed"


async def conditions(db: Connection, desk: Desk) -> list[Condition]:
    ids = desk.registries
    states = {state.registry: state for state in await gate_store.states_of(db, ids)}
    waiting = await gate_store.waiting_by_registry(db, FETCH_JOB)
    pending = await inquiry_store.pending_by_registry(db)
    polled = await inquiry_store.polled_by_registry(db)
    files = await file_store.latest_files(db, ids, limit=FILES_SHOWN)
    return [
        Condition(
            one,
            states.get(one.id),
            waiting.get(one.id, 0),
            pending.get(one.id, 0),
            polled.get(one.id),
            [file for file in files if file.registry == one.id],
        )
        for one in desk.catalogue.registries
    ]


async def watch(desk: Desk) -> None:
    """Have the metrics say how it is."""
    async with desk.database.acquire() as db:
        states = await gate_store.states_of(db, desk.registries)
        waiting = await gate_store.waiting_by_registry(db, FETCH_JOB)
    for registry in desk.registries:
        desk.waiting[registry] = waiting.get(registry, 0)
        WAITING.labels(registry).set(desk.waiting[registry])
    for state in states:
        CIRCUIT.labels(state.registry).set(CIRCUIT_STATES[state.circuit.state(now=state.now)])
        if state.as_of is not None:
            SOURCE_AGE_DAYS.labels(state.registry).set((datetime.now(UTC).date() - state.as_of).days)


def checks_of(desk: Desk) -> list[Check]:
    """Shown beside the others, and never a reason not to be ready: what was known counts meanwhile."""
    return [Check(f"registry {registry}", _Probe(desk, registry), required=False) for registry in desk.registries]


@dataclass(frozen=True)
class _Probe:
    desk: Desk
    registry: str

    async def __call__(self) -> str | None:
        if not self.desk.database.is_open:
            return "not connected yet"
        async with self.desk.database.acquire() as db:
            state = await gate_store.find_state(db, self.registry)
        if state is None or state.circuit.open_until is None:
            return None
        return f"left alone until {state.circuit.open_until:%H:%M:%S} UTC: {state.failed_why}"
