"""The authenticator app, recovery codes, and that a second factor can never be skipped."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events.identity import RecoveryCodeUsed, SignedIn
from tests.identity.factor_steps import App, add_totp, finish, password, recovery_codes, take, world
from tests.identity.world import PASSWORD, Someone, World, quality

__all__ = ["world"]


async def confirm(someone: Someone, **proof: str) -> Any:
    body = {"session_token": someone.token, **proof}
    return take(someone, await someone.world.call("POST", "/internal/sessions/confirm", json=body))


async def wait_out(world: World) -> None:
    await world.run("UPDATE sign_in_throttle SET blocked_until = now() - interval '1 second'")


async def test_after_the_password_the_code_of_the_app_is_asked(world: World) -> None:
    someone = await world.someone()
    app = await add_totp(someone)
    asked = await password(someone)
    assert asked["methods"] == ["totp"]
    answer = await finish(someone, asked["token"], code=f" {app.code()[:3]} {app.code()[3:]}")
    assert answer.status_code == 200, answer.text
    caller: Any = await world.app.fastapi.state.tokens.verify_access(someone.session["access_token"])
    assert (caller.acr, caller.amr) == ("mfa", ("pwd", "otp", "mfa"))
    assert (await world.events(SignedIn))[-1].amr == ("pwd", "otp", "mfa")


async def test_a_code_that_was_used_is_good_for_nothing(world: World) -> None:
    """TOTP replay: neither at once, nor in the minute in which it would still fit, nor the one before it."""
    someone = await world.someone()
    app = await add_totp(someone)
    first_code, code = app.used, app.code()
    assert (await finish(someone, (await password(someone))["token"], code=first_code)).json()["code"] == "factor-wrong"
    assert (await finish(someone, (await password(someone))["token"], code=code)).status_code == 200
    for seen in (code, first_code):
        assert (await finish(someone, (await password(someone))["token"], code=seen)).json()["code"] == "factor-wrong"
        assert (await confirm(someone, code=seen)).json()["code"] == "factor-wrong"


async def test_a_code_of_the_step_before_or_after_will_do_and_no_other(world: World) -> None:
    someone = await world.someone()
    app = await add_totp(someone)
    await world.run("UPDATE totp SET last_step = 0")
    for steps in (-3, 3):
        code = app.code(steps)
        assert (await confirm(someone, code=code)).json()["code"] == "factor-wrong"
    assert (await confirm(someone, code=app.code())).status_code == 200


async def test_nothing_opens_without_the_second_factor(world: World) -> None:
    """By the token of the half-finished sign-in, by old sessions, by the tool's request, by confirming with the password."""
    someone = await world.someone()
    old = someone.token
    await someone.sign_in()
    await add_totp(someone)
    held = someone.token
    asked = await password(someone)
    assert set(asked) == {"token", "methods", "expires_in_s"}
    for token in (asked["token"], old):
        for path in ("refresh", "confirm", "confirm/passkey-options"):
            body = {"session_token": token, "password": PASSWORD}
            answer = await world.call("POST", f"/internal/sessions/{path}", json=body)
            assert answer.json()["code"] == "session-ended", path
        authorization = await _authorization(world)
        body = {"session_token": token, "quality": quality()}
        answer = await world.call("POST", f"/internal/authorizations/{authorization}/complete", json=body)
        assert answer.json()["code"] == "session-ended"
        answer = await world.http.get("/api/account", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    assert (await confirm(someone, password=PASSWORD)).json()["code"] == "second-factor-needed"
    assert someone.token == held


async def test_a_new_password_does_not_carry_on_an_older_sign_in(world: World) -> None:
    """Whoever knew the old password and waits at the second factor begins again; so does a session of theirs."""
    someone = await world.someone()
    app = await add_totp(someone)
    asked = await password(someone)
    await someone.api("POST", "/api/sessions/end-others")  # as a change of password does
    assert (await finish(someone, asked["token"], code=app.code())).json()["code"] == "sign-in-expired"


async def test_the_half_finished_sign_in_ends_after_ten_minutes_and_after_use(world: World) -> None:
    someone = await world.someone()
    app = await add_totp(someone)
    asked = await password(someone)
    assert (await finish(someone, asked["token"], code=app.code())).status_code == 200
    assert (await finish(someone, asked["token"], code=app.code())).json()["code"] == "sign-in-expired"
    asked = await password(someone)
    await world.run("UPDATE unfinished_sign_in SET expires_at = now() - interval '1 second'")
    assert (await finish(someone, asked["token"], code=app.code())).json()["code"] == "sign-in-expired"


async def test_guessing_codes_slows_down_but_never_for_good(world: World) -> None:
    someone = await world.someone()
    app = await add_totp(someone)
    asked = await password(someone, client_address="198.51.100.9")
    answers = [await finish(someone, asked["token"], code=app.wrong_code()) for _ in range(6)]
    assert [answer.json()["code"] for answer in answers] == ["factor-wrong"] * 5 + ["too-many-attempts"]
    again = await password(someone, client_address="203.0.113.5")
    blocked = await finish(someone, again["token"], code=app.code())
    assert blocked.json()["code"] == "too-many-attempts", "another address is no way round"
    waits = []
    for _ in range(12):
        await wait_out(world)
        await finish(someone, asked["token"], code=app.wrong_code())
        waits.append(int((await finish(someone, asked["token"], code=app.wrong_code())).headers["retry-after"]))
    assert waits == sorted(waits)
    assert waits[-1] <= 3600
    await wait_out(world)
    assert (await finish(someone, again["token"], code=app.code())).status_code == 200


async def test_somebody_with_the_password_cannot_keep_the_owner_out(world: World) -> None:
    someone = await world.someone()
    app = await add_totp(someone)
    home = "192.0.2.1"
    asked = await password(someone, client_address=home)
    assert (await finish(someone, asked["token"], code=app.code())).status_code == 200
    await world.run("UPDATE totp SET last_step = last_step - 5")
    attacker = await password(someone, client_address="203.0.113.66")
    for _ in range(6):
        await finish(someone, attacker["token"], code=app.wrong_code())
    asked = await password(someone, client_address=home)
    assert (await finish(someone, asked["token"], code=app.code())).status_code == 200


async def test_recovery_codes_are_shown_once_used_once_and_replaced_whole(world: World) -> None:
    someone = await world.someone()
    assert (await someone.api("POST", "/api/factors/recovery-codes")).json()["code"] == "no-second-factor"
    await add_totp(someone)
    codes = await recovery_codes(someone)
    assert len(set(codes)) == 10
    asked = await password(someone)
    assert asked["methods"] == ["totp", "recovery-code"]
    assert (await finish(someone, asked["token"], code=codes[0].lower().replace("-", " "))).status_code == 200
    again = await finish(someone, (await password(someone))["token"], code=codes[0])
    assert again.json()["code"] == "factor-wrong"
    (event,) = await world.events(RecoveryCodeUsed)
    assert event.codes_left == 9
    assert "".join(codes).replace("-", "") not in str(
        await world.run("SELECT string_agg(t::text, '') FROM recovery_code t")
    )
    await recovery_codes(someone)
    assert (await confirm(someone, code=codes[1])).json()["code"] == "factor-wrong"
    assert (await someone.api("GET", "/api/factors")).json()["recovery_codes_left"] == 10


async def test_few_recovery_codes_are_warned_of(world: World) -> None:
    someone = await world.someone()
    assert (await someone.api("GET", "/api/factors")).json()["few_codes"] is False
    await add_totp(someone)
    codes = await recovery_codes(someone)
    assert (await someone.api("GET", "/api/factors")).json()["few_codes"] is False
    for code in codes[:7]:
        await confirm(someone, code=code)
    assert (await someone.api("GET", "/api/factors")).json()["few_codes"] is True


async def test_a_stronger_session_is_the_same_session_under_another_token(world: World) -> None:
    """Step-up, and session fixation: whoever knew the token from before is out."""
    someone = await world.someone()
    app = await add_totp(someone)
    await world.run("UPDATE session SET acr = 'pwd', amr = '{pwd}'")
    session_id, before = await world.run("SELECT id FROM session WHERE ended_at IS NULL"), someone.token
    await someone.refresh()
    assert someone.session["account"]["acr"] == "pwd"
    answer = await confirm(someone, code=app.code())
    assert answer.json()["account"]["acr"] == "mfa"
    assert someone.token != before
    old = await world.call("POST", "/internal/sessions/refresh", json={"session_token": before})
    assert old.json()["code"] == "session-ended"
    assert await world.run("SELECT id FROM session WHERE ended_at IS NULL") == session_id


async def test_another_app_takes_the_place_of_the_first_only_when_it_works(world: World) -> None:
    someone = await world.someone()
    first = await add_totp(someone)
    setup = (await someone.api("POST", "/api/factors/totp")).json()
    assert setup == (await someone.api("POST", "/api/factors/totp")).json(), "the same while it is being set up"
    assert setup["uri"].startswith("otpauth://totp/Immo-Connect:")
    wrong = await someone.api("PUT", "/api/factors/totp", json={"code": App(setup["secret"], "").wrong_code()})
    assert wrong.json()["code"] == "totp-code-wrong"
    assert (await confirm(someone, code=first.code())).status_code == 200
    await add_totp(someone)
    assert (await someone.api("DELETE", "/api/factors/totp")).status_code == 204
    assert (await someone.api("GET", "/api/factors")).json()["totp_since"] is None


async def test_the_apps_secret_cannot_be_read_from_the_database(world: World) -> None:
    someone = await world.someone()
    app = await add_totp(someone)
    assert app.secret not in str(await world.run("SELECT string_agg(t::text, '') FROM totp t"))


async def test_second_factors_change_only_with_fresh_proof(world: World) -> None:
    someone = await world.someone()
    await world.run("UPDATE session SET auth_time = $1", datetime.now(UTC) - timedelta(minutes=16))
    await someone.refresh()
    calls = [
        ("POST", "/api/factors/totp", {}), ("PUT", "/api/factors/totp", {"code": "1"}), ("DELETE", "/api/factors/totp", None),
        ("POST", "/api/factors/passkeys/options", {}), ("POST", "/api/factors/recovery-codes", {}),
    ]  # fmt: skip
    for method, path, body in calls:
        assert (await someone.api(method, path, json=body)).json()["code"] == "confirmation-needed", path


async def _authorization(world: World) -> str:
    tool = await world.register(redirect_uris=["https://finder.example/callback"])
    query = {"client_id": tool.client_id, "redirect_uri": tool.redirect_uri, "response_type": "code", "scope": "openid"}
    query |= {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    answer = await world.http.get("/oauth2/authorize", params=query)
    return answer.headers["location"].split("request=")[1]
