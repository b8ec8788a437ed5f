"""Sign-up, activation and the profile, over HTTP on a real database."""

import asyncio
from typing import Any

import pytest

from shared.events.identity import AccountActivated, AccountCreated, ProfileChanged
from tests.identity.world import Someone, World


def codes_of(body: dict[str, Any]) -> dict[str, str]:
    return {error["field"]: error["code"] for error in body["errors"]}


async def test_signing_up_opens_a_session_that_waits_for_the_code(world: World) -> None:
    person = await world.sign_up()
    assert person.session["account"]["state"] == "pending"
    assert person.session["account"]["acr"] == "pending"
    profile = (await person.api("GET", "/api/account")).json()
    assert profile["username"] == person.form["username"]
    assert profile["locked_fields"] == []


async def test_signing_up_is_published_with_sealed_names_and_address(world: World) -> None:
    person = await world.sign_up(first_name="Zoë", last_name="O'Neil")
    (created,) = await world.events(AccountCreated)
    assert created.version == 1
    assert await world.unseal(created.first_name, "first_name") == "Zoë"
    assert await world.unseal(created.last_name, "last_name") == "O'Neil"
    assert await world.unseal(created.email, "email") == person.form["email"]
    (command,) = await world.events(topic="notify.commands")
    assert command.purpose == "activation"
    assert await world.unseal(command.email, "email") == person.form["email"]
    payload = await world.run("SELECT string_agg(convert_from(payload, 'UTF8'), '') FROM outbox")
    assert "Neil" not in payload
    assert person.form["email"] not in payload


async def test_everything_that_is_wrong_with_a_form_is_said_at_once(world: World) -> None:
    form = world.form(first_name=" ", last_name="http://win.example", username="jan", email="jan@", password="short")
    answer = await world.call("POST", "/internal/accounts", json=form)
    assert answer.status_code == 422
    assert codes_of(answer.json()) == {
        "first_name": "name-missing",
        "last_name": "name-invalid",
        "username": "username-too-short",
        "email": "email-invalid",
        "password": "password-too-short",
    }


@pytest.mark.parametrize(
    "password", ["jan.person1", "vandenbossche", "Jan.Vandenbossche", "vandenbosschejan", "12/03/1985"]
)
async def test_a_password_that_is_easily_guessed_is_refused(world: World, password: str) -> None:
    answer = await world.call("POST", "/internal/accounts", json=world.form(password=password))
    assert codes_of(answer.json()) == {"password": "password-too-weak"}


async def test_a_username_is_unique_whatever_its_case(world: World) -> None:
    await world.sign_up(username="Jan.Janssens")
    answer = await world.call("POST", "/internal/accounts", json=world.form(username="jan.janssenS"))
    assert codes_of(answer.json()) == {"username": "username-taken"}


async def test_an_address_is_unique_also_while_its_account_is_pending(world: World) -> None:
    await world.sign_up(email="Some.One@Example.com", username="first.one")
    answer = await world.call(
        "POST", "/internal/accounts", json=world.form(email="some.one@example.com", username="FIRST.ONE")
    )
    assert codes_of(answer.json()) == {"email": "email-taken", "username": "username-taken"}


async def test_of_many_who_want_the_same_username_at_once_one_gets_it(world: World) -> None:
    forms = [world.form(username="wanted.name") for _ in range(8)]
    answers = await asyncio.gather(*(world.call("POST", "/internal/accounts", json=form) for form in forms))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7
    refused = [codes_of(answer.json()) for answer in answers if answer.status_code == 422]
    assert refused == [{"username": "username-taken"}] * 7
    assert await world.run("SELECT count(*) FROM account") == 1
    assert len(await world.events(AccountCreated)) == 1


async def test_the_username_proposed_is_free(world: World) -> None:
    names = {"first_name": "Jan", "last_name": "Van den Bossche"}
    seen = []
    for _ in range(3):
        seen.append((await world.call("POST", "/internal/username-proposal", json=names)).json()["username"])
        await world.sign_up(username=seen[-1].upper())
    assert seen == ["jan.vandenbossche", "jan.vandenbossche2", "jan.vandenbossche3"]


async def test_a_username_is_proposed_while_nothing_is_typed_yet(world: World) -> None:
    answer = await world.call("POST", "/internal/username-proposal", json={})
    assert len(answer.json()["username"]) >= 6


async def test_the_code_activates_the_account_and_renews_the_session(world: World) -> None:
    person = await world.sign_up()
    before = person.token
    code = await person.code()
    answer = await person.activate(f" {code[:3].lower()}-{code[3:]} ")
    assert answer.status_code == 200
    assert person.session["account"]["state"] == "active"
    assert person.session["account"]["acr"] == "pwd"
    assert person.token != before
    (activated,) = await world.events(AccountActivated)
    assert activated.version == 2
    old = await world.call("POST", "/internal/sessions/refresh", json={"session_token": before})
    assert old.json()["code"] == "session-ended"


async def test_a_wrong_code_costs_a_try_until_none_is_left(world: World) -> None:
    person = await world.sign_up()
    right = await person.code()
    seen = [(await person.activate("WRONG2")).json() for _ in range(6)]
    assert [body["params"]["tries_left"] for body in (error["errors"][0] for error in seen[:4])] == [4, 3, 2, 1]
    assert [body["code"] for body in seen[4:]] == ["code-exhausted", "code-exhausted"]
    assert (await person.activate(right)).json()["code"] == "code-exhausted"


async def test_a_code_is_taken_once_by_whoever_is_first(world: World) -> None:
    person = await world.sign_up()
    code = await person.code()
    body = {"session_token": person.token, "code": code}
    answers = await asyncio.gather(*(world.call("POST", "/internal/accounts/activate", json=body) for _ in range(6)))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert len(await world.events(AccountActivated)) == 1


async def test_many_guesses_at_once_are_not_more_than_five_tries(world: World) -> None:
    person = await world.sign_up()
    body = {"session_token": person.token, "code": "WRONG2"}
    answers = await asyncio.gather(*(world.call("POST", "/internal/accounts/activate", json=body) for _ in range(12)))
    codes = [answer.json()["code"] for answer in answers]
    assert codes.count("code-wrong") == 4
    assert codes.count("code-exhausted") == 8


async def _age_code(world: World, person: Someone, seconds: int) -> None:
    await world.run(
        """
        UPDATE account_code SET sent_at = sent_at - make_interval(secs => $2), expires_at = expires_at - make_interval(secs => $2)
        WHERE account_id = $1
        """,
        person.account_id,
        float(seconds),
    )


async def test_a_code_is_good_for_fifteen_minutes(world: World) -> None:
    person = await world.sign_up()
    code = await person.code()
    await _age_code(world, person, 901)
    assert (await person.activate(code)).json()["code"] == "code-expired"


async def test_a_new_code_takes_the_place_of_the_old_one_after_a_minute(world: World) -> None:
    person = await world.sign_up()
    first = await person.code()
    body = {"session_token": person.token}
    too_soon = await world.call("POST", "/internal/accounts/activation-code", json=body)
    assert too_soon.json()["code"] == "too-soon"
    assert 1 <= int(too_soon.headers["retry-after"]) <= 60
    await _age_code(world, person, 61)
    sent = await world.call("POST", "/internal/accounts/activation-code", json=body)
    assert (sent.status_code, sent.json()) == (202, {"retry_after_s": 60})
    assert (await person.activate(first)).json()["code"] == "code-wrong"
    assert (await person.activate(await person.code())).status_code == 200


async def test_codes_are_not_sent_without_end(world: World) -> None:
    person = await world.sign_up()
    waits = []
    for _ in range(5):
        await _age_code(world, person, 61)
        answer = await world.call("POST", "/internal/accounts/activation-code", json={"session_token": person.token})
        waits.append(answer.json().get("retry_after_s"))
    assert waits == [60, 60, 60, 900, None]


async def test_of_two_requests_for_a_code_at_once_one_is_mailed(world: World) -> None:
    person = await world.sign_up()
    await _age_code(world, person, 61)
    body = {"session_token": person.token}
    answers = await asyncio.gather(
        *(world.call("POST", "/internal/accounts/activation-code", json=body) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [202, 429, 429, 429]


async def test_no_code_is_sent_for_an_active_account(world: World) -> None:
    person = await world.someone()
    answer = await world.call("POST", "/internal/accounts/activation-code", json={"session_token": person.token})
    assert answer.json()["code"] == "already-active"


async def test_neither_password_nor_code_nor_token_can_be_read_from_the_database(world: World) -> None:
    person = await world.sign_up()
    code = await person.code()
    account = await world.run("SELECT row_to_json(a)::text FROM account AS a")
    assert person.form["password"] not in account
    assert "$argon2id$" in account
    assert code not in await world.run("SELECT row_to_json(c)::text FROM account_code AS c")
    assert person.token not in await world.run("SELECT row_to_json(s)::text FROM session AS s")


async def test_the_language_is_kept_on_the_account_and_published(world: World) -> None:
    person = await world.someone(language="nl")
    answer = await person.api("PUT", "/api/account/language", json={"language": "de"})
    assert answer.json()["language"] == "de"
    again = await person.api("PUT", "/api/account/language", json={"language": "de"})
    assert again.status_code == 200
    (changed,) = await world.events(ProfileChanged)
    assert (changed.language, changed.version) == ("de", 3)
    assert (await person.api("PUT", "/api/account/language", json={"language": "es"})).status_code == 422


async def test_a_manager_finds_someone_by_exact_address_or_username_once_active(world: World) -> None:
    headers = world.mint.peer("organisation", "identity")

    async def look_up(**body: str) -> Any:
        return await world.http.post("/internal/accounts/lookup", json=body, headers=headers)

    person = await world.sign_up(email="find.me@example.com", username="find.me")
    assert (await look_up(email="find.me@example.com")).status_code == 404
    await person.activate(await person.code())
    assert (await look_up(email="Find.Me@example.com")).json() == {"account_id": str(person.account_id)}
    assert (await look_up(username="FIND.ME")).json() == {"account_id": str(person.account_id)}
    assert (await look_up(username="find.m")).json()["code"] == "account-not-found"
    assert (await look_up()).status_code == 404


async def test_whether_an_account_holds_an_address_is_told_once_it_was_confirmed(world: World) -> None:
    person, other = await world.sign_up(email="zoe@example.com"), await world.someone()

    async def holds(account_id: Any, email: str) -> bool:
        path, headers = f"/internal/accounts/{account_id}/holds-address", world.mint.peer("organisation", "identity")
        return (await world.http.post(path, json={"email": email}, headers=headers)).json()["holds"]

    assert not await holds(person.account_id, "zoe@example.com")
    await person.activate(await person.code())
    assert await holds(person.account_id, "Zoe@EXAMPLE.com")
    assert not await holds(other.account_id, "zoe@example.com")
    assert not await holds(person.account_id, "nobody@example.com")


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
async def test_problems_are_told_in_the_readers_language(world: World, language: str) -> None:
    form = world.form(username="jan")
    english = await world.call("POST", "/internal/accounts", json=form, headers={"accept-language": "en"})
    other = await world.call("POST", "/internal/accounts", json=form, headers={"accept-language": language})
    assert english.json()["errors"][0]["detail"] == "A username has at least 6 characters."
    assert other.json()["errors"][0]["detail"] != english.json()["errors"][0]["detail"]
    assert "6" in other.json()["errors"][0]["detail"]
