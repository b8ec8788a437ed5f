"""An old account is no licence: neither to guess at others' passwords, nor to find out which names there are."""

import pytest_asyncio

from tests.identity.old_accounts import OLD_PASSWORD, Desk, line
from tests.identity.world import PASSWORD, World

NAME = "lien.claes1"


@pytest_asyncio.fixture
async def desk(world: World) -> Desk:
    """Somebody's account has the name that an old account of somebody else has."""
    desk = Desk(world)
    await world.someone(username=NAME)
    await desk.import_lines(line(1))
    return desk


async def test_the_right_password_of_an_old_account_gives_no_new_tries_at_a_namesakes(desk: Desk) -> None:
    codes: list[str] = []
    for _ in range(4):
        codes += [(await desk.sign_in(NAME, "a guess")).json()["code"] for _ in range(2)]
        await desk.sign_in(NAME, OLD_PASSWORD)
    assert "too-many-attempts" in codes
    assert await desk.world.run("SELECT max(failures) FROM sign_in_throttle") >= 5


async def test_the_owner_of_the_old_account_is_not_slowed_down_by_being_right(desk: Desk) -> None:
    for _ in range(8):
        assert "upgrade_token" in (await desk.sign_in(NAME, OLD_PASSWORD)).json()


async def test_an_upgrade_tells_of_taken_addresses_as_sparingly_as_a_sign_up(desk: Desk) -> None:
    token = await desk.claim()
    taken = [
        await desk.upgrade(token, username="lien.claes.two", email="jan1@example.com", client_address="192.0.2.9")
        for _ in range(22)
    ]
    codes = [answer.json()["code"] for answer in taken]
    assert (codes[0], codes[-1]) == ("invalid", "too-many-attempts")


async def test_an_address_that_is_not_confirmed_attaches_no_old_account(desk: Desk) -> None:
    pending = await desk.world.sign_up(password=PASSWORD)
    refused = await desk.attach(await desk.claim(), pending.token)
    assert (refused.status_code, refused.json()["code"]) == (403, "acr-too-weak")
