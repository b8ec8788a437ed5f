"""Revocation as people meet it, over HTTP: revoked cards, and an authority that cannot be reached."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.ocsp import OCSPCertStatus

from tests.identity.cards import answer_with, belgian_trust, card_of_today
from tests.identity.conftest import WorldOf
from tests.identity.pki import Card
from tests.identity.responder import Reply, Responder, ocsp_answer, responder
from tests.identity.world import World

Start = Callable[..., Awaitable[World]]


@pytest.fixture
async def authority() -> AsyncIterator[Responder]:
    async with responder() as made:
        yield made


@pytest.fixture
def start(world_of: WorldOf, authority: Responder, tmp_path: Path) -> Start:
    async def make(**settings: Any) -> World:
        hosts = frozenset({authority.host})
        options = {"eid_trust": belgian_trust(tmp_path), "eid_ocsp_hosts": hosts, "eid_ocsp_timeout_s": 20, **settings}
        return await world_of(eid_revocation="ocsp", **options)

    return make


def says(card: Card, status: OCSPCertStatus = OCSPCertStatus.GOOD) -> Callable[[bytes], Reply]:
    """Of a moment that has just passed, clocks allowed for: believed, and asked again each time."""
    just_now = datetime.now(UTC) - timedelta(minutes=1)
    return lambda asked: Reply(ocsp_answer(asked, card, status=status, this_update=just_now, next_update=just_now))


async def test_a_revoked_card_is_refused_and_says_whom_to_ask(start: Start, authority: Responder) -> None:
    world = await start()
    person, card = await world.someone(), card_of_today(ocsp_url=authority.ocsp_url)
    authority.reply = says(card, OCSPCertStatus.REVOKED)
    refused = await answer_with(person, card)
    assert (refused.status_code, refused.json()["code"]) == (422, "certificate-revoked")
    authority.reply = says(card)
    assert (await answer_with(person, card)).status_code == 200
    assert "immo_eid_revocation_requests_total" in (await world.http.get("/metrics")).text


async def test_while_nobody_can_be_asked_no_card_is_believed(start: Start, authority: Responder) -> None:
    world = await start()
    person, card = await world.someone(), card_of_today(ocsp_url=authority.ocsp_url)
    authority.reply = says(card)
    assert (await answer_with(person, card)).status_code == 200
    authority.reply = lambda _: Reply(status=503)
    assert (await answer_with(person, card)).json()["code"] == "revocation-unavailable"


async def test_an_operator_may_let_linked_cards_in_and_each_time_is_on_record(
    start: Start, authority: Responder
) -> None:
    world = await start(eid_revocation_outage="allow-linked")
    person, card = await world.someone(), card_of_today(ocsp_url=authority.ocsp_url)
    authority.reply = lambda _: Reply(status=503)
    assert (await answer_with(person, card)).json()["code"] == "revocation-unavailable"
    authority.reply = says(card)
    assert (await answer_with(person, card)).status_code == 200
    authority.reply = lambda _: Reply(status=503)
    assert (await answer_with(person, card)).status_code == 200
    query = "SELECT count(*) FROM audit_log WHERE action = 'eid-revocation-unchecked' AND account_id = $1"
    assert await world.run(query, person.account_id) == 1
