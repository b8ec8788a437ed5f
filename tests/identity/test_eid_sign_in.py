"""Signing in with the card alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events.identity import EidLinked, EidPresented, SignedIn
from tests.identity.cards import BINDING, ORIGIN, answer_with, belgian_trust, card_of_today, nonce_for, sign_in_with
from tests.identity.conftest import WorldOf
from tests.identity.pki import NUMBER, OTHER_NUMBER, Card, make_authority
from tests.identity.world import Someone, World


@pytest.fixture
async def world(world_of: WorldOf, tmp_path: Path) -> World:
    return await world_of(eid_trust=belgian_trust(tmp_path))


async def linked(world: World, card: Card, **person: Any) -> Someone:
    someone = await world.someone(**person)
    assert (await answer_with(someone, card)).status_code == 200
    return someone


async def lengthen_pauses(world: World) -> None:
    """The first pause is a second, which a slow machine may spend between two attempts."""
    await world.run(
        "UPDATE sign_in_throttle SET blocked_until = blocked_until + interval '1 hour' WHERE blocked_until > to_timestamp(0)"
    )


async def test_a_linked_card_opens_its_account_without_a_password(world: World) -> None:
    card = card_of_today()
    person = await linked(world, card)
    answer = await sign_in_with(world, card, address="192.0.2.7")
    session = answer.json()["session"]
    assert answer.status_code == 200
    assert session["account"]["id"] == str(person.account_id)
    assert session["account"]["acr"] == "eid"
    assert session["session_token"] not in ("", person.token)
    (event,) = await world.events(SignedIn)
    assert (event.acr, event.amr, event.client_id) == ("eid", ("eid",), "immo-connect")
    query = "SELECT client_address FROM audit_private JOIN audit_log ON id = audit_id WHERE action = 'signed-in'"
    assert await world.run(query) == "192.0.2.7"
    assert await world.run("SELECT count(*) FROM known_client") == 1


async def test_a_card_that_is_linked_to_nobody_is_told_its_own_names_and_nothing_is_kept(world: World) -> None:
    answer = await sign_in_with(world, card_of_today())
    assert answer.json() == {"stranger": {"first_name": "Alix Marie", "last_name": "Vervloesem"}}
    for table in ("account", "eid_link", "session", "audit_log", "eid_visitor_challenge", "outbox"):
        text = await world.run(f"SELECT coalesce(string_agg(t::text, ''), '') FROM {table} AS t")
        assert "Vervloesem" not in text
        assert NUMBER not in text


async def test_a_strangers_card_neither_learns_of_other_accounts_nor_takes_one_over(world: World) -> None:
    """The name of an account is that of the card, of another the card differs: the answer is the same as for nobody."""
    same = {"first_name": "Alix Marie", "last_name": "Vervloesem"}
    person = await world.someone(**same)
    await linked(world, card_of_today(number=OTHER_NUMBER), **same)
    assert (await sign_in_with(world, card_of_today())).json() == {"stranger": same}
    assert await world.run("SELECT count(*) FROM eid_link") == 1
    assert (await person.refresh()).json()["account"]["eid_linked"] is False


async def test_a_renewed_card_opens_the_account_too_and_is_remembered(world: World) -> None:
    await linked(world, card_of_today())
    answer = await sign_in_with(world, card_of_today(last="Vervloesem-Maes"))
    assert answer.json()["session"]["account"]["last_name"] == "Vervloesem-Maes"
    assert len(await world.events(EidLinked)) == 2


async def test_a_challenge_belongs_to_one_browser(world: World) -> None:
    card = card_of_today()
    await linked(world, card)
    token = card.token(nonce=await nonce_for(world), origin=ORIGIN)
    stored = await world.run("SELECT binding FROM eid_visitor_challenge")
    assert (len(stored), BINDING.encode() in stored) == (32, False)
    elsewhere = await world.call(
        "POST", "/internal/sessions/eid", json={"binding": "another browser altogether", "token": token}
    )
    assert elsewhere.json()["code"] == "challenge-missing"
    here = await world.call("POST", "/internal/sessions/eid", json={"binding": BINDING, "token": token})
    assert here.status_code == 200


async def test_a_challenge_is_good_for_one_sign_in_within_its_time(world: World) -> None:
    card = card_of_today()
    await linked(world, card)
    body = {"binding": BINDING, "token": card.token(nonce=await nonce_for(world), origin=ORIGIN)}
    answers = await asyncio.gather(*(world.call("POST", "/internal/sessions/eid", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    assert {answer.json().get("code") for answer in answers} == {None, "challenge-missing"}
    late = {"binding": BINDING, "token": card.token(nonce=await nonce_for(world), origin=ORIGIN)}
    await world.run("UPDATE eid_visitor_challenge SET expires_at = now()")
    assert (await world.call("POST", "/internal/sessions/eid", json=late)).json()["code"] == "challenge-expired"


async def test_a_card_that_is_not_believed_opens_nothing_and_leaves_a_trace(world: World) -> None:
    await linked(world, card_of_today())
    stranger = make_authority("Stranger CA")
    refusals = [
        await sign_in_with(world, card_of_today(issuer=stranger)),
        await sign_in_with(world, card_of_today(), signature="AAAA"),
        await sign_in_with(world, card_of_today(not_after=datetime.now(UTC) - timedelta(hours=1))),
    ]
    codes = [answer.json()["code"] for answer in refusals]
    assert codes == ["certificate-not-trusted", "signature-invalid", "certificate-expired"]
    details = await world.run("SELECT jsonb_agg(details ORDER BY id) FROM audit_log WHERE action = 'sign-in-failed'")
    assert [detail["code"] for detail in details] == codes
    assert await world.events(SignedIn) == []


async def test_failing_cards_slow_their_address_down_and_good_ones_do_not(world: World) -> None:
    card = card_of_today()
    await linked(world, card)
    good = [await sign_in_with(world, card, address="192.0.2.1") for _ in range(33)]
    assert {answer.status_code for answer in good} == {200}
    bad = [await sign_in_with(world, card, address="198.51.100.1", signature="AAAA") for _ in range(31)]
    assert {answer.status_code for answer in bad} == {422}
    await lengthen_pauses(world)
    blocked = await sign_in_with(world, card, address="198.51.100.1")
    assert (blocked.status_code, blocked.json()["code"]) == (429, "too-many-attempts")
    assert (await sign_in_with(world, card, address="192.0.2.1")).status_code == 200


async def test_guesses_by_password_and_by_card_count_together_for_an_address(world: World) -> None:
    for n in range(31):
        body = {"identifier": f"someone.{n}", "password": "not the password", "client_address": "198.51.100.2"}
        await world.call("POST", "/internal/sessions", json=body)
    await lengthen_pauses(world)
    blocked = await sign_in_with(world, card_of_today(), address="198.51.100.2")
    assert blocked.status_code == 429


async def test_a_pending_account_is_led_to_its_activation(world: World) -> None:
    card = card_of_today()
    person = await linked(world, card)
    await world.run("UPDATE account SET state = 'pending', activated_at = NULL WHERE id = $1", person.account_id)
    answer = await sign_in_with(world, card)
    assert answer.json()["session"]["account"]["acr"] == "pending"


async def test_an_account_that_is_closed_stays_closed_for_its_card(world: World) -> None:
    card = card_of_today()
    person = await linked(world, card)
    await world.run("ALTER TABLE account DROP CONSTRAINT account_state")
    await world.run("UPDATE account SET state = 'shut-out' WHERE id = $1", person.account_id)
    answer = await sign_in_with(world, card)
    assert (answer.status_code, answer.json()["code"]) == (403, "account-closed")
    assert await world.events(SignedIn) == []


async def test_the_sealed_number_is_published_again_once_a_month_at_most(world: World) -> None:
    """Whoever keeps it keeps it for a time only; the card's use renews that."""
    card = card_of_today()
    person = await linked(world, card)
    await sign_in_with(world, card)
    assert await world.events(EidPresented) == []
    await world.run("UPDATE eid_link SET number_sent_at = number_sent_at - interval '31 days'")
    await sign_in_with(world, card)
    await sign_in_with(world, card)
    (presented,) = await world.events(EidPresented)
    assert presented.account_id == person.account_id
    assert await world.unseal(presented.national_number, "national_number") == NUMBER


async def test_a_card_that_was_just_unlinked_does_not_link_itself_again(world: World) -> None:
    card = card_of_today()
    person = await linked(world, card)
    answers = await asyncio.gather(
        person.api("POST", "/api/eid/unlink"),
        *(sign_in_with(world, card, binding=f"browser number {n}") for n in range(3)),
    )
    assert answers[0].status_code == 200
    assert await world.run("SELECT count(*) FROM eid_link") == 0


async def test_only_the_gateway_signs_anybody_in(world: World) -> None:
    person = await world.someone()
    for path in ("/internal/eid/challenge", "/internal/sessions/eid", "/internal/sessions/eid-certificate"):
        assert (await world.http.post(path, json={"binding": BINDING})).status_code == 401
        assert (await person.api("POST", path, json={"binding": BINDING})).status_code in (401, 403)
        others = world.mint.peer("wallet", "identity")
        assert (await world.http.post(path, json={"binding": BINDING}, headers=others)).status_code == 403


async def test_the_number_is_in_no_log_answer_or_table(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Through a sign-in, a refusal, a link that is refused, and an unlinking."""
    card = card_of_today()
    person, other = await linked(world, card), await world.someone()
    answers = [
        await sign_in_with(world, card),
        await sign_in_with(world, card, signature="AAAA"),
        await answer_with(other, card),
        await answer_with(person, card_of_today(number=OTHER_NUMBER)),
        await person.api("GET", "/api/eid"),
        await person.api("POST", "/api/eid/unlink"),
        await sign_in_with(world, card),
    ]
    seen = "".join(answer.text + str(answer.request.url) for answer in answers)
    tables = await world.run(
        "SELECT string_agg(quote_ident(tablename), ' ') FROM pg_tables WHERE schemaname = 'public'"
    )
    for table in tables.split():
        seen += await world.run(f"SELECT coalesce(string_agg(t::text, ''), '') FROM {table} AS t")
    payloads = await world.run("SELECT string_agg(convert_from(payload, 'UTF8'), '') FROM outbox")
    captured = capfd.readouterr()
    for number in (NUMBER, OTHER_NUMBER):
        assert number not in seen + payloads + captured.out + captured.err
