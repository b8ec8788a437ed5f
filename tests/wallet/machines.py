"""State machines of hypothesis on a real database: one event loop and one database for all the programs of a test."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from shared.db import Database
from tests.support import databases


class Machine(RuleBasedStateMachine):
    """Its rules are not asynchronous: they hand their work to `finish`."""

    runner: asyncio.Runner
    database: Database

    def finish(self, work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return self.runner.run(awaited())


def run_machine(machine: type[Machine], postgres_dsn: str, *, programs: int, steps: int) -> None:
    """That many programs, of up to so many steps."""
    with asyncio.Runner() as runner:
        template = runner.run(databases.template_for(postgres_dsn, "wallet"))
        dsn = runner.run(databases.create_from(postgres_dsn, template))
        database = Database(dsn, application_name="test-wallet", max_size=3)
        runner.run(database.open())
        try:
            here = type("Here", (machine,), {"runner": runner, "database": database})
            given = settings(max_examples=programs, stateful_step_count=steps, deadline=None)
            run_state_machine_as_test(here, settings=given)
        finally:
            runner.run(database.close())
            runner.run(databases.drop(postgres_dsn, dsn))
