"""Ten thousand operations of all kinds by many callers at once, in processes and on connections that are killed at random.

Afterwards the events of each organisation, in the order of their versions, are held against a pure model: each operation was right where
it stands, happened once for its key, and left the balance that was told. IMMO_PROGRAMS_SEED repeats a program (though not the moments at
which somebody was killed), IMMO_PROGRAMS_OPERATIONS asks for more.
"""

import asyncio
import multiprocessing
import os
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.wallet.access.store import upsert_member
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_credits
from services.wallet.ledger.rules import EUR, wallet_id_of
from services.wallet.proof.handlers import prove
from shared.db import Database
from tests.conftest import DatabaseOf
from tests.wallet.book import NOW, TOOL, faults_of, open_filled, published
from tests.wallet.operations_model import Model, Purse
from tests.wallet.program_replay import Replay, may_be_refused
from tests.wallet.program_runner import APPLICATION, answered, run_process
from tests.wallet.program_steps import CREDITS, MANAGER, Step, write_programs

OPERATIONS = int(os.environ.get("IMMO_PROGRAMS_OPERATIONS", "10000"))
SEED = os.environ.get("IMMO_PROGRAMS_SEED")
PROCESSES, CALLERS, PLACES = 3, 24, 5
STEPS = int(
    OPERATIONS * 0.9
)  # of which three in ten are asked by two at once, and some find nothing to end or to give back
FILLED_CENTS, FILLED_CREDITS = 20_000, 5_000
KILL_AFTER_BYTES = 3_000, 30_000  # of answers, some 150 each
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.wallet.program_runner"])


class Killing:
    """The processes that run the programs, killed and started again until all has been answered."""

    def __init__(self, database: Database, folder: Path, wallets: list[UUID], programs: list[list[Step]]) -> None:
        self._database = database
        self._shares: list[dict[str, list[Step]]] = [{} for _ in range(PROCESSES)]
        for caller, program in enumerate(programs):
            self._shares[caller % PROCESSES][f"caller {caller}"] = program
        self._logs = [folder / f"process-{number}.jsonl" for number in range(PROCESSES)]
        self._wallets = wallets
        self.killed: Counter[str] = Counter()

    async def run(self, chance: random.Random) -> list[dict[str, Any]]:
        """All that was answered. Raises AssertionError when a process ended of something else than being killed."""
        processes = [self._start(number) for number in range(PROCESSES)]
        kill_at = 0
        while any(process.is_alive() or process.exitcode for process in processes):
            await asyncio.sleep(0.1)
            for number, process in enumerate(processes):
                error = self._logs[number].with_suffix(".error")
                assert not error.exists(), error.read_text()
                if process.exitcode:
                    processes[number] = self._start(number)
            # By what was done, not by the clock: a slow machine is not kept from getting on.
            if self._answered_bytes() >= kill_at:
                kill_at = self._answered_bytes() + chance.randint(*KILL_AFTER_BYTES)
                if chance.random() < 0.3:
                    chosen = chance.choice(processes)
                    self.killed["processes"] += chosen.is_alive()
                    chosen.kill()
                else:
                    self.killed["connections"] += await self._cut_off(chance.randint(1, 3))
        return [line for log in self._logs for line in answered(log)]

    def _answered_bytes(self) -> int:
        return sum(log.stat().st_size for log in self._logs if log.exists())

    def _start(self, number: int) -> Any:
        arguments = (self._database.dsn, self._logs[number], self._wallets, self._shares[number])
        process = _PROCESSES.Process(target=run_process, args=arguments, daemon=True)
        process.start()
        return process

    async def _cut_off(self, count: int) -> int:
        async with self._database.acquire() as db:
            rows = await db.fetch(
                """
                SELECT pg_terminate_backend(pid) FROM (
                    SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database() ORDER BY random() LIMIT $2
                ) chosen
                """,
                APPLICATION,
                count,
            )
        return len(rows)


@pytest.mark.slow
async def test_ten_thousand_operations_among_kills_leave_what_a_pure_model_says(
    database_of: DatabaseOf, tmp_path: Path
) -> None:
    seed = int(SEED) if SEED else random.randrange(10**6)
    print(f"IMMO_PROGRAMS_SEED={seed}")
    database = await database_of("wallet")
    wallets = [await _open(database) for _ in range(PLACES)]
    programs = write_programs(seed, CALLERS, STEPS // CALLERS + 1, PLACES)
    killing = Killing(database, tmp_path, wallets, programs)
    lines = await killing.run(random.Random(seed))

    outcomes = Counter(answer[0] for line in lines for answer in line["answers"])
    print(f"{killing.killed}, {outcomes}")
    assert min(killing.killed["processes"], killing.killed["connections"]) > 0
    assert outcomes.total() - outcomes["no-target"] >= OPERATIONS
    assert await faults_of(database) == []
    assert (await prove(database, "whole")).faults == []
    replay = await _replayed(database, wallets, programs, seed)
    await _check_rows(database, replay)
    _check_answers(replay, programs, lines)


async def _open(database: Database) -> UUID:
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=FILLED_CENTS, low_cents=0)
        await upsert_member(db, wallet_id, MANAGER, manager=True)
        postings = [
            Posting(
                "wallet",
                FILLED_CREDITS,
                wallet_id=await open_credits(db, wallet_id, TOOL, now=NOW),
                unit=CREDITS,
            ),
            Posting("issued", -FILLED_CREDITS, party=TOOL, unit=CREDITS),
        ]
        await book(db, "credits", "test", postings, tool_id=TOOL)
    return wallet_id


async def _replayed(database: Database, wallets: list[UUID], programs: list[list[Step]], seed: int) -> Replay:
    """The events of each organisation, followed from its first to its last; each effect is the only one of its key."""
    steps: dict[str, list[Step]] = defaultdict(list)
    for step in (step for program in programs for step in program):
        steps[step.key].append(step)
    async with database.acquire() as db:
        rows = await db.fetch(
            """
            SELECT idempotency_key AS key, operation, subject_id FROM tool_request
            UNION ALL SELECT key, 'transfer', id FROM transfer
            """
        )
    keys = {row["key"]: row["subject_id"] for row in rows}
    replay = Replay(wallets, steps, keys, {row["key"]: row["operation"] for row in rows}, Model())
    events: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in await published(database):
        events[event["wallet_id"]].append(event)
    for wallet_id in wallets:
        replay.model.purses |= {(wallet_id, EUR): Purse(FILLED_CENTS), (wallet_id, CREDITS): Purse(FILLED_CREDITS)}
        own = events[str(wallet_id)]
        versions = [event["version"] for event in own]
        assert versions == sorted(set(versions)), f"seed {seed}: events of {wallet_id} do not follow each other"
        replay.follow(wallet_id, own)
    assert {count for key, count in replay.effects.items()} == {1}, replay.effects.most_common(3)
    tools = {key for key, operation in replay.operations.items() if operation != "transfer"}
    assert tools <= set(replay.effects), "a key that did nothing"
    return replay


async def _check_rows(database: Database, replay: Replay) -> None:
    """The wallets are what the model has, and their statements are the balances that were told, in that order."""
    async with database.acquire() as db:
        wallets = await db.fetch("SELECT id, organisation_id, unit, balance_cents, held_cents, frozen_at FROM wallet")
        entries = await db.fetch(
            "SELECT wallet_id, balance_after_cents FROM ledger_entry WHERE wallet_id IS NOT NULL AND number > 1 ORDER BY wallet_id, number"
        )
    statements: dict[UUID, list[int]] = defaultdict(list)
    for entry in entries:
        statements[entry["wallet_id"]].append(entry["balance_after_cents"])
    for row in wallets:
        place = row["organisation_id"], row["unit"]
        assert Purse(row["balance_cents"], row["held_cents"]) == replay.model.purses[place]
        if row["unit"] == EUR:
            assert (row["frozen_at"] is not None) == (row["organisation_id"] in replay.model.frozen)
        assert statements[wallet_id_of(*place)] == replay.balances[place]


def _check_answers(replay: Replay, programs: list[list[Step]], lines: list[dict[str, Any]]) -> None:
    """Whoever was told that it was done has the one thing that its key made; whoever was refused was rightly so."""
    asked: Counter[str] = Counter(line["caller"] for line in lines)
    assert asked == {f"caller {number}": len(program) for number, program in enumerate(programs)}
    told: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        step = programs[int(line["caller"].split()[1])][line["number"]]
        for outcome, subject, said in line["answers"]:
            if outcome != "done":
                assert may_be_refused(replay, step, outcome, said), (step, outcome, said)
            elif step.kind in ("top-up", "adjust"):
                assert replay.effects[f"{step.kind} {step.key}"] == 1
            elif step.kind == "transfer":
                assert replay.effects[f"gave {step.key}"] == replay.effects[f"got {step.key}"] == 1
            elif step.key in replay.keys:
                assert UUID(subject) == replay.keys[step.key]
                told[step.key].add(str(said))
    # The first answer again, however often; and nothing was done that nobody was told of.
    assert {key for key, answers in told.items() if len(answers) != 1} == set()
    assert {key for key, operation in replay.operations.items() if operation != "transfer"} == set(told)
