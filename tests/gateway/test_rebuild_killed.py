"""The program itself, `python -m services.gateway model rebuild`, killed without a word in the middle, and run again."""

import asyncio
import base64
import json
import os
import secrets
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest_asyncio

from shared.ids import new_id
from shared.kafka import Kafka
from tests.gateway.model import a_tool
from tests.gateway.test_rebuild import World, an_office, topped_up, world
from tests.support.apps import NOWHERE
from tests.support.events import fetch, running, until
from tests.support.mint import Mint

REPOSITORY = Path(__file__).parents[2]
__all__ = ["world"]


class Program:
    def __init__(self, world: World, kafka: Kafka, mint: Mint) -> None:
        keys = mint.service_settings("gateway")
        own = {
            "IMMO_ENVIRONMENT": "test",
            "IMMO_PUBLIC_ORIGIN": mint.origin,
            "IMMO_KAFKA": kafka.bootstrap,
            "IMMO_TOPIC_PREFIX": kafka.topic(""),
            "IMMO_POSTGRES_GATEWAY": world.database.dsn,
            "IMMO_URL_IDENTITY": NOWHERE,
            "IMMO_SERVICE_KEY": keys["service_key"],
            "IMMO_SERVICE_PUBLIC_KEYS": json.dumps(keys["service_public_keys"]),
            "IMMO_GATEWAY_SECRET": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        self._environment = {**os.environ, **own}

    async def start(self) -> Process:
        command = [sys.executable, "-m", "services.gateway", "model", "rebuild", "--json"]
        return await asyncio.create_subprocess_exec(
            *command, cwd=REPOSITORY, env=self._environment, stdout=PIPE, stderr=PIPE
        )


@pytest_asyncio.fixture
async def program(world: World, kafka: Kafka, mint: Mint) -> Program:
    return Program(world, kafka, mint)


async def test_killed_before_the_tables_change_places_it_has_changed_nothing_and_runs_again(
    world: World, program: Program
) -> None:
    people, last = [new_id() for _ in range(4)], topped_up(new_id(), 42)
    await world.publish(a_tool(), *an_office(people), last)
    async with running(world.following()):
        await until(lambda: world.has_balance(last.wallet_id, 42), what="following")
    served, oid = await world.all_rows(), await world.oid()
    async with world.database.transaction() as db:
        await db.execute("LOCK TABLE access IN SHARE UPDATE EXCLUSIVE MODE")  # so that they cannot change places
        killed = await program.start()
        await until(lambda: _has_grown(world, killed), within_s=60, what="the new model beside the old one")
        killed.send_signal(signal.SIGKILL)
        assert await killed.wait() == -signal.SIGKILL
    assert (await world.all_rows(), await world.oid()) == (served, oid)
    await until(lambda: _is_gone(world), what="the end of its connections")
    assert await world.schemas() == 1
    again = await program.start()
    out, error = await again.communicate()
    assert again.returncode == 0, error.decode()
    assert json.loads(out)["events"] > 0
    assert await world.all_rows() == served
    assert await world.oid() != oid
    assert await world.schemas() == 0


async def _has_grown(world: World, process: Process) -> bool:
    assert process.returncode is None, "the program has ended"
    if not await fetch(
        world.database, "SELECT FROM pg_tables WHERE schemaname = 'model_next' AND tablename = 'wallet'"
    ):
        return False
    return bool(await fetch(world.database, "SELECT FROM model_next.wallet WHERE balance_cents = 42"))


async def _is_gone(world: World) -> bool:
    """Nobody but this test is connected any more."""
    others = """
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name NOT LIKE 'test-%'
        AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    """
    return not await fetch(world.database, others)
