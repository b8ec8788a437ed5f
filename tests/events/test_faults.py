"""Whatever is killed, stopped or restarted: every event is published, in order per key, and has its effect once."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
import pytest

from tests.events.cluster import Cluster, Instance
from tests.events.small_service.app import POISON_CENTS
from tests.support.events import fetch, until

pytestmark = [pytest.mark.fault, pytest.mark.slow]

ROUNDS = 20


async def has_more_effects(cluster: Cluster, than: int) -> bool:
    return await cluster.count_effects() > than


@asynccontextmanager
async def writing(cluster: Cluster, wallets: list[UUID], *, writers: int = 2) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(cluster.write(wallets, stop)) for _ in range(writers)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def test_workers_are_killed_at_random_moments(cluster: Cluster) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(seed)
    wallets = [uuid4() for _ in range(10)]
    workers = await cluster.start("worker", "worker")
    async with writing(cluster, wallets):
        for _ in range(ROUNDS):
            before = await cluster.count_effects()
            await until(lambda before=before: has_more_effects(cluster, before), within_s=60, what="going on")
            await asyncio.sleep(dice.uniform(0.0, 1.0))
            victim = dice.choice(workers)
            await asyncio.to_thread(victim.kill)
            await asyncio.sleep(dice.uniform(0.0, 0.3))
            victim.start()
    wanted = await cluster.settle(within_s=90)
    await cluster.check_effects(wanted)
    await cluster.check_topic(wanted)
    assert await fetch(cluster.database, "SELECT FROM dead_letter") == []


async def test_kafka_is_stopped_for_twenty_seconds_while_requests_go_on(cluster: Cluster) -> None:
    wallets = [uuid4() for _ in range(10)]
    api, *workers = await cluster.start("api", "worker", "worker")
    async with writing(cluster, wallets, writers=1):
        await asyncio.sleep(2)
        async with cluster.without_kafka():
            answers = await requests_for(api, wallets, seconds=20)
            assert await api.is_ready()
            assert not await workers[0].is_ready()
    assert set(answers) == {200}
    wanted = await cluster.settle(within_s=90)
    await cluster.check_effects(wanted)
    await cluster.check_topic(wanted)
    for worker in workers:
        await until(worker.is_ready, within_s=30, what="being ready again")


async def requests_for(api: Instance, wallets: list[UUID], *, seconds: float) -> list[int]:
    statuses: list[int] = []
    deadline = time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=api.url, timeout=5, trust_env=False) as http:
        while time.monotonic() < deadline:
            wallet = wallets[len(statuses) % len(wallets)]
            statuses.append((await http.post(f"/api/wallets/{wallet}/charges")).status_code)
            await asyncio.sleep(0.05)
    return statuses


async def test_postgresql_is_restarted_and_crashes(cluster: Cluster) -> None:
    wallets = [uuid4() for _ in range(10)]
    workers = await cluster.start("worker", "worker")
    async with writing(cluster, wallets):
        await asyncio.sleep(2)
        async with cluster.without_postgres(crash=False):
            await asyncio.sleep(2)
        await asyncio.sleep(3)
        async with cluster.without_postgres(crash=True):
            pass
        await asyncio.sleep(3)
    wanted = await cluster.settle(within_s=60)
    await cluster.check_effects(wanted)
    await cluster.check_topic(wanted)
    assert await fetch(cluster.database, "SELECT FROM dead_letter") == []
    for worker in workers:
        await until(worker.is_ready, within_s=30, what="being ready again")


async def test_a_stopped_service_catches_up_past_a_poison_that_holds_back_only_its_key(cluster: Cluster) -> None:
    sick, *sound = wallets = [uuid4() for _ in range(10)]
    (api,) = await cluster.start("api")
    async with httpx.AsyncClient(base_url=api.url, timeout=10, trust_env=False) as http:
        for turn in range(400):
            poison = {"amount_cents": POISON_CENTS} if turn == 10 else {}
            (await http.post(f"/api/wallets/{wallets[turn % 10]}/charges", params=poison)).raise_for_status()
        workers = await cluster.start("worker", "worker")
        # Of the sick wallet only the first charge has its effect; what it caused comes after the poison, and waits too.
        await until(lambda: has_effects(cluster, 2 * 9 * 40 + 1), within_s=30, what="catching up")
        operator = cluster.mint.peer("operator", "wallet")
        letters = (await http.get("/internal/dead-letters?limit=500", headers=operator)).json()
        assert [letter["state"] for letter in letters] == ["parked"] + ["waiting"] * 39
        assert letters[0]["reason"] == "poisonous"
        assert {letter["key"] for letter in letters} == {str(sick)}
        cluster.repaired.touch()
        replay = f"/internal/dead-letters/{letters[0]['id']}/replay"
        (await http.post(replay, headers=operator)).raise_for_status()
    wanted = await cluster.settle(within_s=30)
    assert set(wanted) == {sick, *sound}
    await cluster.check_effects(wanted)
    assert [worker.stop() for worker in workers] == [0, 0]


async def has_effects(cluster: Cluster, wanted: int) -> bool:
    return await cluster.count_effects() == wanted
