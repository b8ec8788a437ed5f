"""Passkeys: as the only proof, as a second factor, and whatever is wrong with them."""

from dataclasses import replace
from typing import Any

from shared.events.identity import SecondFactorAdded, SecondFactorRemoved
from tests.identity.authenticator import Authenticator
from tests.identity.factor_steps import (
    add_passkey,
    device,
    finish,
    passkey_options,
    password,
    recovery_codes,
    second_factor_options,
    take,
    with_passkey,
    world,
)
from tests.identity.world import Someone, World

__all__ = ["world"]


async def person_with(world: World, **changes: Any) -> tuple[Someone, Authenticator]:
    someone, passkey = await world.someone(), device(**changes)
    answer = await add_passkey(someone, passkey)
    assert answer.status_code == 201, answer.text
    return someone, passkey


async def claims_of(world: World, session: dict[str, Any]) -> Any:
    return await world.app.fastapi.state.tokens.verify_access(session["access_token"])


async def test_an_unlocked_passkey_is_all_that_one_needs(world: World) -> None:
    someone, passkey = await person_with(world)
    options = await passkey_options(world)
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
    answer = take(someone, await with_passkey(world, passkey.get(options)))
    assert answer.json()["account"]["id"] == str(someone.account_id)
    caller = await claims_of(world, someone.session)
    assert (caller.acr, caller.amr) == ("mfa", ("hwk", "user", "mfa"))


async def test_a_synced_passkey_is_told_from_one_that_stays_in_its_device(world: World) -> None:
    someone, passkey = await person_with(world, is_synced=True)
    answer = await with_passkey(world, passkey.get(await passkey_options(world)))
    assert (await claims_of(world, answer.json())).amr == ("swk", "user", "mfa")
    assert (await someone.api("GET", "/api/factors")).json()["passkeys"][0]["is_synced"] is True


async def test_a_passkey_that_is_only_touched_does_not_do_alone(world: World) -> None:
    _, passkey = await person_with(world, verifies=False)
    answer = await with_passkey(world, passkey.get(await passkey_options(world)))
    assert (answer.status_code, answer.json()["code"]) == (422, "passkey-not-verified")


async def test_a_passkey_that_is_only_touched_follows_the_password(world: World) -> None:
    someone, passkey = await person_with(world, verifies=False)
    asked = await password(someone)
    assert asked["methods"] == ["passkey"]
    options = await second_factor_options(someone, asked["token"])
    assert len(options["allowCredentials"]) == 1
    answer = await finish(someone, asked["token"], credential=passkey.get(options))
    assert answer.status_code == 200, answer.text
    caller = await claims_of(world, someone.session)
    assert (caller.acr, caller.amr) == ("mfa", ("pwd", "hwk", "user", "mfa"))


async def test_adding_the_first_one_is_told_and_ends_sessions_of_a_password_only(world: World) -> None:
    someone = await world.someone()
    elsewhere = someone.token
    await someone.sign_in()
    before = someone.token
    await add_passkey(someone, device())
    assert someone.session["account"]["acr"] == "mfa"
    for old in (elsewhere, before):
        answer = await world.call("POST", "/internal/sessions/refresh", json={"session_token": old})
        assert answer.json()["code"] == "session-ended"
    (event,) = await world.events(SecondFactorAdded)
    assert event.kind == "passkey"


async def test_passkeys_are_named_and_removed(world: World) -> None:
    someone, passkey = await person_with(world)
    await recovery_codes(someone)
    (seen,) = (await someone.api("GET", "/api/factors")).json()["passkeys"]
    assert (seen["name"], seen["last_used_at"]) == ("Phone", None)
    renamed = await someone.api("PUT", f"/api/factors/passkeys/{seen['id']}", json={"name": "  My  key "})
    assert renamed.status_code == 204
    await with_passkey(world, passkey.get(await passkey_options(world)))
    (seen,) = (await someone.api("GET", "/api/factors")).json()["passkeys"]
    assert seen["name"] == "My key"
    assert seen["last_used_at"] is not None
    assert (await someone.api("DELETE", f"/api/factors/passkeys/{seen['id']}")).status_code == 204
    assert (await with_passkey(world, passkey.get(await passkey_options(world)))).json()["code"] == "passkey-unknown"
    (event,) = await world.events(SecondFactorRemoved)
    assert (event.kind, event.remaining) == ("passkey", 0)
    assert (await someone.api("GET", "/api/factors")).json()["recovery_codes_left"] == 0
    assert (await someone.sign_in()).json()["session_token"], "a password is enough again"


async def test_nobody_touches_somebody_elses_passkey(world: World) -> None:
    owner, _ = await person_with(world)
    other = await world.someone()
    passkey_id = (await owner.api("GET", "/api/factors")).json()["passkeys"][0]["id"]
    for method, body in (("PUT", {"name": "Mine"}), ("DELETE", None)):
        answer = await other.api(method, f"/api/factors/passkeys/{passkey_id}", json=body)
        assert answer.json()["code"] == "passkey-not-found"


async def test_one_passkey_belongs_to_one_account(world: World) -> None:
    _, passkey = await person_with(world)
    other = await world.someone()
    assert (await add_passkey(other, passkey)).json()["code"] == "passkey-known"


async def test_a_passkey_of_another_account_is_no_second_factor(world: World) -> None:
    someone, _ = await person_with(world)
    _, foreign = await person_with(world)
    asked = await password(someone)
    options = await second_factor_options(someone, asked["token"])
    answer = await finish(someone, asked["token"], credential=foreign.get(options))
    assert answer.json()["code"] == "passkey-unknown"


async def test_an_answer_that_was_made_elsewhere_or_for_something_else_is_refused(world: World) -> None:
    _, passkey = await person_with(world)
    for origin in ("https://evil.example", "https://immo.example:8443", "http://immo.example"):
        answer = await with_passkey(world, passkey.get(await passkey_options(world), origin=origin))
        assert answer.json()["code"] == "passkey-refused", origin
    answer = await with_passkey(world, passkey.get(await passkey_options(world), type="webauthn.create"))
    assert answer.json()["code"] == "passkey-refused"


async def test_an_answer_of_another_site_key_or_person_is_refused(world: World) -> None:
    _, passkey = await person_with(world)
    wrong: list[dict[str, Any]] = [{"rp_id": "evil.example"}, {"key": device().key}, {"user_handle": b"someone else"}]
    for changes in wrong:
        answer = await with_passkey(world, replace(passkey, **changes).get(await passkey_options(world)))
        assert answer.json()["code"] == "passkey-refused", changes


async def test_a_registration_that_was_made_elsewhere_or_for_something_else_is_refused(world: World) -> None:
    someone = await world.someone()
    for changes in ({"origin": "https://evil.example"}, {"type": "webauthn.get"}):
        assert (await add_passkey(someone, device(), **changes)).json()["code"] == "passkey-refused"


async def test_a_challenge_is_good_once_for_one_purpose_and_one_browser(world: World) -> None:
    someone, passkey = await person_with(world)
    options = await passkey_options(world)
    elsewhere = await with_passkey(world, passkey.get(options), "another visitor's own mark")
    assert elsewhere.json()["code"] == "passkey-refused"
    credential = passkey.get(options)
    assert (await with_passkey(world, credential)).status_code == 200
    assert (await with_passkey(world, credential)).json()["code"] == "passkey-challenge-expired"
    registering = (await someone.api("POST", "/api/factors/passkeys/options")).json()["options"]
    assert (await with_passkey(world, passkey.get(registering))).json()["code"] == "passkey-refused"
    made_up = {**options, "challenge": "AAAA" * 16}
    assert (await with_passkey(world, passkey.get(made_up))).json()["code"] == "passkey-refused"


async def test_a_device_that_counts_backwards_is_taken_for_a_copy(world: World) -> None:
    _, passkey = await person_with(world, count=5)
    assert (await with_passkey(world, passkey.get(await passkey_options(world)))).status_code == 200
    passkey.count = 3
    assert (await with_passkey(world, passkey.get(await passkey_options(world)))).json()["code"] == "passkey-refused"


async def test_nonsense_is_refused(world: World) -> None:
    _, passkey = await person_with(world)
    good = passkey.get(await passkey_options(world))
    responses: list[Any] = [None, [], {}, {"clientDataJSON": "?"}, {"clientDataJSON": "bnVsbA"}]
    broken: list[dict[str, Any]] = [
        {},
        {**good, "id": "x"},
        *({**good, "response": response} for response in responses),
    ]
    for credential in broken:
        assert (await with_passkey(world, credential)).json()["code"] == "passkey-refused", credential


async def test_where_the_address_is_a_number_there_are_no_passkeys(world_of: Any) -> None:
    world = await world_of(public_origin="http://127.0.0.1:8080")
    someone = await world.someone()
    assert (await someone.api("GET", "/api/factors")).json()["passkeys_available"] is False
    answer = await someone.api("POST", "/api/factors/passkeys/options")
    assert answer.json()["code"] == "passkeys-unavailable"
