"""Whether an account exists cannot be told from how long an answer takes: measured, not argued.

Samples of both kinds are taken in turn in one process, so that whatever slows the machine down slows both down. What counts is how
often a sample of one kind is slower than one of the other (the common language effect size of Mann and Whitney, 0.5 when they are
alike): a leak of one hashing, or of one statement more, brings it to 1. Whoever is measured as different is measured once more,
and only a difference that stays is one.
"""

import random
import statistics
import time
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tests.identity.conftest import WorldOf
from tests.identity.credential_steps import FORGOTTEN
from tests.identity.world import World

SAMPLES = 60
MOST_EFFECT = 0.30
MOST_RATIO = 1.5
SEED = 20_260_301

Ask = Callable[[World, str], Awaitable[Any]]


async def sign_in(world: World, email: str) -> Any:
    body = {"identifier": email, "password": "not the right one"}
    return await world.call("POST", "/internal/sessions", json=body)


async def forgotten(world: World, email: str) -> Any:
    return await world.call("POST", FORGOTTEN, json={"email": email})


def superiority(one: Sequence[float], other: Sequence[float]) -> float:
    """How likely a sample of `one` is larger than a sample of `other`; equal ones count half."""
    ordered = sorted(other)
    wins = sum((bisect_left(ordered, value) + bisect_right(ordered, value)) / 2 for value in one)
    return wins / (len(one) * len(other))


async def measured(world: World, ask: Ask, known: Sequence[str], unknown: Sequence[str]) -> tuple[float, float]:
    """The effect, as a distance from 0.5; and the medians' ratio, at least 1."""
    times: dict[bool, list[float]] = {True: [], False: []}
    order = random.Random(SEED)
    for name, stranger in zip(known, unknown, strict=True):
        pair = [(True, name), (False, stranger)]
        order.shuffle(pair)
        for is_known, email in pair:
            started = time.perf_counter()
            await ask(world, email)
            times[is_known].append(time.perf_counter() - started)
    medians = sorted(statistics.median(found) for found in times.values())
    return abs(superiority(times[True], times[False]) - 0.5), medians[1] / medians[0]


def is_leak(effect: float, ratio: float) -> bool:
    """Both: an order that only shows in microseconds is nothing that a network would carry."""
    return effect > MOST_EFFECT and ratio > MOST_RATIO


@pytest.mark.parametrize("ask", [sign_in, forgotten])
async def test_time_does_not_tell_whether_there_is_an_account(world_of: WorldOf, ask: Ask) -> None:
    world = await world_of(argon2_memory_kib=1024, argon2_time_cost=2, hash_threads=1)
    person = await world.someone()
    await world.run(
        """
        INSERT INTO account (id, state, username, username_key, email, email_key, first_name, last_name, language, password_hash,
                             terms_version, terms_accepted_at, created_at, activated_at)
        SELECT gen_random_uuid(), 'active', 'known.' || n, 'known.' || n, n || '@known.example', n || '@known.example', 'Jan', 'Jans',
               'nl', password_hash, '1', now(), now(), now()
        FROM account, generate_series(10, 9 + $2::int) AS n WHERE id = $1
        """,
        person.account_id,
        SAMPLES,
    )
    known = [f"{number}@known.example" for number in range(10, 10 + SAMPLES)]
    unknown = [f"{number}@other.example" for number in range(10, 10 + SAMPLES)]
    await measured(world, ask, known[:3], unknown[:3])
    found = await measured(world, ask, known, unknown)
    if is_leak(*found):
        found = await measured(world, ask, known, unknown)
    assert not is_leak(*found), f"effect {found[0]:.2f}, medians 1 : {found[1]:.2f} (seed {SEED})"


async def test_the_measure_would_notice_a_leak(world_of: WorldOf) -> None:
    """One hashing more for those who exist, as a careless sign-in would do."""
    world = await world_of(argon2_memory_kib=1024, argon2_time_cost=2, hash_threads=1)

    async def careless(world: World, email: str) -> None:
        if email.endswith("@known.example"):
            await world.app.at.own.passwords.hash("careless")

    known, unknown = [f"{n}@known.example" for n in range(20)], [f"{n}@other.example" for n in range(20)]
    assert is_leak(*await measured(world, careless, known, unknown))


def test_the_effect_is_that_of_mann_and_whitney() -> None:
    assert superiority([1, 2, 3], [1, 2, 3]) == 0.5
    assert superiority([4, 5], [1, 2]) == 1.0
    assert superiority([1, 2, 2], [2, 3]) == pytest.approx(1 / 6)
