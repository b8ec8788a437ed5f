"""Where one is signed in: seen, signed out from elsewhere, and told when it is somewhere new."""

from typing import Any

from shared.events.identity import NewDeviceSignedIn
from tests.identity.world import Someone, World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)


async def sessions_of(someone: Someone) -> list[dict[str, Any]]:
    return (await someone.api("GET", "/api/sessions")).json()["sessions"]


async def test_one_sees_where_one_is_signed_in(world: World) -> None:
    someone = await world.someone(user_agent=FIREFOX, client_address="192.0.2.7")
    await someone.sign_in(user_agent=SAFARI, client_address="2001:db8:1:2:3:4:5:6")
    this, other = await sessions_of(someone)
    assert (this["is_this"], this["browser"], this["system"]) == (True, "Mobile Safari", "iOS")
    assert this["client_address"] == "2001:db8:1:2::/64"
    assert (other["is_this"], other["browser"], other["system"]) == (False, "Firefox", "Linux")
    assert other["client_address"] == "192.0.2.7"
    await someone.sign_in(user_agent="\0 what is this")
    assert [(s["browser"], s["system"]) for s in await sessions_of(someone) if s["is_this"]] == [("", "")]


async def test_signing_out_elsewhere_leaves_this_one_alone(world: World) -> None:
    someone = await world.someone()
    other = someone.token
    await someone.sign_in()
    elsewhere = next(session for session in await sessions_of(someone) if not session["is_this"])
    assert (await someone.api("DELETE", f"/api/sessions/{elsewhere['id']}")).status_code == 204
    answer = await world.call("POST", "/internal/sessions/refresh", json={"session_token": other})
    assert answer.json()["code"] == "session-ended"
    assert (await someone.refresh()).status_code == 200
    again = await someone.api("DELETE", f"/api/sessions/{elsewhere['id']}")
    assert again.json()["code"] == "session-not-found"


async def test_all_others_end_at_once(world: World) -> None:
    someone = await world.someone()
    for _ in range(3):
        await someone.sign_in()
    assert (await someone.api("POST", "/api/sessions/end-others")).json() == {"count": 3}
    assert [session["is_this"] for session in await sessions_of(someone)] == [True]


async def test_nobody_signs_somebody_else_out(world: World) -> None:
    owner, other = await world.someone(), await world.someone()
    (session,) = await sessions_of(owner)
    answer = await other.api("DELETE", f"/api/sessions/{session['id']}")
    assert answer.json()["code"] == "session-not-found"
    assert (await owner.refresh()).status_code == 200


async def test_a_new_device_is_told_of_the_first_one_is_not(world: World) -> None:
    someone = await world.someone(device="laptop", user_agent=FIREFOX)
    await someone.sign_in(device="laptop", user_agent=FIREFOX)
    assert await world.events(NewDeviceSignedIn) == []
    await someone.sign_in(device="phone", user_agent=SAFARI)
    await someone.sign_in(device="phone", user_agent=SAFARI)
    (event,) = await world.events(NewDeviceSignedIn)
    assert (event.account_id, event.browser, event.system) == (someone.account_id, "Mobile Safari", "iOS")
    versions = [e.version for e in await world.events() if e.account_id == someone.account_id]
    assert versions == sorted(set(versions))


async def test_a_browser_that_keeps_no_mark_is_known_by_what_it_says_and_from_where(world: World) -> None:
    someone = await world.someone(user_agent=FIREFOX, client_address="192.0.2.7")
    await someone.sign_in(user_agent=FIREFOX, client_address="192.0.2.7")
    assert await world.events(NewDeviceSignedIn) == []
    await someone.sign_in(user_agent=SAFARI, client_address="192.0.2.7")
    assert len(await world.events(NewDeviceSignedIn)) == 1


async def test_a_session_that_has_ended_opens_nothing_though_its_access_token_lives(world: World) -> None:
    someone = await world.someone()
    await someone.sign_out()
    for method, path in (("GET", "/api/account"), ("POST", "/api/factors/recovery-codes"), ("GET", "/api/sessions")):
        assert (await someone.api(method, path)).json()["code"] == "token-invalid", path
