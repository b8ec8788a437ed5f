"""Challenge and link over HTTP, with cards of the tests' own authorities."""

import asyncio
from pathlib import Path

import pytest

from shared.events.identity import EidLinked, ProfileChanged
from tests.identity.cards import ORIGIN, answer_with, belgian_trust, card_of_today
from tests.identity.conftest import WorldOf
from tests.identity.pki import OTHER_NUMBER, make_authority
from tests.identity.world import World


@pytest.fixture
async def world(world_of: WorldOf, tmp_path: Path) -> World:
    return await world_of(eid_trust=belgian_trust(tmp_path))


async def test_a_challenge_is_32_random_bytes_for_five_minutes(world: World) -> None:
    import base64

    person = await world.someone()
    first, second = [(await person.api("POST", "/api/eid/challenge")).json() for _ in range(2)]
    assert len(base64.b64decode(first["nonce"])) == 32
    assert first["nonce"] != second["nonce"]
    assert first["expires_in_s"] == 300


async def test_linking_takes_over_and_locks_what_the_card_says(world: World) -> None:
    person = await world.someone(first_name="Ali", last_name="Vervloesem")
    answer = await answer_with(person, card_of_today())
    body = answer.json()
    assert answer.status_code == 200
    assert (body["first_name"], body["last_name"]) == ("Alix Marie", "Vervloesem")
    assert (body["birth_date"], body["sex"]) == ("1985-07-30", "male")
    assert body["locked_fields"] == ["first_name", "last_name", "birth_date", "sex"]
    assert body["eid_linked"] is True
    assert body["session"]["account"]["acr"] == "eid"
    assert (await person.refresh()).json()["account"]["acr"] == "eid"


async def test_whoever_knew_the_session_before_the_card_is_out(world: World) -> None:
    """Session fixation: what becomes stronger goes on under another token."""
    person = await world.someone()
    planted = person.token
    await answer_with(person, card_of_today())
    assert person.token != planted
    refused = await world.call("POST", "/internal/sessions/refresh", json={"session_token": planted})
    assert refused.json()["code"] == "session-ended"


async def test_a_person_sees_which_card_is_linked_and_no_number(world: World) -> None:
    person = await world.someone()
    assert (await person.api("GET", "/api/eid")).json() == {"link": None}
    card = card_of_today()
    await answer_with(person, card)
    link = (await person.api("GET", "/api/eid")).json()["link"]
    assert link["kind"] == "belgian"
    assert link["ending"] == f"{card.certificate.serial_number:x}"[-4:].upper()
    assert link["valid_until"][:10] == str(card.certificate.not_valid_after_utc.date())
    assert link["linked_at"][:10] == link["used_at"][:10]
    assert "85073003328" not in str(link)


async def test_linking_is_published_with_the_number_sealed(world: World) -> None:
    person = await world.someone()
    await answer_with(person, card_of_today())
    (linked,) = await world.events(EidLinked)
    (changed,) = await world.events(ProfileChanged)
    assert (linked.version, changed.version) == (3, 4)
    assert await world.unseal(linked.national_number, "national_number") == "85073003328"
    assert linked.birth_date is not None
    assert await world.unseal(linked.birth_date, "birth_date") == "1985-07-30"


async def test_the_national_number_stands_nowhere_in_clear(world: World) -> None:
    person = await world.someone()
    await answer_with(person, card_of_today())
    for table in ("account", "eid_link", "audit_log", "session", "eid_challenge"):
        text = await world.run(f"SELECT coalesce(string_agg(t::text, ''), '') FROM {table} AS t")
        assert "85073003328" not in text
    payloads = await world.run("SELECT string_agg(convert_from(payload, 'UTF8'), '') FROM outbox")
    assert "85073003328" not in payloads
    assert len(await world.run("SELECT number_hash FROM eid_link")) == 32


async def test_a_challenge_is_good_for_one_answer(world: World) -> None:
    person = await world.someone()
    challenge = (await person.api("POST", "/api/eid/challenge")).json()
    token = card_of_today().token(nonce=challenge["nonce"], origin=ORIGIN)
    answers = await asyncio.gather(*(person.api("POST", "/api/eid/link", json={"token": token}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    assert {answer.json().get("code") for answer in answers} == {None, "challenge-missing"}


async def test_a_challenge_is_used_up_by_a_refusal_too(world: World) -> None:
    person = await world.someone()
    refused = await answer_with(person, card_of_today(), signature="AAAA")
    assert refused.json()["code"] == "signature-invalid"
    again = await person.api("POST", "/api/eid/link", json={"token": {}})
    assert again.json()["code"] == "challenge-missing"


async def test_a_challenge_expires(world: World) -> None:
    person = await world.someone()
    challenge = (await person.api("POST", "/api/eid/challenge")).json()
    await world.run("UPDATE eid_challenge SET expires_at = now()")
    token = card_of_today().token(nonce=challenge["nonce"], origin=ORIGIN)
    assert (await person.api("POST", "/api/eid/link", json={"token": token})).json()["code"] == "challenge-expired"


async def test_a_challenge_belongs_to_its_session(world: World) -> None:
    person, thief = await world.someone(), await world.someone()
    challenge = (await person.api("POST", "/api/eid/challenge")).json()
    token = card_of_today().token(nonce=challenge["nonce"], origin=ORIGIN)
    await thief.api("POST", "/api/eid/challenge")
    assert (await thief.api("POST", "/api/eid/link", json={"token": token})).json()["code"] == "signature-invalid"


async def test_a_card_of_strangers_is_refused_in_the_readers_language(world: World) -> None:
    person = await world.someone()
    stranger = make_authority("Stranger CA")
    answer = await answer_with(person, card_of_today(issuer=stranger))
    assert answer.json()["code"] == "certificate-not-trusted"


async def test_a_card_linked_to_another_account_is_refused(world: World) -> None:
    first, second = await world.someone(), await world.someone()
    await answer_with(first, card_of_today())
    refused = await answer_with(second, card_of_today())
    assert (refused.status_code, refused.json()["code"]) == (409, "eid-linked-elsewhere")
    assert (await second.refresh()).json()["account"]["acr"] == "pwd"


async def test_of_two_accounts_that_link_one_person_at_once_one_succeeds(world: World) -> None:
    people = [await world.someone() for _ in range(4)]
    answers = await asyncio.gather(*(answer_with(person, card_of_today()) for person in people))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "eid-linked-elsewhere"}
    assert len(await world.events(EidLinked)) == 1


async def test_the_card_of_someone_else_is_refused_once_linked(world: World) -> None:
    person = await world.someone()
    await answer_with(person, card_of_today())
    refused = await answer_with(person, card_of_today(number=OTHER_NUMBER))
    assert refused.json()["code"] == "eid-of-another-person"


async def test_a_renewed_card_of_the_same_person_keeps_the_link(world: World) -> None:
    person = await world.someone()
    await answer_with(person, card_of_today())
    renewed = await answer_with(person, card_of_today(last="Vervloesem-Maes"))
    assert (renewed.json()["last_name"], renewed.json()["outcome"]) == ("Vervloesem-Maes", "renewed")
    assert [event.version for event in await world.events(EidLinked)] == [3, 5]
    assert await world.run("SELECT count(*) FROM eid_link") == 1


async def test_the_same_card_again_only_proves_who_is_there(world: World) -> None:
    person = await world.someone()
    card = card_of_today()
    await answer_with(person, card)
    await person.sign_in()
    assert person.session["account"]["acr"] == "pwd"
    answer = await answer_with(person, card)
    assert answer.json()["session"]["account"]["acr"] == "eid"
    assert answer.json()["outcome"] == "unchanged"
    assert len(await world.events(EidLinked)) == 1


async def test_a_card_without_belgian_number_cannot_be_linked(world: World) -> None:
    person = await world.someone()
    answer = await answer_with(person, card_of_today(number="PNOEE-38001085718"))
    assert answer.json()["code"] == "eid-without-number"


async def test_a_session_that_ended_gets_no_challenge_and_links_nothing(world: World) -> None:
    person = await world.someone()
    challenge = (await person.api("POST", "/api/eid/challenge")).json()
    await person.sign_out()
    assert (await person.api("POST", "/api/eid/challenge")).json()["code"] == "token-invalid"
    token = card_of_today().token(nonce=challenge["nonce"], origin=ORIGIN)
    assert (await person.api("POST", "/api/eid/link", json={"token": token})).json()["code"] == "token-invalid"
    assert await world.events(EidLinked) == []


async def test_a_first_card_is_linked_only_by_someone_who_proved_a_moment_ago_whose_account_it_is(world: World) -> None:
    """A card says who holds it. Whoever finds a session open must not make their own card a key to it, and fresh proof besides."""
    person = await world.someone()
    await world.run("UPDATE session SET auth_time = auth_time - interval '16 minutes'")
    await person.refresh()
    refused = await answer_with(person, card_of_today())
    assert (refused.status_code, refused.json()["code"]) == (403, "confirmation-needed")
    assert (await person.refresh()).json()["account"]["acr"] == "pwd"
    assert (await person.api("POST", "/api/eid/unlink")).json()["code"] == "confirmation-needed"
    assert await world.run("SELECT count(*) FROM eid_link") == 0
    await person.sign_in()
    assert (await answer_with(person, card_of_today())).json()["outcome"] == "linked"


async def test_the_linked_card_is_proof_however_old_the_last_one_is(world: World) -> None:
    person, card = await world.someone(), card_of_today()
    await answer_with(person, card)
    for again in (card, card_of_today(last="Vervloesem-Maes")):
        await world.run("UPDATE session SET auth_time = auth_time - interval '16 minutes'")
        assert (await answer_with(person, again)).status_code == 200
        assert (await person.api("POST", "/api/account/erasure")).json().get("code") != "confirmation-needed"
