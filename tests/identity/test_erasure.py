"""An erasure from the wish to the end: asked for, confirmed, thought better of, begun, reported, told."""

from datetime import timedelta
from typing import Any

import pytest

from services.identity.context import own_of, utc_now
from services.identity.erasure import process, store
from services.identity.erasure.rules import SERVICES, Erasure, Policy, State, count_late
from services.identity.keys.handlers import create_data_key
from shared.errors import Unavailable
from shared.events.identity import (
    AccountErased,
    DataKeyDestroyed,
    ErasureCancelled,
    ErasureHeld,
    ErasureScheduled,
    ErasureStarted,
)
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.identity.erasure_scene import PATH, Organisations, Scene
from tests.identity.world import World
from tests.support.mint import Mint


@pytest.fixture
def scene_of(client_of: ClientOf, mint: Mint) -> Any:
    async def make(**settings: Any) -> Scene:
        organisations = Organisations()
        values = {"erasure_wait_s": 0, **settings}
        app = await client_of("identity", peers={"organisation": organisations}, **values)
        return Scene(World(app, mint), organisations)

    return make


async def test_from_the_wish_to_the_end(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.begun()
    world = scene.world
    assert scene.organisations.released == [str(person.account_id)]
    assert await world.run("SELECT count(*) FROM account") == 0
    assert await world.run("SELECT wrapped IS NOT NULL FROM data_key"), "who is late may still need to read"
    await scene.report(person, *SERVICES)
    assert await world.run("SELECT wrapped IS NULL FROM data_key")
    assert await scene.state(person) == "telling"
    await scene.report(person, "notify", step="told")
    assert await scene.state(person) == "done"
    events = [event for event in await world.events() if event.version > 2]
    assert [type(event) for event in events] == [ErasureScheduled, ErasureStarted, DataKeyDestroyed, AccountErased]
    assert [event.version for event in events] == [3, 4, 5, 6]
    assert events[-1].anonymised is False


async def test_what_others_need_makes_it_an_anonymisation(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.begun()
    await scene.report(person, "wallet", keeps=True)
    await scene.report(person, *SERVICES)
    await scene.report(person, "notify", step="told")
    (event,) = await scene.world.events(AccountErased)
    assert event.anonymised is True


async def test_who_is_erased_cannot_sign_in_by_anything_they_had(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.begun()
    assert (await person.sign_in()).status_code == 401
    refreshed = await scene.world.call("POST", "/internal/sessions/refresh", json={"session_token": person.token})
    assert refreshed.json()["code"] == "session-ended"
    assert (await scene.world.http.get("/api/account", headers=person.bearer)).status_code == 401


async def test_name_and_address_are_free_afterwards(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.begun()
    again = await scene.world.sign_up(username=person.form["username"], email=person.form["email"])
    assert again.account_id != person.account_id


async def test_nothing_is_erased_before_its_time_and_one_may_think_better_of_it(scene_of: Any) -> None:
    scene = await scene_of(erasure_wait_s=3600)
    person = await scene.confirmed()
    await scene.look()
    assert await scene.state(person) == "scheduled"
    assert (await scene.cancel(person)).status_code == 204
    assert await scene.state(person) is None
    assert len(await scene.world.events(ErasureCancelled)) == 1
    assert (await scene.cancel(person)).status_code == 204, "twice is harmless"
    assert (await person.sign_in()).status_code == 200


async def test_what_has_begun_cannot_be_stopped(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.confirmed()
    scene.organisations.is_away = True
    with pytest.raises(Unavailable):
        await scene.look()
    assert await scene.state(person) == "starting"
    assert (await scene.cancel(person)).json()["code"] == "too-late-to-cancel"


async def test_a_wrong_code_costs_a_try_and_schedules_nothing(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.world.someone()
    await scene.ask(person)
    answer = await scene.confirm(person, "AAAAAA")
    assert answer.json()["code"] == "code-wrong"
    assert answer.json()["params"]["tries_left"] == 4
    assert await scene.state(person) == "requested"


async def test_a_wish_that_is_not_confirmed_is_forgotten(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.world.someone()
    await scene.ask(person)
    await scene.look()
    assert await scene.state(person) == "requested"
    await scene.world.run("UPDATE erasure SET next_at = now() - interval '1 second'")
    await scene.look()
    assert await scene.state(person) is None


async def test_it_asks_for_fresh_proof(scene_of: Any, mint: Mint) -> None:
    scene = await scene_of()
    person = await scene.world.someone()
    old = mint.person(person.account_id, claims={"auth_time": 1_000_000_000})
    for path, body in ((PATH, None), (f"{PATH}/confirm", {"code": "AAAAAA"})):
        answer = await scene.world.http.post(path, json=body, headers=old)
        assert answer.json()["code"] == "confirmation-needed"


async def test_the_last_manager_of_others_hears_of_which_organisations(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.world.someone()
    scene.organisations.only_manager_of = ["Immo Team"]
    answer = await scene.ask(person)
    assert answer.status_code == 409
    assert "Immo Team" in answer.json()["detail"]
    assert await scene.state(person) is None


async def test_without_the_organisation_service_nobody_promises_anything(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.world.someone()
    scene.organisations.is_away = True
    assert (await scene.ask(person)).status_code == 503


async def test_who_became_the_last_manager_meanwhile_is_held_told_and_goes_when_that_is_mended(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.confirmed()
    scene.organisations.only_manager_of = ["Immo Team"]
    await scene.look()
    assert await scene.state(person) == "held"
    assert len(await scene.world.events(ErasureHeld)) == 1
    assert (await person.sign_in()).status_code == 200
    scene.organisations.only_manager_of = []
    await scene.world.run("UPDATE erasure SET next_at = now()")
    await scene.look()
    assert await scene.state(person) == "purging"


async def test_reports_may_come_twice_in_any_order_and_from_strangers(scene_of: Any) -> None:
    scene = await scene_of()
    person, other = await scene.begun(), await scene.world.someone()
    await scene.report(person, "notify", step="told")
    await scene.report(person, "gateway", "gateway", "wallet", "nobody", "notify", "recognition", "wallet")
    await scene.report(other, *SERVICES)
    assert await scene.state(person) == "purging"
    await scene.report(person, "organisation")
    await scene.report(person, *SERVICES)
    assert await scene.state(person) == "telling"
    await scene.report(person, "notify", "notify", step="told")
    assert len(await scene.world.events(DataKeyDestroyed)) == len(await scene.world.events(AccountErased)) == 1
    assert await scene.world.run("SELECT count(*) FROM account WHERE id = $1", other.account_id) == 1


async def test_a_service_that_is_late_is_told_again_and_named_to_the_operator(scene_of: Any, mint: Mint) -> None:
    scene = await scene_of(erasure_remind_s=1)
    person = await scene.begun()
    await scene.report(person, *(service for service in SERVICES if service != "wallet"))
    await scene.world.run("UPDATE erasure SET next_at = now(), started_at = now() - interval '1 hour'")
    await scene.look()
    assert len(await scene.world.events(ErasureStarted)) == 2
    assert process.ERASURES_LATE.labels("wallet")._value.get() == 1
    assert process.ERASURES_LATE.labels("notify")._value.get() == 0
    answer = await scene.world.http.get("/internal/erasures", headers=mint.peer("operator", "identity"))
    (listed,) = answer.json()
    assert (listed["state"], listed["waits_for"], listed["late"]) == ("purging", ["wallet"], ["wallet"])
    await scene.report(person, "wallet")
    assert await scene.state(person) == "telling"


def test_nobody_is_late_before_their_time() -> None:
    policy, now = Policy(cooling_off=timedelta()), utc_now()
    young = Erasure(new_id(), State.PURGING, now, now, now, ("wallet",))
    old = Erasure(new_id(), State.TELLING, now, now, now - timedelta(hours=2), ())
    assert count_late([young, old], policy, now=now) == {**dict.fromkeys(SERVICES, 0), "notify": 1}


async def test_keys_of_accounts_that_were_merged_into_it_are_destroyed_with_its_own(scene_of: Any) -> None:
    scene = await scene_of()
    person, other = await scene.begun(), await scene.world.someone()
    merged, before = new_id(), new_id()
    async with scene.world.app.at.database.acquire() as db:
        for subject, into in ((before, merged), (merged, person.account_id)):
            await create_data_key(db, own_of(scene.world.app.at).master, subject, now=utc_now())
            await db.execute("INSERT INTO merged_account VALUES ($1, $2, now())", subject, into)
    await scene.report(person, *SERVICES)
    async with scene.world.app.at.database.acquire() as db:
        left = await db.fetch("SELECT subject FROM data_key WHERE wrapped IS NOT NULL")
    assert [row["subject"] for row in left] == [other.account_id]


async def test_an_erasure_whose_account_was_merged_away_ends_quietly(scene_of: Any) -> None:
    scene = await scene_of()
    person = await scene.confirmed()
    await scene.world.run("DELETE FROM account")
    await scene.look()
    async with scene.world.app.at.database.acquire() as db:
        assert await store.find_erasure(db, person.account_id) is None


async def test_an_operator_repeats_an_erasure_that_a_restored_database_does_not_know(scene_of: Any, mint: Mint) -> None:
    scene = await scene_of()
    operator = mint.peer("operator", "identity")
    back, gone = await scene.world.someone(), await scene.begun()
    await scene.report(gone, *SERVICES)
    await scene.report(gone, "notify", step="told")
    for person in (back, gone):
        answer = await scene.world.http.post(f"/internal/erasures/{person.account_id}/repeat", headers=operator)
        assert answer.status_code == 202
    assert [event.account_id for event in await scene.world.events(AccountErased)] == [gone.account_id] * 2
    await scene.look()
    assert await scene.state(back) == "purging"
    unknown = await scene.world.http.post(f"/internal/erasures/{new_id()}/repeat", headers=operator)
    assert unknown.json()["code"] == "no-erasure"


async def test_one_reads_all_that_is_known_of_oneself_and_it_is_noted(scene_of: Any, mint: Mint) -> None:
    scene = await scene_of()
    person = await scene.world.someone()
    await person.sign_in(client_address="192.0.2.7", user_agent="Firefox")
    path = f"/internal/export/{person.account_id}"
    found = (await scene.world.http.get(path, headers=mint.peer("gateway", "identity"))).json()
    assert found["account"]["email"] == person.form["email"]
    assert found["sessions"][0]["user_agent"] == "Firefox"
    assert {"signed-in", "data-exported"} <= {entry["action"] for entry in found["log"]}
    assert "192.0.2.7" in {entry["client_address"] for entry in found["log"]}
    assert "password" not in str(found)
    stranger = await scene.world.http.get(path, headers=mint.peer("wallet", "identity"))
    assert stranger.status_code == 403
