"""Another mail address: the old one stays until the new one is confirmed, and nobody gets an account by an address that is not theirs."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.events.identity import EmailAddressChanged
from tests.identity.credential_steps import age_codes, ask, complete, deliver, first_error, forgot, prove
from tests.identity.world import Someone, World

NEW = "jan.new@example.com"


async def request(person: Someone, email: str = NEW) -> httpx.Response:
    return await person.api("PUT", "/api/account/email", json={"email": email})


async def confirm(person: Someone, code: str) -> httpx.Response:
    return await person.api("POST", "/api/account/email/confirm", json={"code": code})


async def email_of(person: Someone) -> str:
    return (await person.api("GET", "/api/account")).json()["email"]


async def test_the_address_changes_once_its_code_is_entered(world: World) -> None:
    person = await world.someone()
    asked = await request(person, " Jan.NEW@Example.com ")
    assert (asked.status_code, asked.json()) == (
        202,
        {"email": person.form["email"], "pending": "Jan.NEW@example.com", "retry_after_s": 60},
    )
    command = (await world.events(topic="notify.commands"))[-1]
    assert command.purpose == "email-change"
    assert await world.unseal(command.email, "email") == "Jan.NEW@example.com"
    assert await email_of(person) == person.form["email"]
    assert (await person.sign_in(identifier=NEW)).status_code == 401, "not yet"
    assert (await confirm(person, await person.code())).json()["email"] == "Jan.NEW@example.com"
    assert await email_of(person) == "Jan.NEW@example.com"
    assert (await person.sign_in(identifier=NEW)).status_code == 200
    assert (await person.sign_in(identifier=person.form["email"])).status_code == 401


async def test_both_addresses_are_published_sealed(world: World) -> None:
    person = await world.someone()
    await request(person)
    await confirm(person, await person.code())
    (changed,) = await world.events(EmailAddressChanged)
    assert await world.unseal(changed.email, "email") == NEW
    assert await world.unseal(changed.previous_email, "email") == person.form["email"]
    assert NEW not in await world.run("SELECT string_agg(convert_from(payload, 'UTF8'), '') FROM outbox")


async def test_linking_takeover_by_an_unverified_address_is_impossible(world: World) -> None:
    """An address that was only asked for opens nothing, finds nobody, and keeps nobody from using it."""
    attacker = await world.someone()
    await request(attacker, "victim@example.com")
    headers = world.mint.peer("organisation", "identity")
    found = await world.http.post("/internal/accounts/lookup", json={"email": "victim@example.com"}, headers=headers)
    assert found.status_code == 404
    token = (await ask(world, "victim@example.com")).json()["reset_token"]
    await deliver(world)
    assert [command.purpose for command in await world.events(topic="notify.commands")][-1] == "email-change"
    assert (await prove(world, token, await attacker.code())).status_code == 422, "codes of one purpose serve no other"
    victim = await world.someone(email="victim@example.com")
    taken = await confirm(attacker, await attacker.code())
    assert first_error(taken)["code"] == "email-taken"
    assert await email_of(attacker) == attacker.form["email"]
    assert await email_of(victim) == "victim@example.com"
    assert (await attacker.api("GET", "/api/account/email")).json()["pending"] is None


async def test_only_with_fresh_proof(world: World) -> None:
    person = await world.someone()
    await world.run("UPDATE session SET auth_time = auth_time - interval '901 seconds'")
    await person.refresh()
    assert (await request(person)).json()["code"] == "confirmation-needed"


@pytest.mark.parametrize(
    ("email", "code"),
    [("no address", "email-invalid"), ("TAKEN@example.com", "email-taken"), ("JAN1@example.com", "email-unchanged")],
)
async def test_why_an_address_is_refused(world: World, email: str, code: str) -> None:
    person = await world.someone(email="jan1@example.com")
    await world.sign_up(email="taken@example.com")
    answer = await request(person, email)
    assert (first_error(answer)["field"], first_error(answer)["code"]) == ("email", code)


async def test_looking_for_taken_addresses_slows_down(world: World) -> None:
    person = await world.someone()
    await world.sign_up(email="taken@example.com")
    statuses = [(await request(person, "taken@example.com")).status_code for _ in range(13)]
    assert 429 in statuses


async def test_a_code_confirms_the_address_it_went_to_and_no_other(world: World) -> None:
    person = await world.someone()
    await request(person, "first@example.com")
    first = await person.code()
    await age_codes(world, 61)
    await request(person, "second@example.com")
    assert first_error(await confirm(person, first))["code"] == "code-wrong"
    assert (await confirm(person, await person.code())).json()["email"] == "second@example.com"


async def test_a_change_can_be_called_off_and_its_code_with_it(world: World) -> None:
    person = await world.someone()
    await request(person)
    code = await person.code()
    assert (await person.api("DELETE", "/api/account/email")).status_code == 204
    assert first_error(await confirm(person, code))["code"] == "code-expired"
    assert (await person.api("POST", "/api/account/email/code")).json()["code"] == "email-change-not-found"
    await request(person)
    assert await email_of(person) == person.form["email"]


async def test_the_code_can_be_sent_again_after_a_minute(world: World) -> None:
    person = await world.someone()
    await request(person)
    assert (await person.api("POST", "/api/account/email/code")).json()["code"] == "too-soon"
    await age_codes(world, 61)
    assert (await person.api("POST", "/api/account/email/code")).json()["retry_after_s"] == 60
    assert (await confirm(person, await person.code())).status_code == 200


async def test_codes_for_a_new_password_that_went_to_the_old_address_are_void(world: World) -> None:
    person = await world.someone()
    token, old = await forgot(person)
    await request(person)
    await confirm(person, await person.code())
    assert (await prove(world, token, old)).status_code == 422


async def test_of_two_who_confirm_the_same_address_at_once_one_gets_it(world: World) -> None:
    people = [await world.someone() for _ in range(3)]
    for person in people:
        await request(person)
    answers = await asyncio.gather(*[confirm(person, await person.code()) for person in people])
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]
    assert {first_error(answer)["code"] for answer in answers if answer.is_error} == {"email-taken"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Jan@example.com", "jan@EXAMPLE.com"),
        ("jan@bücher.example.com", "jan@xn--bcher-kva.example.com"),
        ("STRASSE@example.com", "straße@example.com"),
        ("zoe\u0301@example.com", "ZOÉ@example.com"),
    ],
)
async def test_an_address_is_one_however_it_is_written(world: World, first: str, second: str) -> None:
    person = await world.someone(email=first)
    answer = await world.call("POST", "/internal/accounts", json=world.form(email=second))
    assert first_error(answer)["code"] == "email-taken"
    assert (await person.sign_in(identifier=second)).status_code == 200


async def correct(person: Someone, email: str) -> Any:
    body = {"session_token": person.token, "email": email}
    return await person.world.call("POST", "/internal/accounts/activation-address", json=body)


async def test_whoever_mistyped_their_address_corrects_it_before_the_activation(world: World) -> None:
    person = await world.sign_up(email="jna@example.com")
    mistyped = await person.code()
    assert (await correct(person, "jan@example.com")).json()["code"] == "too-soon"
    await age_codes(world, 61)
    assert (await correct(person, "jan@example.com")).status_code == 202
    (changed,) = await world.events(EmailAddressChanged)
    assert changed.previous_email is None
    assert (await person.activate(mistyped)).json()["code"] == "code-wrong"
    assert (await person.activate(await person.code())).status_code == 200
    assert await email_of(person) == "jan@example.com"
    assert (await correct(person, "other@example.com")).json()["code"] == "already-active"


async def test_what_waits_in_vain_is_forgotten(world: World) -> None:
    person = await world.someone()
    await request(person)
    await world.run("UPDATE email_change SET requested_at = requested_at - $1::interval", timedelta(days=2))
    (prune,) = [timer for timer in world.app.service.timers(world.app.at) if timer.name == "prune"]
    await prune.work()
    assert (await person.api("GET", "/api/account/email")).json()["pending"] is None


async def test_whoever_had_the_old_mailbox_sets_no_password_after_the_address_changed(world: World) -> None:
    """Not even with a code that they entered before."""
    person = await world.someone()
    token, code = await forgot(person)
    assert (await prove(world, token, code)).status_code == 200
    await request(person)
    assert (await confirm(person, await person.code())).status_code == 200
    refused = await complete(world, token)
    assert (refused.status_code, refused.json()["code"]) == (422, "reset-expired")
    assert (await person.sign_in()).status_code == 200
