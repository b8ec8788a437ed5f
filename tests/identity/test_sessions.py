"""Signing in, staying signed in, signing out; and what slows down whoever guesses."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.events.identity import SignedIn
from shared.verifier import TokenVerifier
from tests.identity.conftest import WorldOf
from tests.identity.world import Someone, World


async def wrong(world: World, identifier: str, address: str = "", password: str = "not the password") -> httpx.Response:
    body = {"identifier": identifier, "password": password, "client_address": address}
    return await world.call("POST", "/internal/sessions", json=body)


async def wait_out(world: World) -> None:
    """As if all pauses were over."""
    await world.run("UPDATE sign_in_throttle SET blocked_until = now() - interval '1 second'")


@pytest.mark.parametrize("field", ["username", "email"])
async def test_one_signs_in_with_username_or_address_in_any_case(world: World, field: str) -> None:
    person = await world.someone()
    answer = await person.sign_in(identifier=f"  {person.form[field].upper()} ")
    assert answer.status_code == 200
    assert answer.json()["account"]["id"] == str(person.account_id)


async def test_signing_in_is_published_and_audited(world: World) -> None:
    person = await world.someone()
    await person.sign_in(client_address="192.0.2.7", user_agent="Firefox")
    (event,) = await world.events(SignedIn)
    assert (event.version, event.acr, event.amr, event.client_id) == (3, "pwd", ("pwd",), "immo-connect")
    query = "SELECT client_address FROM audit_private JOIN audit_log ON id = audit_id WHERE action = 'signed-in'"
    assert await world.run(query) == "192.0.2.7"


async def test_before_activation_every_sign_in_is_pending(world: World) -> None:
    person = await world.sign_up()
    assert (await person.sign_in()).json()["account"]["acr"] == "pending"
    assert (await person.api("POST", "/api/eid/challenge")).json()["code"] == "acr-too-weak"
    assert (await person.activate(await person.code())).status_code == 200


async def test_each_sign_in_has_a_session_of_its_own(world: World) -> None:
    """Session fixation: nothing that a browser had before becomes a signed-in session."""
    person = await world.someone()
    first = person.token
    await person.sign_in()
    assert person.token != first
    planted = await world.call("POST", "/internal/sessions/refresh", json={"session_token": "planted" * 6})
    assert planted.json()["code"] == "session-ended"


async def test_the_access_token_says_who_signed_in_and_how(world: World) -> None:
    person = await world.someone(language="fr")
    tokens: TokenVerifier = world.app.fastapi.state.tokens
    caller: Any = await tokens.verify_access(person.session["access_token"])
    assert (caller.account_id, caller.acr, caller.amr) == (person.account_id, "pwd", ("pwd",))
    assert (caller.language, caller.client_id, caller.scopes) == ("fr", "immo-connect", frozenset({"platform"}))
    assert person.session["expires_in_s"] == 300


async def test_a_session_gives_new_access_tokens_until_it_ends(world: World) -> None:
    person = await world.someone()
    answer = await person.refresh()
    assert answer.status_code == 200
    assert "session_token" not in answer.json()
    assert (await person.sign_out()).status_code == 204
    assert (await person.sign_out()).status_code == 204
    assert (await person.refresh()).json()["code"] == "session-ended"


@pytest.mark.parametrize("column", ["last_seen_at", "expires_at"])
async def test_a_session_ends_by_idleness_and_by_age(world: World, column: str) -> None:
    person = await world.someone()
    await world.run(f"UPDATE session SET {column} = now() - interval '12 hours 1 second'")
    assert (await person.refresh()).json()["code"] == "session-ended"


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(world: World) -> None:
    person = await world.someone()
    answers = [await wrong(world, person.form["username"]), await wrong(world, "nobody.at.all")]
    contents = [{**answer.json(), "trace_id": None} for answer in answers]
    assert contents[0] == contents[1]
    assert contents[0]["code"] == "credentials-wrong"
    assert {answer.status_code for answer in answers} == {401}


async def test_guessing_slows_down_more_and_more(world: World) -> None:
    person = await world.someone()
    waits = []
    for _ in range(8):
        await wait_out(world)
        assert (await wrong(world, person.form["username"])).json()["code"] == "credentials-wrong"
        blocked = await wrong(world, person.form["username"])
        waits.append(int(blocked.headers["retry-after"]) if blocked.status_code == 429 else 0)
    # Each round is two attempts while nothing is blocked, and one once the second is refused.
    assert waits == sorted(waits)
    assert waits[0] == 0
    assert waits[-1] >= 15


async def test_an_unknown_name_is_slowed_down_like_a_known_one(world: World) -> None:
    person = await world.someone()
    seen = {}
    for identifier in (person.form["username"], "nobody.at.all"):
        seen[identifier] = [(await wrong(world, identifier)).status_code for _ in range(8)]
    assert seen[person.form["username"]] == seen["nobody.at.all"]
    assert 429 in seen["nobody.at.all"]


async def test_many_guesses_at_once_are_no_way_round(world: World) -> None:
    person = await world.someone()
    answers = await asyncio.gather(*(wrong(world, person.form["username"]) for _ in range(20)))
    assert sum(answer.status_code == 401 for answer in answers) == 5
    assert sum(answer.status_code == 429 for answer in answers) == 15


async def test_the_right_password_is_not_even_tried_while_blocked(world: World) -> None:
    person = await world.someone()
    for _ in range(6):
        await wrong(world, person.form["username"])
    blocked = await person.sign_in()
    assert (blocked.status_code, blocked.json()["code"]) == (429, "too-many-attempts")
    await wait_out(world)
    assert (await person.sign_in()).status_code == 200


async def test_an_attacker_elsewhere_cannot_lock_the_owner_out(world: World) -> None:
    person = await world.someone()
    assert (await person.sign_in(client_address="192.0.2.1")).status_code == 200
    for n in range(12):
        await wrong(world, person.form["username"], address=f"198.51.100.{n}")
    assert (await wrong(world, person.form["username"], address="203.0.113.9")).status_code == 429
    assert (await person.sign_in(client_address="192.0.2.1")).status_code == 200


async def test_where_the_owner_is_known_guessing_slows_down_too(world: World) -> None:
    person = await world.someone()
    await person.sign_in(client_address="192.0.2.1")
    tries = (wrong(world, person.form["username"], address="192.0.2.1") for _ in range(7))
    assert 429 in {answer.status_code for answer in await asyncio.gather(*tries)}


async def test_trying_one_password_on_many_accounts_slows_the_client_down(world: World) -> None:
    answers = [await wrong(world, f"someone.{n}", address="2001:db8::1") for n in range(31)]
    assert {answer.status_code for answer in answers} == {401}
    assert (await wrong(world, "someone.else", address="2001:db8::ffff")).status_code == 429
    assert (await wrong(world, "someone.else", address="2001:db8:1::1")).status_code == 401


async def test_what_a_slowed_down_address_tries_is_not_counted_against_the_name(world: World) -> None:
    for n in range(31):
        await wrong(world, f"someone.{n}", address="198.51.100.1")
    tries = (wrong(world, "someone.else", address="198.51.100.1") for _ in range(8))
    assert {answer.status_code for answer in await asyncio.gather(*tries)} == {429}
    assert (await wrong(world, "someone.else", address="198.51.100.2")).status_code == 401


async def test_a_client_whose_people_sign_in_well_is_not_slowed_down(world: World) -> None:
    person = await world.someone()
    answers = [await person.sign_in(client_address="192.0.2.1") for _ in range(35)]
    assert {answer.status_code for answer in answers} == {200}


async def test_a_hash_of_older_parameters_is_renewed_at_sign_in(world_of: WorldOf) -> None:
    first = await world_of()
    person = await first.someone()
    before = await first.run("SELECT password_hash FROM account")
    settings = first.app.at.settings
    later = await world_of(postgres=settings.postgres, master_key=settings.master_key, argon2_time_cost=2)
    again = Someone(later, person.account_id, person.form, "", {})
    assert (await again.sign_in()).status_code == 200
    after = await first.run("SELECT password_hash FROM account")
    assert "t=1" in before
    assert "t=2" in after
    assert (await again.sign_in()).status_code == 200


async def test_the_audit_log_cannot_be_changed(world: World) -> None:
    await world.someone()
    for statement in ("UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log CASCADE"):
        with pytest.raises(Exception, match="only grows"):
            await world.run(statement)


async def test_hashing_does_not_stop_other_requests(world_of: WorldOf) -> None:
    """While passwords are being hashed, the event loop answers others."""
    world = await world_of(argon2_memory_kib=65536, argon2_time_cost=6)
    person = await world.someone()
    signing_in = asyncio.create_task(person.sign_in())
    answered = 0
    while not signing_in.done():
        assert (await world.http.get("/oauth2/jwks")).status_code == 200
        answered += 1
        await asyncio.sleep(0.001)  # nothing else here waits for anything, so the sign-in would never get its turn
    assert (await signing_in).status_code == 200
    assert answered > 3


async def test_a_whole_office_signs_in_at_the_same_moment(world: World) -> None:
    """From one address: while there is no pause yet, nobody is kept out by a colleague who was a moment earlier."""
    people = [await world.someone() for _ in range(8)]
    answers = await asyncio.gather(
        *(
            world.call(
                "POST",
                "/internal/sessions",
                json={
                    "identifier": person.form["username"],
                    "password": person.form["password"],
                    "client_address": "203.0.113.9",
                },
            )
            for person in people
        )
    )
    assert [answer.status_code for answer in answers] == [200] * 8
