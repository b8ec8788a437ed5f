"""What identity learns of virtual cards from their authorities: by the addresses in the cards, as in production."""

import asyncio
import base64
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from cryptography import x509

from services.identity.eid.revocation.addresses import list_addresses
from services.identity.eid.revocation.answers import NotAnswered, Source
from services.identity.eid.revocation.authorities import Authorities
from services.identity.eid.revocation.crl import look_up, read_list
from services.identity.eid.shipped_trust import load_trust
from services.identity.settings import IdentitySettings
from shared.db import Database
from tests.tools.conftest import WorldProcess
from tests.tools.test_virtual_cards import issue


def revocation_of(world: WorldProcess, card: dict[str, str], source: Source) -> str:
    """What identity learns of a card, by the addresses in it."""
    leaf = x509.load_der_x509_certificate(base64.b64decode(card["certificate"]))
    hosts = frozenset({world.url.removeprefix("http://")})
    policy = replace(IdentitySettings.model_construct().revocation_policy, ocsp_hosts=hosts, crl_hosts=hosts)
    if source == "crl":
        [address] = list_addresses(leaf)
        found = read_list(httpx.get(address, trust_env=False).content, issuer_of(world, leaf), address=address)
        return look_up(leaf, found, max_age=policy.crl_max_age, now=datetime.now(UTC)).status
    asker = Authorities(policy, Database("", application_name="none"), ssl.create_default_context())
    return asyncio.run(asker.ask(leaf, issuer_of(world, leaf), now=datetime.now(UTC))).status


def issuer_of(world: WorldProcess, leaf: x509.Certificate) -> x509.Certificate:
    trust = load_trust(world.data / "pki", is_production=False)
    return next(issuer for issuer in trust.intermediates if issuer.subject == leaf.issuer)


@pytest.mark.parametrize("source", ["ocsp", "crl"])
def test_identity_learns_which_virtual_cards_are_revoked(
    world: WorldProcess, http: httpx.Client, source: Source
) -> None:
    card, foreigner = issue(http), issue(http, authority="foreigner", condition="revoked")
    assert revocation_of(world, card, source) == "good"
    assert revocation_of(world, foreigner, source) == "revoked"
    http.post(f"/cards/{card['card_id']}/revoke")
    assert revocation_of(world, card, source) == "revoked"


def test_the_authorities_of_virtual_cards_can_be_away(world: WorldProcess, http: httpx.Client) -> None:
    card = issue(http)
    http.post("/revocation/control/behaviour", json={"mode": "error"})
    with pytest.raises(NotAnswered) as failure:
        revocation_of(world, card, "ocsp")
    http.post("/revocation/control/behaviour", json={"mode": "ok"})
    assert failure.value.is_outage
    assert revocation_of(world, card, "ocsp") == "good"
