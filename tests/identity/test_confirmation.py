"""Fresh proof: what cannot be undone asks once more who one is."""

from typing import Annotated, Any

from fastapi import FastAPI

from shared.tokens import Person, person
from tests.identity.factor_steps import add_totp
from tests.identity.world import PASSWORD, Someone, World


async def confirm(someone: Someone, password: str = PASSWORD) -> Any:
    body = {"session_token": someone.token, "password": password}
    return await someone.world.call("POST", "/internal/sessions/confirm", json=body)


async def age(world: World, minutes: int = 60) -> None:
    await world.run("UPDATE session SET auth_time = auth_time - make_interval(mins => $1)", minutes)


def needs_fresh_proof(app: FastAPI) -> str:
    async def guarded(caller: Annotated[Person, person(fresh_s=900)]) -> dict[str, bool]:
        return {"done": True}

    app.add_api_route("/api/guarded", guarded, methods=["POST"])
    return "/api/guarded"


async def test_old_proof_is_refused_until_it_is_renewed(world: World) -> None:
    someone = await world.someone()
    path = needs_fresh_proof(world.app.fastapi)
    await age(world)
    await someone.refresh()
    refused = await someone.api("POST", path)
    assert (refused.status_code, refused.json()["code"]) == (403, "confirmation-needed")
    assert refused.json()["params"] == {"fresh_s": 900}
    someone.session = (await confirm(someone)).json()
    assert (await someone.api("POST", path)).json() == {"done": True}


async def test_confirming_renews_the_token_and_keeps_the_session(world: World) -> None:
    someone = await world.someone()
    before = await world.run("SELECT count(*) FROM session WHERE ended_at IS NULL")
    confirmed = await confirm(someone)
    assert confirmed.json()["session_token"] != someone.token
    assert (await someone.refresh()).json()["code"] == "session-ended"
    assert await world.run("SELECT count(*) FROM session WHERE ended_at IS NULL") == before


async def test_a_wrong_password_confirms_nothing_and_slows_down(world: World) -> None:
    someone = await world.someone()
    await age(world)
    answers = [await confirm(someone, "something else") for _ in range(6)]
    assert [answer.json()["code"] for answer in answers] == ["password-wrong"] * 5 + ["too-many-attempts"]
    assert await world.run("SELECT max(auth_time) < now() - interval '50 minutes' FROM session")
    assert (await someone.refresh()).status_code == 200
    assert (await someone.sign_in()).status_code == 200, "signing in has tries of its own"


async def test_codes_are_guessed_no_faster_at_an_open_session_than_at_the_sign_in(world: World) -> None:
    someone = await world.someone()
    app = await add_totp(someone)
    pauses: list[int] = []
    for _ in range(8):
        await world.run("UPDATE sign_in_throttle SET blocked_until = now() - interval '1 second'")
        body = {"session_token": someone.token, "code": app.wrong_code()}
        assert (await world.call("POST", "/internal/sessions/confirm", json=body)).json()["code"] == "factor-wrong"
        blocked_s = "SELECT coalesce(max(extract(epoch FROM blocked_until - now())), 0)::int FROM sign_in_throttle"
        pauses.append(await world.run(blocked_s))
    assert pauses[-1] > 250, "after eight wrong ones the pause is longer than any of a password's"
    await world.run("UPDATE sign_in_throttle SET blocked_until = now() - interval '1 second'")
    right = {"session_token": someone.token, "code": app.code()}
    assert (await world.call("POST", "/internal/sessions/confirm", json=right)).status_code == 200
    assert await world.run("SELECT count(*) FROM sign_in_throttle WHERE failures > 0") == 0
