"""Accounts that wait for their code: asked for it at each sign-in, and not for ever. And terms that change."""

from datetime import timedelta

from shared.events.identity import AccountErased
from tests.identity.credential_steps import age_codes, first_error
from tests.identity.world import World


async def delete_pending(world: World) -> None:
    timers = world.app.service.timers(world.app.at)
    (timer,) = [timer for timer in timers if timer.name == "delete-pending-accounts"]
    await timer.work()


async def age(world: World, days: int) -> None:
    await world.run("UPDATE account SET created_at = created_at - $1::interval", timedelta(days=days))


async def test_every_sign_in_of_a_pending_account_asks_for_the_code_again(world: World) -> None:
    person = await world.sign_up()
    for _ in range(2):
        answer = (await person.sign_in()).json()
        assert (answer["account"]["state"], answer["account"]["acr"]) == ("pending", "pending")
        assert (await person.api("GET", "/api/account/email")).status_code == 403
    waiting = (await person.api("GET", "/api/account/activation")).json()
    assert waiting["email"] == person.form["email"]
    assert 1 <= waiting["retry_after_s"] <= 60
    assert (await person.activate(await person.code())).status_code == 200


async def test_after_thirty_days_name_and_address_are_free_again(world: World) -> None:
    pending, active = await world.sign_up(username="first.one", email="first@example.com"), await world.someone()
    await age_codes(world, 901)
    await age(world, 29)
    await delete_pending(world)
    assert await world.run("SELECT count(*) FROM account") == 2
    await age(world, 2)
    await delete_pending(world)
    (erased,) = await world.events(AccountErased)
    assert erased.account_id == pending.account_id
    assert (await pending.sign_in()).status_code == 401
    assert (await active.refresh()).status_code == 200
    again = await world.sign_up(username="First.One", email="FIRST@example.com")
    assert again.account_id != pending.account_id
    assert await world.run("SELECT wrapped FROM data_key WHERE subject = $1", pending.account_id) is None


async def test_whoever_holds_a_code_that_still_works_is_not_deleted_under_their_hands(world: World) -> None:
    person = await world.sign_up()
    await age(world, 31)
    await delete_pending(world)
    assert (await person.activate(await person.code())).status_code == 200


async def test_the_version_of_the_terms_is_told_and_a_new_one_recorded(world: World) -> None:
    person = await world.someone(terms_version="2026-01")
    assert (await person.sign_in()).json()["account"]["terms_version"] == "2026-01"
    assert (await person.api("PUT", "/api/account/terms", json={"terms_version": "2027-01"})).status_code == 204
    assert (await person.refresh()).json()["account"]["terms_version"] == "2027-01"
    recorded = await world.run("SELECT details ->> 'terms_version' FROM audit_log WHERE action = 'terms-accepted'")
    assert recorded == "2027-01"


async def test_whoever_looks_for_taken_names_by_signing_up_is_slowed_down(world: World) -> None:
    await world.sign_up(username="taken.name")
    form = world.form(username="taken.name", client_address="203.0.113.9")
    statuses = [(await world.call("POST", "/internal/accounts", json=form)).status_code for _ in range(24)]
    assert statuses[:20] == [422] * 20
    assert 429 in statuses
    free = await world.call("POST", "/internal/accounts", json=world.form(client_address="203.0.113.9"))
    assert free.status_code == 429
    elsewhere = world.form(client_address="198.51.100.7")
    assert (await world.call("POST", "/internal/accounts", json=elsewhere)).status_code == 201


async def test_an_office_that_signs_up_is_not_slowed_down(world: World) -> None:
    for _ in range(22):
        await world.sign_up(client_address="203.0.113.9")


async def test_a_taken_name_or_address_offers_to_sign_in_and_tells_nothing_else(world: World) -> None:
    known = await world.someone(username="taken.name", email="taken@example.com", first_name="Zoë", last_name="Quint")
    answer = await world.call(
        "POST", "/internal/accounts", json=world.form(username="taken.name", email="x@example.com")
    )
    assert first_error(answer) == {
        "field": "username",
        "code": "username-taken",
        "detail": first_error(answer)["detail"],
        **({"params": {}} if "params" in first_error(answer) else {}),
    }
    assert not any(known.form[name] in answer.text for name in ("email", "first_name", "last_name"))
