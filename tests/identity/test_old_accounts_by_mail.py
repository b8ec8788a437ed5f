"""Who forgot the password of an old account, but not the mailbox that it knows, takes the way that everyone takes."""

import asyncio

import pytest_asyncio

from shared.events.identity import LegacyAccountAttached
from tests.identity.credential_steps import NEW_PASSWORD, ask, complete, deliver, prove
from tests.identity.old_accounts import OLD_PASSWORD, Desk, line
from tests.identity.world import World

EMAIL = "lien@example.com"


@pytest_asyncio.fixture
async def desk(world: World) -> Desk:
    return Desk(world)


async def mailed_code(desk: Desk) -> str:
    (command,) = await desk.world.events(topic="notify.commands")
    assert (command.purpose, await desk.world.unseal(command.email, "email")) == ("password-reset", EMAIL)
    code = await desk.world.unseal(command.code, "code")
    assert code
    return code


async def test_the_mailed_code_makes_an_account_of_the_old_one(desk: Desk) -> None:
    await desk.import_lines(line(1, email=EMAIL, organisations="0123456749:manager"))
    token = (await ask(desk.world, EMAIL.upper())).json()["reset_token"]
    await deliver(desk.world)
    assert (await prove(desk.world, token, await mailed_code(desk))).json() == {"username": "lien.claes1"}
    assert not await desk.world.events(LegacyAccountAttached), "nothing before the address is shown to be theirs"
    assert (await complete(desk.world, token)).status_code == 204
    (attached,) = await desk.world.events(LegacyAccountAttached)
    assert attached.memberships[0].enterprise_number == "0123456749"
    assert (await desk.sign_in("lien.claes1", OLD_PASSWORD)).json()["code"] == "credentials-wrong"
    account = (await desk.sign_in("lien.claes1", NEW_PASSWORD)).json()["account"]
    assert (account["state"], account["terms_version"]) == ("active", "none"), "terms are asked for at the sign-in"


async def test_an_old_account_that_never_had_a_password_is_claimed_the_same_way(desk: Desk) -> None:
    await desk.import_lines(line(1, email=EMAIL, password_hash=""))
    token = (await ask(desk.world, EMAIL)).json()["reset_token"]
    await deliver(desk.world)
    await prove(desk.world, token, await mailed_code(desk))
    assert (await complete(desk.world, token)).status_code == 204
    assert (await desk.sign_in(EMAIL, NEW_PASSWORD)).status_code == 200


async def test_asked_twice_at_once_it_is_one_account(desk: Desk) -> None:
    await desk.import_lines(line(1, email=EMAIL))
    await asyncio.gather(ask(desk.world, EMAIL), ask(desk.world, EMAIL))
    assert await deliver(desk.world) == 2
    assert await desk.world.run("SELECT count(*) FROM account") == 1
    assert len(await desk.world.events(topic="notify.commands")) == 1


async def test_somebody_who_only_asks_takes_nothing_from_the_owner(desk: Desk) -> None:
    """The old credentials work as before, and the name is not lost to the account that waits in vain."""
    await desk.import_lines(line(1, email=EMAIL))
    await ask(desk.world, EMAIL)
    await deliver(desk.world)
    claim = (await desk.read(await desk.claim())).json()
    assert claim["username"] == "lien.claes1"
    answer = await desk.upgrade(await desk.claim(), email=EMAIL)
    assert answer.json()["account"]["username"] == "lien.claes1"


async def test_without_a_name_it_is_for_support_to_find_out(desk: Desk) -> None:
    await desk.import_lines(line(1, email=EMAIL, first_name=""))
    await ask(desk.world, EMAIL)
    await deliver(desk.world)
    assert not await desk.world.events(topic="notify.commands")
    assert await desk.world.run("SELECT count(*) FROM account") == 0


async def test_who_shares_a_mailbox_gets_their_own_old_account_and_not_a_colleagues(desk: Desk) -> None:
    await desk.import_lines(
        line(1, email=EMAIL, organisations="0123456749:manager"),
        line(2, email=EMAIL, first_name="An", last_name="Maes", organisations="0876543210:manager"),
        line(3, email=EMAIL, first_name="LIEN", last_name=" claes", organisations="0876543210"),
    )
    token = (await ask(desk.world, EMAIL)).json()["reset_token"]
    await deliver(desk.world)
    await prove(desk.world, token, await mailed_code(desk))
    assert (await complete(desk.world, token)).status_code == 204
    attached = await desk.world.events(LegacyAccountAttached)
    assert {one.memberships[0].manager for one in attached} == {True, False}
    assert len(attached) == 2
    assert (await desk.sign_in("lien.claes2")).json()["missing"][0] == "email", (
        "the colleague comes with their password"
    )
