"""Timers run again and again, in one process of a service, whatever happens to it."""

import asyncio
import time

from shared.db import Database
from shared.timers import Timer, Timers
from tests.conftest import DatabaseOf
from tests.support.events import fetch, running, until


class Counted:
    def __init__(self, *, fails: bool = False, leader_only: bool = True) -> None:
        self.times: list[float] = []
        self._fails = fails
        self.timer = Timer("counted", 0.1, self.work, leader_only=leader_only)

    async def work(self) -> None:
        self.times.append(time.monotonic())
        if self._fails:
            raise RuntimeError("this time it did not work")


def timers(database: Database, *counted: Counted) -> Timers:
    return Timers(database, [each.timer for each in counted])


async def test_a_timer_runs_at_once_and_then_at_its_pace(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    counted = Counted()
    async with running(timers(database, counted).run):
        await until(lambda: len(counted.times) >= 4)
    pauses = [later - earlier for earlier, later in zip(counted.times, counted.times[1:], strict=False)]
    assert all(pause_s > 0.09 for pause_s in pauses)


async def test_only_one_process_runs_what_is_for_the_leader(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    first, second, everywhere = Counted(), Counted(), Counted(leader_only=False)
    async with running(timers(database, first).run):
        await until(lambda: bool(first.times))
        async with running(timers(database, second, everywhere).run):
            await until(lambda: len(everywhere.times) >= 5)
            assert second.times == []


async def test_another_process_takes_over_when_the_leader_is_gone(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    first, second = Counted(), Counted()
    async with running(timers(database, second).run):
        await until(lambda: bool(second.times))
        async with running(timers(database, first).run):
            await asyncio.sleep(0.3)
            assert first.times == []
            lock = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            await fetch(database, lock)
            seen = len(first.times) + len(second.times)
            await until(lambda: len(first.times) + len(second.times) > seen + 2)


async def test_a_time_that_fails_ends_neither_the_timer_nor_the_others(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    failing, sound = Counted(fails=True), Counted()
    async with running(timers(database, failing, sound).run):
        await until(lambda: len(failing.times) >= 3 and len(sound.times) >= 3)


async def test_timers_stop_at_once(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    slow = Timer("hourly", 3600, lambda: asyncio.sleep(0))
    began = time.monotonic()
    async with running(Timers(database, [slow]).run):
        await asyncio.sleep(0.2)
    assert time.monotonic() - began < 2
