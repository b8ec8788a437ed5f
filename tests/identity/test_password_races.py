"""A password that was right when it was checked, and is not any more when something is to be opened with it."""

from collections.abc import Awaitable, Callable

import pytest

from tests.identity.credential_steps import NEW_PASSWORD, change, complete, forgot, prove
from tests.identity.factor_steps import add_totp
from tests.identity.world import PASSWORD, Someone, World


@pytest.fixture
def meanwhile(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[object]]], None]:
    """What is given to it happens once, right after the next password was checked."""
    passwords = world.app.at.own.passwords
    verify = passwords.verify
    waiting: list[Callable[[], Awaitable[object]]] = []

    async def verify_then(password_hash: str | None, password: str) -> bool:
        is_right = await verify(password_hash, password)
        while waiting:
            await waiting.pop()()
        return is_right

    monkeypatch.setattr(passwords, "verify", verify_then)
    return waiting.append


Meanwhile = Callable[[Callable[[], Awaitable[object]]], None]


def always(password_hash: str) -> bool:
    return True


async def reset_of(world: World, person: Someone) -> Callable[[], Awaitable[object]]:
    token, code = await forgot(person)
    assert (await prove(world, token, code)).status_code == 200

    async def finish() -> None:
        assert (await complete(world, token)).status_code == 204

    return finish


async def test_a_password_that_is_changed_while_a_sign_in_is_checked_opens_nothing(
    world: World, meanwhile: Meanwhile
) -> None:
    person = await world.someone()
    meanwhile(await reset_of(world, person))
    refused = await person.sign_in()
    assert (refused.status_code, refused.json()["code"]) == (401, "credentials-wrong")
    assert await world.run("SELECT count(*) FROM session WHERE ended_at IS NULL") == 0
    assert (await person.sign_in(password=NEW_PASSWORD)).status_code == 200


async def test_an_outdated_hash_that_is_made_anew_does_not_bring_an_old_password_back(
    world: World, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.someone()
    finish = await reset_of(world, person)
    monkeypatch.setattr(world.app.at.own.passwords, "is_outdated", always)
    meanwhile(finish)
    assert (await person.sign_in()).status_code == 401
    assert (await person.sign_in()).status_code == 401
    assert (await person.sign_in(password=NEW_PASSWORD)).status_code == 200


async def test_two_sign_ins_at_once_both_succeed_where_the_first_makes_the_hash_anew(
    world: World, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.someone()
    monkeypatch.setattr(world.app.at.own.passwords, "is_outdated", always)

    async def elsewhere() -> None:
        body = {"identifier": person.form["username"], "password": PASSWORD}
        assert (await world.call("POST", "/internal/sessions", json=body)).status_code == 200

    meanwhile(elsewhere)
    assert (await person.sign_in()).status_code == 200


async def test_with_a_second_factor_too_a_changed_password_leads_no_further(world: World, meanwhile: Meanwhile) -> None:
    person = await world.someone()
    await add_totp(person)
    meanwhile(await reset_of(world, person))
    assert (await person.sign_in()).json()["code"] == "credentials-wrong"
    assert await world.run("SELECT count(*) FROM unfinished_sign_in") == 0


async def test_of_two_changes_at_once_with_one_old_password_the_second_is_refused(
    world: World, meanwhile: Meanwhile
) -> None:
    owner = await world.someone()
    thief = Someone(world, owner.account_id, owner.form, owner.token, owner.session)
    assert (await thief.sign_in()).status_code == 200

    async def owner_is_faster() -> None:
        assert (await change(owner, PASSWORD)).status_code == 200

    meanwhile(owner_is_faster)
    refused = await change(thief, PASSWORD, "the password of a thief, long enough")
    assert refused.status_code in (401, 422)
    assert (await owner.refresh()).status_code == 200
    assert (await owner.sign_in(password=NEW_PASSWORD)).status_code == 200


async def test_proof_by_a_password_that_was_just_changed_is_none(world: World, meanwhile: Meanwhile) -> None:
    person = await world.someone()
    await world.run("UPDATE session SET auth_time = auth_time - interval '1 hour'")
    meanwhile(await reset_of(world, person))
    body = {"session_token": person.token, "password": PASSWORD}
    assert (await world.call("POST", "/internal/sessions/confirm", json=body)).status_code in (401, 422)
