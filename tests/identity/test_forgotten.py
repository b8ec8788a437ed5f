"""A forgotten password: the way back for the owner, and for nobody else."""

import asyncio
from typing import Any

import pytest

from shared.events.identity import AccountActivated, PasswordChanged
from tests.identity.credential_steps import (
    FORGOTTEN,
    NEW_PASSWORD,
    age_codes,
    ask,
    complete,
    deliver,
    first_error,
    forgot,
    prove,
)
from tests.identity.factor_steps import add_totp, password
from tests.identity.oidc_steps import start
from tests.identity.world import PASSWORD, Someone, World

WRONG = "WRONG2"


async def test_a_mailed_code_opens_the_way_to_a_new_password(world: World) -> None:
    person = await world.someone()
    token, code = await forgot(person)
    proven = await prove(world, token, f" {code[:3].lower()}-{code[3:]} ")
    assert proven.json() == {"username": person.form["username"]}
    assert (await complete(world, token)).status_code == 204
    (changed,) = await world.events(PasswordChanged)
    assert changed.reason == "reset"
    assert (await person.sign_in()).json()["code"] == "credentials-wrong"
    assert (await person.sign_in(password=NEW_PASSWORD)).status_code == 200


async def test_all_sessions_end_and_nobody_is_signed_in_by_it(world: World) -> None:
    person = await world.someone()
    old = person.token
    token, code = await forgot(person)
    await prove(world, token, code)
    answer = await complete(world, token)
    assert answer.content == b""
    assert (await world.call("POST", "/internal/sessions/refresh", json={"session_token": old})).status_code == 401
    assert await world.run("SELECT count(*) FROM session WHERE ended_at IS NULL") == 0


async def test_the_second_factor_is_still_asked_for(world: World) -> None:
    person = await world.someone()
    await add_totp(person)
    token, code = await forgot(person)
    await prove(world, token, code)
    await complete(world, token)
    assert (await password(person, password=NEW_PASSWORD))["methods"] == ["totp"]


@pytest.mark.parametrize("known", [True, False])
async def test_the_answers_are_the_same_whether_there_is_an_account(world: World, known: bool) -> None:
    person = await world.someone()
    email = person.form["email"] if known else "nobody@example.com"
    asked = await ask(world, email)
    assert asked.status_code == 202
    assert asked.json() == {"reset_token": asked.json()["reset_token"], "retry_after_s": 60}
    assert await deliver(world) == 1, "the same is done afterwards too"
    token = asked.json()["reset_token"]
    answers = [await prove(world, token, WRONG) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 6
    told = [(first_error(answer)["code"], first_error(answer).get("params")) for answer in answers]
    assert told == [("code-wrong", {"tries_left": left}) for left in (4, 3, 2, 1)] + [("code-exhausted", None)] * 2
    assert (await complete(world, token)).json()["code"] == "reset-expired"


async def test_without_an_account_nothing_is_mailed(world: World) -> None:
    await ask(world, "nobody@example.com")
    await deliver(world)
    assert await world.events(topic="notify.commands") == []


async def test_a_strangers_tries_do_not_use_up_the_owners(world: World) -> None:
    """The stranger asks too, and guesses until nothing is left; the owner's mail, and their tries, are as good as before."""
    owner = await world.someone()
    token, code = await forgot(owner)
    for _ in range(3):
        stranger = (await ask(world, owner.form["email"])).json()["reset_token"]
        await deliver(world)
        for _ in range(6):
            await prove(world, stranger, WRONG)
    assert await owner.code() == code, "no second mail within the minute"
    assert (await prove(world, token, code)).status_code == 200
    assert (await complete(world, token)).status_code == 204


async def test_all_together_have_a_bounded_number_of_tries(world: World) -> None:
    owner = await world.someone()
    token, code = await forgot(owner)
    for _ in range(10):
        stranger = (await ask(world, owner.form["email"], sends=False)).json()["reset_token"]
        await asyncio.gather(*(prove(world, stranger, WRONG) for _ in range(5)))
    assert first_error(await prove(world, token, code))["code"] == "code-wrong"
    await age_codes(world, 61)
    token, code = await forgot(owner)
    assert (await prove(world, token, code)).status_code == 200, "a new code is a new beginning"


async def test_asking_again_and_again_slows_one_client_down_and_no_other(world: World) -> None:
    owner = await world.someone()
    statuses = [(await ask(world, owner.form["email"], address="203.0.113.9")).status_code for _ in range(14)]
    assert statuses[:10] == [202] * 10
    assert 429 in statuses
    assert (await ask(world, owner.form["email"], address="198.51.100.7")).status_code == 202


async def test_the_code_can_be_entered_on_another_device(world: World) -> None:
    owner = await world.someone()
    _, code = await forgot(owner)
    elsewhere = (await ask(world, owner.form["email"].upper(), sends=False)).json()["reset_token"]
    assert await deliver(world) == 0
    assert (await prove(world, elsewhere, code)).status_code == 200


async def test_a_code_and_its_proof_are_good_once_and_not_for_long(world: World) -> None:
    person = await world.someone()
    token, code = await forgot(person)
    await prove(world, token, code)
    assert first_error(await prove(world, token, code))["code"] == "code-expired"
    answers = await asyncio.gather(*(complete(world, token) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]
    await age_codes(world, 61)
    token, code = await forgot(person)
    await prove(world, token, code)
    await world.run("UPDATE password_reset SET proven_at = proven_at - interval '901 seconds'")
    assert (await complete(world, token)).json()["code"] == "reset-expired"
    await age_codes(world, 61)
    token, code = await forgot(person)
    await world.run("UPDATE password_reset SET expires_at = now() WHERE proven_at IS NULL")
    assert first_error(await prove(world, token, code))["code"] == "code-expired"


@pytest.mark.parametrize(
    ("chosen", "code"), [("short", "password-too-short"), ("Jan.Vandenbossche", "password-too-weak")]
)
async def test_a_password_that_is_refused_does_not_use_up_the_proof(world: World, chosen: str, code: str) -> None:
    person = await world.someone()
    token, mailed = await forgot(person)
    assert (await complete(world, token)).json()["code"] == "reset-expired", "not before the code was right"
    await prove(world, token, mailed)
    refused: Any = (await complete(world, token, chosen)).json()
    assert (refused.get("errors") or [refused])[0]["code"] == code
    assert (await complete(world, token)).status_code == 204


async def test_whoever_has_the_code_has_the_mailbox_so_a_pending_account_is_active(world: World) -> None:
    """Whoever signed up with somebody else's address is out: their session ends, and their password."""
    intruder = await world.sign_up()
    token, code = await forgot(intruder)
    await prove(world, token, code)
    await complete(world, token)
    assert len(await world.events(AccountActivated)) == 1
    assert (await intruder.refresh()).status_code == 401
    assert (await intruder.sign_in()).status_code == 401
    owner = Someone(world, intruder.account_id, {**intruder.form, "password": NEW_PASSWORD}, "", {})
    assert (await owner.sign_in()).json()["account"]["state"] == "active"


async def test_pauses_after_failed_sign_ins_are_over(world: World) -> None:
    person = await world.someone()
    for _ in range(7):
        await person.sign_in(password="wrong")
    assert (await person.sign_in()).status_code == 429
    token, code = await forgot(person)
    await prove(world, token, code)
    await complete(world, token)
    assert (await person.sign_in(password=NEW_PASSWORD)).status_code == 200


async def test_a_pending_change_of_address_ends_with_the_password(world: World) -> None:
    """Whoever was inside cannot take the account over later by a code that they asked for before."""
    person = await world.someone()
    await person.api("PUT", "/api/account/email", json={"email": "intruder@example.com"})
    assert await world.run("SELECT count(*) FROM email_change") == 1
    token, code = await forgot(person)
    await prove(world, token, code)
    await complete(world, token)
    assert await world.run("SELECT count(*) FROM email_change") == 0


async def test_tools_lose_their_grants_with_the_password(world: World) -> None:
    person = await world.someone()
    tool = await world.register()
    await start(person, tool)
    assert await world.run("SELECT count(*) FROM oidc_grant WHERE ended_at IS NULL") == 1
    token, code = await forgot(person)
    await prove(world, token, code)
    await complete(world, token)
    assert await world.run("SELECT count(*) FROM oidc_grant WHERE ended_at IS NULL") == 0


async def test_neither_token_nor_code_stands_in_the_database_or_an_address(world: World) -> None:
    person = await world.someone()
    token, code = await forgot(person)
    rows = await world.run(
        "SELECT string_agg(row_to_json(r)::text, '') || (SELECT string_agg(row_to_json(c)::text, '') FROM account_code AS c)"
        " FROM password_reset AS r"
    )
    assert token not in rows
    assert code not in rows
    assert PASSWORD not in rows
    assert "{" not in FORGOTTEN
