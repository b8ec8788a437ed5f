"""Certificates that a trusted proxy took in a TLS handshake: the same checks, but for the signature that TLS has made."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.identity.cards import answer_with, belgian_trust, card_of_today
from tests.identity.conftest import WorldOf
from tests.identity.pki import Card, key_usage, make_authority
from tests.identity.world import World

SIGNING_POLICY = "2.16.56.12.1.1.2.1"


@pytest.fixture
async def world(world_of: WorldOf, tmp_path: Path) -> World:
    return await world_of(eid_trust=belgian_trust(tmp_path), eid_front_door=True)


async def present(world: World, card: Card | str, **more: Any) -> httpx.Response:
    pem = card if isinstance(card, str) else card.certificate.public_bytes(Encoding.PEM).decode()
    return await world.call("POST", "/internal/sessions/eid-certificate", json={"certificate": pem, **more})


async def test_the_door_is_shut_unless_configured(world_of: WorldOf, tmp_path: Path) -> None:
    world = await world_of(eid_trust=belgian_trust(tmp_path))
    refused = await present(world, card_of_today())
    assert (refused.status_code, refused.json()["code"]) == (404, "eid-front-door-closed")


async def test_a_certificate_opens_the_account_that_its_card_is_linked_to(world: World) -> None:
    card = card_of_today()
    assert (await present(world, card)).json() == {"stranger": {"first_name": "Alix Marie", "last_name": "Vervloesem"}}
    person = await world.someone()
    linked = (await present(world, card, session_token=person.token)).json()
    assert (linked["outcome"], linked["session"]["account"]["acr"]) == ("linked", "eid")
    opened = (await present(world, card)).json()["session"]["account"]
    assert (opened["id"], opened["acr"]) == (str(person.account_id), "eid")


async def test_a_certificate_is_judged_like_that_of_any_card(world: World) -> None:
    person = await world.someone()
    await answer_with(person, card_of_today())
    expired = datetime.now(UTC) - timedelta(hours=1)
    cards: dict[str, Card | str] = {
        "certificate-not-trusted": card_of_today(issuer=make_authority("Stranger CA")),
        "policy-not-allowed": card_of_today(policy=SIGNING_POLICY),
        "certificate-expired": card_of_today(not_after=expired),
        "wrong-purpose": card_of_today(usage=key_usage(content_commitment=True)),
        "certificate-unreadable": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }
    for code, card in cards.items():
        assert (await present(world, card)).json()["code"] == code
