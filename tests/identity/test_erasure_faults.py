"""Whatever statement an erasure dies at, and however often a step is repeated, it ends in the same state."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.identity.context import own_of, utc_now
from services.identity.erasure import handlers
from services.identity.erasure.rules import SERVICES, Policy
from shared.db import Connection
from tests.identity.world import Someone, World

POLICY = Policy(cooling_off=timedelta())
STATEMENTS = ("execute", "fetch", "fetchrow", "fetchval")

Step = Callable[[Any], Awaitable[Any]]


class Killed(Exception):
    pass


class Dying:
    """A connection whose process dies at its n-th statement: `before` it is sent, or after it was done and nobody heard."""

    def __init__(self, db: Connection, at: int, *, before: bool) -> None:
        self._db, self._left, self._before = db, at, before

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._db, name)
        if name not in STATEMENTS:
            return real

        async def statement(*arguments: Any, **more: Any) -> Any:
            self._left -= 1
            if self._left == 0 and self._before:
                raise Killed
            answer = await real(*arguments, **more)
            if self._left == 0:
                raise Killed
            return answer

        return statement


def steps_of(world: World, person: Someone, code: Callable[[], Awaitable[str]]) -> list[Step]:
    """All that happens to an erasure in identity, each step as one transaction."""
    own, account_id = own_of(world.app.at), person.account_id

    async def request(db: Any) -> None:
        policy = own.codes
        await handlers.request(db, account_id, master=own.master, codes_policy=policy, policy=POLICY, now=utc_now())

    async def confirm(db: Any) -> None:
        await handlers.confirm(db, account_id, await code(), master=own.master, policy=POLICY, now=utc_now())

    async def begin(db: Any) -> None:
        await handlers.go_on(db, account_id, policy=POLICY, now=utc_now())

    async def start(db: Any) -> None:
        await handlers.start(db, account_id, master=own.master, policy=POLICY, now=utc_now())

    def purged(service: str) -> Step:
        async def report(db: Any) -> None:
            keeps = service == "wallet"
            await handlers.on_purged(db, account_id, service, keeps=keeps, policy=POLICY, now=utc_now())

        return report

    async def told(db: Any) -> None:
        await handlers.on_told(db, account_id, now=utc_now())

    return [request, confirm, begin, start, *(purged(service) for service in SERVICES), told]


async def end_state(world: World, account_id: UUID) -> dict[str, Any]:
    """What is to be seen of it afterwards, but for the times."""
    row = await world.run(
        "SELECT jsonb_build_object('state', state, 'version', version, 'anonymised', is_anonymised) FROM erasure"
    )
    events = [(type(event).__name__, event.version) for event in await world.events() if event.account_id == account_id]
    return {
        "erasure": row,
        "events": events,
        "reports": await world.run("SELECT count(*) FROM erasure_report WHERE purged_at IS NOT NULL"),
        "accounts": await world.run("SELECT count(*) FROM account"),
        "keys": await world.run("SELECT count(*) FROM data_key WHERE wrapped IS NOT NULL"),
        "log": await world.run("SELECT array_agg(action ORDER BY id) FROM audit_log WHERE action LIKE '%eras%'"),
    }


async def run(world: World, step: Step) -> None:
    async with world.app.at.database.transaction() as db:
        await step(db)


async def die_everywhere(world: World, step: Step, *, before: bool) -> int:
    """Let the step die at each of its statements in turn, then do it. Returns how many statements it has."""
    at = 0
    while True:
        at += 1
        try:
            async with world.app.at.database.transaction() as db:
                await step(Dying(db, at, before=before))
        except Killed:
            continue
        return at - 1


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_it_may_die_at_any_statement(world: World, before: bool) -> None:
    undisturbed = await world.someone()
    for step in steps_of(world, undisturbed, undisturbed.code):
        await run(world, step)
    expected = await end_state(world, undisturbed.account_id)
    assert expected["erasure"]["state"] == "done"
    await _clean(world)
    person = await world.someone()
    deaths = 0
    for step in steps_of(world, person, person.code):
        deaths += await die_everywhere(world, step, before=before)
    assert deaths > 40
    assert await end_state(world, person.account_id) == expected


async def test_each_step_may_be_done_again_after_it_was_done(world: World) -> None:
    """As when a process dies after its commit, and before it could say so."""
    undisturbed = await world.someone()
    for step in steps_of(world, undisturbed, undisturbed.code):
        await run(world, step)
    expected = await end_state(world, undisturbed.account_id)
    await _clean(world)
    person = await world.someone()
    steps = steps_of(world, person, person.code)
    await run(world, steps[0])  # asking again is a new code, and there is a pause before that
    for step in steps[1:]:
        await run(world, step)
        await run(world, step)
    assert await end_state(world, person.account_id) == expected


async def _clean(world: World) -> None:
    async with world.app.at.database.acquire() as db:
        for table in ("erasure_report", "erasure", "outbox", "job"):
            await db.execute(f"DELETE FROM {table}")
        await db.execute("ALTER TABLE audit_log DISABLE TRIGGER ALL")
        await db.execute("DELETE FROM audit_private")
        await db.execute("DELETE FROM audit_log")
        await db.execute("DELETE FROM data_key")
