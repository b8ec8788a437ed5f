"""The key of numbers changes, and everyone is still recognised, and nobody twice."""

import asyncio
import base64
import secrets
from pathlib import Path
from typing import Any

import pytest

from services.identity.eid.rules import key_id
from tests.identity.cards import answer_with, belgian_trust, card_of_today, sign_in_with
from tests.identity.conftest import WorldOf
from tests.identity.world import Someone, World

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.fixture
async def before(world_of: WorldOf, tmp_path: Path) -> World:
    """An instance that makes hashes with the old key, and knows the new one already, as the second step of a change wants it."""
    return await world_of(eid_trust=belgian_trust(tmp_path), eid_hash_key=text(OLD), eid_hash_keys=[text(NEW)])


async def after(world_of: WorldOf, before: World, **changes: Any) -> World:
    """Another instance on the same database."""
    settings = before.app.at.settings
    own: dict[str, Any] = {
        "eid_trust": settings.eid_trust,
        "postgres": settings.postgres,
        "master_key": settings.master_key,
        "eid_hash_key": text(NEW),
        "eid_hash_keys": [text(OLD)],
        **changes,
    }
    return await world_of(**own)


async def keys_in_use(world: World) -> dict[str, Any]:
    answer = await world.http.get("/internal/eid/hash-keys", headers=world.mint.peer("operator", "identity"))
    assert answer.status_code == 200
    return answer.json()


async def test_a_link_under_an_old_key_is_recognised_and_moves_to_the_new_one(world_of: WorldOf, before: World) -> None:
    card = card_of_today()
    assert (await answer_with(await before.someone(), card)).status_code == 200
    world = await after(world_of, before)
    assert (await keys_in_use(world))["links"] == {key_id(OLD): 1}
    assert "session" in (await sign_in_with(world, card)).json()
    assert await keys_in_use(world) == {
        "current": key_id(NEW),
        "known": [key_id(NEW), key_id(OLD)],
        "links": {key_id(NEW): 1},
    }
    without_old = await after(world_of, before, eid_hash_keys=[])
    assert "session" in (await sign_in_with(without_old, card)).json()


async def test_one_person_cannot_be_linked_twice_under_two_keys(world_of: WorldOf, before: World) -> None:
    world = await after(world_of, before)
    people = [await before.someone() for _ in range(4)]
    others = [Someone(world, one.account_id, one.form, one.token, one.session) for one in people[2:]]
    answers = await asyncio.gather(*(answer_with(one, card_of_today()) for one in (*people[:2], *others)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await world.run("SELECT count(*) FROM eid_link") == 1


async def test_a_link_under_a_key_that_is_gone_is_not_taken_for_somebody_elses(
    world_of: WorldOf, before: World
) -> None:
    person = await before.someone()
    await answer_with(person, card_of_today())
    world = await after(world_of, before, eid_hash_keys=[])
    again = Someone(world, person.account_id, person.form, person.token, person.session)
    refused = await answer_with(again, card_of_today())
    assert (refused.status_code, refused.json()["code"]) == (409, "eid-link-too-old")
    assert (await keys_in_use(world))["links"] == {key_id(OLD): 1}


async def test_only_operators_see_the_state_of_keys(before: World) -> None:
    assert (await before.call("GET", "/internal/eid/hash-keys")).status_code == 403
    shown = repr(before.app.at.settings)
    assert text(NEW) not in shown
    assert repr(NEW) not in shown
