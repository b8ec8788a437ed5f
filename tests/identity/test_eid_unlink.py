"""Undoing a link, and what falls with it."""

from pathlib import Path

import pytest

from shared.events.identity import EidLinked, EidUnlinked
from tests.identity.cards import answer_with, belgian_trust, card_of_today, sign_in_with
from tests.identity.conftest import WorldOf
from tests.identity.factor_steps import add_totp
from tests.identity.oidc_steps import is_alive, start
from tests.identity.pki import OTHER_NUMBER
from tests.identity.world import Someone, World


@pytest.fixture
async def world(world_of: WorldOf, tmp_path: Path) -> World:
    return await world_of(eid_trust=belgian_trust(tmp_path))


@pytest.fixture
async def person(world: World) -> Someone:
    someone = await world.someone()
    assert (await answer_with(someone, card_of_today())).status_code == 200
    return someone


async def sign_in_elsewhere(world: World, person: Someone) -> Someone:
    """With the password, in another browser."""
    other = Someone(world, person.account_id, person.form, "", {})
    assert (await other.sign_in()).status_code == 200
    return other


async def test_unlinking_is_published_audited_and_frees_what_was_locked(world: World, person: Someone) -> None:
    answer = await person.api("POST", "/api/eid/unlink")
    body = answer.json()
    assert (answer.status_code, body["eid_linked"], body["locked_fields"]) == (200, False, [])
    (event,) = await world.events(EidUnlinked)
    (linked,) = await world.events(EidLinked)
    assert event.version > linked.version
    assert (
        await world.run("SELECT actor FROM audit_log WHERE action = 'eid-unlinked'") == f"account:{person.account_id}"
    )
    assert (await person.api("GET", "/api/eid")).json() == {"link": None}
    assert (await person.api("POST", "/api/eid/unlink")).json()["code"] == "eid-not-linked"


async def test_after_unlinking_the_card_opens_nothing_and_sessions_are_weaker(world: World, person: Someone) -> None:
    elsewhere = await sign_in_elsewhere(world, person)
    assert (await answer_with(elsewhere, card_of_today())).status_code == 200
    await person.api("POST", "/api/eid/unlink")
    assert "stranger" in (await sign_in_with(world, card_of_today())).json()
    for one in (person, elsewhere):
        account = (await one.refresh()).json()["account"]
        assert (account["acr"], account["eid_linked"]) == ("pwd", False)


async def test_a_session_in_which_only_the_card_was_shown_ends_with_the_link(world: World, person: Someone) -> None:
    """There is nothing else to fall back on; least of all where the account asks for a second factor."""
    by_card = (await sign_in_with(world, card_of_today())).json()["session"]["session_token"]
    await add_totp(person)
    await person.api("POST", "/api/eid/unlink")
    view = await world.call("POST", "/internal/sessions/refresh", json={"session_token": by_card})
    assert view.json()["code"] == "session-ended"
    assert (await person.refresh()).json()["account"]["acr"] == "mfa"


async def test_who_came_by_card_and_undoes_the_link_goes_on(world: World, person: Someone) -> None:
    session = (await sign_in_with(world, card_of_today())).json()["session"]
    by_card = Someone(world, person.account_id, person.form, session["session_token"], session)
    assert (await by_card.api("POST", "/api/eid/unlink")).status_code == 200
    assert (await by_card.refresh()).json()["account"]["acr"] == "pwd"


async def test_tools_that_were_opened_with_the_card_close_and_others_do_not(world: World, person: Someone) -> None:
    by_password = await world.someone()
    strong, weak = await world.register("strong", acr="eid"), await world.register("weak")
    opened, others = await start(person, strong), await start(by_password, weak)
    await person.api("POST", "/api/eid/unlink")
    assert await is_alive(world, strong, opened) is False
    assert await is_alive(world, weak, others) is True
    assert (
        await world.run("SELECT end_reason FROM oidc_grant WHERE account_id = $1", person.account_id) == "eid-unlinked"
    )
    assert await world.run("SELECT count(*) FROM job WHERE kind = 'backchannel-logout'") == 1


async def test_unlinking_asks_for_fresh_proof(world: World, person: Someone) -> None:
    await world.run("UPDATE session SET auth_time = now() - interval '16 minutes'")
    await person.refresh()
    stale = await person.api("POST", "/api/eid/unlink")
    assert (stale.status_code, stale.json()["code"]) == (403, "confirmation-needed")
    assert (await answer_with(person, card_of_today())).status_code == 200
    assert (await person.api("POST", "/api/eid/unlink")).status_code == 200


async def test_another_card_can_be_linked_afterwards_and_the_freed_one_elsewhere(world: World, person: Someone) -> None:
    await person.api("POST", "/api/eid/unlink")
    assert (await answer_with(person, card_of_today(number=OTHER_NUMBER))).json()["outcome"] == "linked"
    other = await world.someone()
    assert (await answer_with(other, card_of_today())).json()["outcome"] == "linked"
