"""Organisations at size: 10,000 of them, 100,000 employees, 300,000 roles, 1,000,000 recognitions, on a database of their own.

[decisions] by the service's function through its pool, against a bare indexed SELECT through the same pool, in turns; asked: 0.5.
[decisions-http], [decisions-http-50] by a tool, one at a time and 50 a request; [decision-p99] at half that load.
[lapse] from when the service learns that a recognition lapsed, under which a tool is registered that 5,001 people use, until every
decision says no; asked: 5 s. ratio: of what is asked.
[withdrawals] on a whole platform, from the answer to a change until the tool was told and had ended the session: the slowest cause;
asked: 2 s.
[dependants] in the same place, from the registry's word that a recognition lapsed, under which 5,000 more work in the tool, until
organisation, identity and the gateway's read model all act on it: the slowest; asked: 5 s. [dependants-told]: of how many of their
sessions the tool is told a second.
[register-import] of the company register's public files, [model-rebuild] of the gateway's read model from the log, against reading
the same log and doing nothing with it.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import uvloop

from deploy.local.bench import Figure, _organisation_world, own_servers
from deploy.local.bench._dependants import measure_dependants
from deploy.local.bench._http_load import connect, latencies_ms, throughput
from deploy.local.bench._model_rebuild import measure_model_rebuild
from deploy.local.bench._organisation_world import EMPLOYEES, IN_LARGEST, ROLE, TOOLS, account, question, registration
from deploy.local.bench._register_import import measure_register_import
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.demo.withdrawals import CAUSES, Withdrawals
from deploy.local.postgres import Postgres
from deploy.local.stack import own_stack
from services.organisation.decisions.authzen import MAX_EVALUATIONS
from services.organisation.decisions.groups import Questions
from services.organisation.decisions.rules import decide
from services.organisation.decisions.store import find_facts
from services.organisation.people.consumers import PEOPLE
from shared.db import Database
from shared.events.recognition import RecognitionGranted, RecognitionLapsed
from shared.formats import BRUSSELS
from shared.migrate import migrate

CALLERS = 8
CONNECTIONS = 8
BATCH = 50
ROUNDS = 5
ROUND_S = 1.0
LATENCY_S = 5.0
ASKED_LAPSE_S, ASKED_WITHDRAWAL_S = 5.0, 2.0
ENTERPRISES = 200_000
STEP = 7_919  # prime to EMPLOYEES: goes around all of them, from one part of the tables to another

Ask = Callable[[Database, int], Awaitable[None]]


def measure(_: DataFolder) -> list[Figure]:
    """Each part on servers of its own, one after the other."""
    figures: list[Figure] = []
    for part in PARTS:
        with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder:
            figures += part(Path(folder))
    return figures


def _of_service(folder: Path) -> list[Figure]:
    with Postgres(folder / "postgres") as postgres:
        return uvloop.run(_measure(postgres.dsn("bench_organisation")))  # as the service runs


async def _measure(dsn: str) -> list[Figure]:
    await _organisation_world.seed(dsn)
    database = Database(dsn, application_name="bench")
    await database.open()
    try:
        return [await _decisions(database), *await _over_http(dsn), *await _lapse(database)]
    finally:
        await database.close()


async def _decisions(database: Database) -> Figure:
    numbers, questions = count(0, STEP), Questions(database)

    async def decide_one(_: Database, number: int) -> None:
        facts = await questions.facts(question(number, number % len(TOOLS)))
        if not decide(facts, role=ROLE, asked_by_tool=True).allowed:
            raise RuntimeError(f"decided against {number}")

    for ask in (_bare, decide_one):
        await _per_s(database, ask, numbers)
    bare: list[float] = []
    decided: list[float] = []
    for _ in range(ROUNDS):
        bare.append(await _per_s(database, _bare, numbers))
        decided.append(await _per_s(database, decide_one, numbers))
    ratio = statistics.median(one / other for one, other in zip(decided, bare, strict=True))
    against = f"bare SELECT {statistics.median(bare):.0f}/s"
    return Figure("decisions", round(statistics.median(decided)), "decisions/s", against, round(ratio, 2))


async def _per_s(database: Database, ask: Ask, numbers: Iterator[int]) -> float:
    """CALLERS that each ask one thing after the other."""
    began = time.perf_counter()

    async def call() -> int:
        asked = 0
        while time.perf_counter() - began < ROUND_S:
            await ask(database, next(numbers) % EMPLOYEES)
            asked += 1
        return asked

    asked = await asyncio.gather(*(call() for _ in range(CALLERS)))
    return sum(asked) / (time.perf_counter() - began)


async def _bare(database: Database, number: int) -> None:
    async with database.acquire() as db:
        row = await db.fetchrow(
            "SELECT role, usable FROM access WHERE registration_id = $1 AND account_id = $2",
            registration(number, number % len(TOOLS)),
            account(number),
        )
    if row is None or row["role"] != ROLE:
        raise RuntimeError(f"no access for {number}")


async def _over_http(dsn: str) -> list[Figure]:
    numbers = count(0, STEP)
    async with _organisation_world.running(dsn) as asking:
        connections = await connect(asking.port, CONNECTIONS)
        single = [asking.one(next(numbers) % EMPLOYEES, place % len(TOOLS)) for place in range(2_000)]
        many = [
            asking.many([next(numbers) % EMPLOYEES for _ in range(BATCH)], place % len(TOOLS)) for place in range(100)
        ]
        for requests in (single, many):
            await throughput(connections, requests, seconds=ROUND_S)
        one_each = statistics.median([await throughput(connections, single, seconds=ROUND_S) for _ in range(ROUNDS)])
        batches = statistics.median([await throughput(connections, many, seconds=ROUND_S) for _ in range(ROUNDS)])
        took_ms = await latencies_ms(connections, single, per_second=one_each / 2, seconds=LATENCY_S)
        for connection in connections:
            connection.close()
    p99 = statistics.quantiles(took_ms, n=100)[98]
    return [
        Figure("decisions-http", round(one_each), "decisions/s"),
        Figure(f"decisions-http-{BATCH}", round(batches * BATCH), "decisions/s", f"{BATCH} a request"),
        Figure("decision-p99", round(p99, 1), "ms", f"at {one_each / 2:.0f} requests/s"),
    ]


async def _lapse(database: Database) -> list[Figure]:
    """It lapses and returns in turns."""
    took_s: list[float] = []
    events: list[int] = []
    for round_number in range(ROUNDS):
        before, began = await _published(database), time.perf_counter()
        await _hear(database, RecognitionLapsed, version=2 + 2 * round_number)
        if any(await _allowed_in_largest(database)):
            raise RuntimeError("somebody may still start the tool")
        took_s.append(time.perf_counter() - began)
        events.append(await _published(database) - before)
        await _hear(database, RecognitionGranted, version=3 + 2 * round_number)
        if not all(await _allowed_in_largest(database)):
            raise RuntimeError("somebody cannot start the tool again")
    slowest = max(took_s)
    return [
        Figure("lapse", round(slowest, 3), "s", f"asked: {ASKED_LAPSE_S:.0f} s", round(slowest / ASKED_LAPSE_S, 2)),
        Figure("lapse-events", max(events), "events", f"{IN_LARGEST} people, {len(TOOLS)} tools"),
    ]


async def _hear(database: Database, kind: type[RecognitionLapsed | RecognitionGranted], *, version: int) -> None:
    """As the consumer does, in a transaction."""
    nothing_sealed: Any = None
    event = kind(version=version, account_id=account(0), kind="ipi", source="bench")
    async with database.transaction() as db:
        await PEOPLE.handlers[kind](db, event, nothing_sealed)


async def _allowed_in_largest(database: Database) -> list[bool]:
    """Whether each of its people may start the first tool."""
    asked = [question(number, 0) for number in range(IN_LARGEST)]
    async with database.acquire() as db:
        found = [
            await find_facts(db, asked[at : at + MAX_EVALUATIONS], today=_today())
            for at in range(0, IN_LARGEST, MAX_EVALUATIONS)
        ]
    return [decide(facts, role=ROLE).allowed for batch in found for facts in batch]


async def _published(database: Database) -> int:
    async with database.acquire() as db:
        return await db.fetchval("SELECT count(*) FROM outbox")


def _today() -> date:
    return datetime.now(BRUSSELS).date()


def _withdrawals(_: Path) -> list[Figure]:
    """An erasure has no answer to be measured from: it begins by itself, days later."""
    with own_stack() as stack:
        story = Withdrawals(
            stack.url, stack.ports.url("demo-tool"), stack.ports.url("world"), stack.data.log("demo-tool")
        )
        story.prepare()
        took_s = {cause: story.lose(cause) for cause in CAUSES if cause != "account erased"}
        lapsed = uvloop.run(measure_dependants(stack, story))
    return [
        _slowest("withdrawals", took_s, ASKED_WITHDRAWAL_S),
        _slowest("dependants", lapsed.by_service, ASKED_LAPSE_S),
        Figure("dependants-told", round(lapsed.told_per_s, 1), "sessions/s"),
    ]


def _slowest(name: str, took_s: Mapping[str, float], asked_s: float) -> Figure:
    slowest = max(took_s, key=lambda one: took_s[one])
    against = f"{slowest}; asked: {asked_s:.0f} s"
    return Figure(name, round(took_s[slowest], 2), "s", against, round(took_s[slowest] / asked_s, 2))


def _register(folder: Path) -> list[Figure]:
    with Postgres(folder / "postgres") as postgres:
        dsn = postgres.dsn("bench_register")
        uvloop.run(migrate(dsn, [REPOSITORY / "services" / "organisation" / "migrations"]))
        done = measure_register_import(dsn, enterprises=ENTERPRISES)
    return [
        Figure("register-import", round(done.enterprises_per_s), "enterprises/s", f"{done.lines_per_s:.0f} lines/s"),
        Figure("register-import-memory", round(done.peak_mb), "MiB", f"{done.enterprises} enterprises"),
    ]


def _rebuild(folder: Path) -> list[Figure]:
    with own_servers(folder) as servers:
        done = uvloop.run(measure_model_rebuild(servers))
    against = f"reading the log alone {done.plain_per_s:.0f}/s"
    return [Figure("model-rebuild", round(done.per_s), "events/s", against, round(done.ratio, 2))]


PARTS: tuple[Callable[[Path], list[Figure]], ...] = (_of_service, _withdrawals, _register, _rebuild)
