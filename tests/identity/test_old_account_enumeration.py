"""Whether an old account exists cannot be told by how long its hash takes: names that nobody has take as long, spread alike."""

import random
import time

from tests.identity.conftest import WorldOf
from tests.identity.old_accounts import Desk, line
from tests.identity.test_enumeration import MOST_EFFECT, SEED, superiority

COSTLY = "$2a$08$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
NAMES = 60


async def effect(desk: Desk, round_number: int) -> float:
    """As a distance from 0.5: how likely an old account's name is answered later than one that nobody has."""
    order = random.Random(SEED)
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(1, NAMES + 1):
        pair = [(True, f"lien.claes{number}"), (False, f"nobody.{round_number}.{number}")]
        order.shuffle(pair)
        for is_known, name in pair:
            started = time.perf_counter()
            await desk.sign_in(name, "not the right one")
            times[is_known].append(time.perf_counter() - started)
    return abs(superiority(times[True], times[False]) - 0.5)


async def test_cheap_and_costly_hashes_tell_nothing_about_which_names_there_are(world_of: WorldOf) -> None:
    """Half of the old accounts take fifty times as long as the others."""
    desk = Desk(await world_of())
    await desk.import_lines(
        *(line(number, **({"password_hash": COSTLY} if number % 2 else {})) for number in range(1, NAMES + 1))
    )
    found = await effect(desk, 1)
    if found > MOST_EFFECT:
        found = await effect(desk, 2)
    assert found <= MOST_EFFECT
