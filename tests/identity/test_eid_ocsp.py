"""Revocation by OCSP, against a responder on a real socket: which answers are believed, and what comes of all others."""

import ssl
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus

from services.identity.eid.revocation import metrics
from services.identity.eid.revocation.addresses import allowed_address
from services.identity.eid.revocation.answers import Answer, NotAnswered
from services.identity.eid.revocation.authorities import Authorities
from shared.db import Database
from tests.identity.der import Node, parse
from tests.identity.pki import NOW, Authority, Card, make_authority, pki
from tests.identity.responder import HOUR, Reply, Responder, delegate, ocsp_answer, responder

TRY_LATER = ocsp.OCSPResponseBuilder.build_unsuccessful(OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER)


@pytest.fixture
async def authority() -> AsyncIterator[Responder]:
    async with responder() as made:
        yield made


async def ask(authority: Responder, card: Card, **policy: Any) -> Answer:
    """No database is open here: an answer by OCSP needs none."""
    asker = Authorities(authority.policy(**policy), Database("", application_name="none"), ssl.create_default_context())
    return await asker.ask(card.certificate, pki().citizen.certificate, now=NOW)


async def failure(authority: Responder, card: Card, **policy: Any) -> NotAnswered:
    before = count_of()
    with pytest.raises(NotAnswered) as caught:
        await ask(authority, card, **policy)
    assert count_of() == before + 1
    return caught.value


def answering(card: Card, **changes: Any) -> Callable[[bytes], Reply]:
    return lambda question: Reply(ocsp_answer(question, card, **changes))


def count_of() -> float:
    """Requests that were counted, whatever came of them."""
    samples = (sample for metric in metrics.REQUESTS.collect() for sample in metric.samples)
    return sum(sample.value for sample in samples if sample.name.endswith("_total"))


async def test_a_good_card_is_good_until_the_answer_ends(authority: Responder) -> None:
    card = authority.card()
    authority.reply = answering(card)
    found = await ask(authority, card)
    assert (found.status, found.source, found.expires_at) == ("good", "ocsp", NOW + HOUR)
    assert NOW < found.refresh_at < found.expires_at
    request = ocsp.load_der_ocsp_request(authority.asked[0])
    assert request.serial_number == card.certificate.serial_number
    assert len(request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce) == 32


async def test_a_revoked_card_may_be_given_back_soon(authority: Responder) -> None:
    card = authority.card()
    authority.reply = answering(card, status=OCSPCertStatus.REVOKED)
    found = await ask(authority, card)
    assert (found.status, found.expires_at) == ("revoked", NOW + timedelta(minutes=5))


async def test_a_card_that_its_authority_does_not_know_is_not_good(authority: Responder) -> None:
    card = authority.card()
    authority.reply = answering(card, status=OCSPCertStatus.UNKNOWN)
    found = await failure(authority, card)
    assert (found.reason, found.is_outage) == ("unknown", False)


async def test_an_unknown_card_is_not_looked_up_in_a_list(authority: Responder) -> None:
    card = authority.card()
    authority.reply = answering(card, status=OCSPCertStatus.UNKNOWN)
    assert (await failure(authority, card, sources=("ocsp", "crl"))).reason == "unknown"
    assert len(authority.asked) == 1


async def test_an_answer_that_promises_nothing_is_not_kept(authority: Responder) -> None:
    card = authority.card()
    authority.reply = answering(card, next_update=None)
    assert (await ask(authority, card)).expires_at == NOW


@pytest.mark.parametrize(
    "changes",
    [
        {"signer": "delegate"},
        {"algorithm": hashes.SHA256()},
        {"nonce": None},
        {"this_update": NOW + timedelta(minutes=14)},
        {"next_update": NOW - timedelta(minutes=14), "this_update": NOW - timedelta(hours=1)},
        {"next_update": None, "this_update": NOW - timedelta(minutes=14)},
        {"this_update": NOW - timedelta(hours=11)},
    ],
    ids=["delegated", "another hash", "no nonce", "clock ahead", "clock behind", "no next update", "old but in time"],
)
async def test_other_right_answers_are_believed_too(authority: Responder, changes: dict[str, Any]) -> None:
    card = authority.card()
    authority.reply = answering(card, **{**changes, **({"signer": delegate()} if "signer" in changes else {})})
    found = await ask(authority, card)
    assert found.status == "good"
    assert found.expires_at >= NOW


WRONG_ANSWERS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "stale": (lambda: {"this_update": NOW - timedelta(days=1), "next_update": NOW - timedelta(hours=1)}, "stale"),
    "too old": (lambda: {"this_update": NOW - timedelta(hours=13)}, "stale"),
    "old without an end": (lambda: {"this_update": NOW - timedelta(minutes=16), "next_update": None}, "stale"),
    "future": (lambda: {"this_update": NOW + timedelta(minutes=16)}, "from-the-future"),
    "wrong nonce": (lambda: {"nonce": b"n" * 32}, "wrong-nonce"),
    "wrong key": (lambda: {"signed_with": ec.generate_private_key(ec.SECP384R1())}, "wrong-signer"),
    "another authority": (lambda: {"signer": pki().foreigner}, "wrong-signer"),
    "its responder": (lambda: {"signer": delegate(pki().foreigner)}, "wrong-signer"),
    "a stranger": (lambda: {"signer": make_authority("Test Citizen CA")}, "wrong-signer"),
    "not delegated to answer": (lambda: {"signer": delegate(may_answer=False)}, "wrong-signer"),
    "no longer delegated": (lambda: {"signer": delegate(ended=True)}, "wrong-signer"),
    "a card of its own": (lambda: {"signer": _card_as_responder()}, "wrong-signer"),
    "another card": (lambda: {"about": pki().card()}, "wrong-certificate"),
    "another issuer": (lambda: {"issuer": pki().foreigner}, "wrong-certificate"),
    "two answers": (lambda: {"edit": _twice}, "not-one-answer"),
    "no answer": (lambda: {"edit": _none}, "not-one-answer"),
    "fractional seconds": (lambda: {"edit": _fraction}, "malformed"),
    "critical extension": (lambda: {"edit": _critical}, "critical-extension"),
}


@pytest.mark.parametrize("wrong", WRONG_ANSWERS)
async def test_a_wrong_answer_is_none(authority: Responder, wrong: str) -> None:
    card = authority.card()
    changes, reason = WRONG_ANSWERS[wrong]
    authority.reply = answering(card, **changes())
    found = await failure(authority, card)
    assert (found.reason, found.is_outage) == (reason, False)


@pytest.mark.parametrize(
    ("reply", "reason", "is_outage"),
    [
        (Reply(b"garbage"), "malformed", False),
        (Reply(), "malformed", False),
        (Reply(b"x" * 70_000), "too-large", False),
        (Reply(status=500), "http-status", True),
        (Reply(status=404), "http-status", False),
        (Reply(status=302, headers=("Location: http://127.0.0.1:9/ocsp",)), "redirect", False),
        (Reply(TRY_LATER), "unsuccessful", True),
    ],
)
async def test_a_responder_that_answers_nonsense_says_nothing(
    authority: Responder, reply: Reply, reason: str, is_outage: bool
) -> None:
    authority.reply = lambda _: reply
    found = await failure(authority, authority.card())
    assert (found.reason, found.is_outage) == (reason, is_outage)
    assert len(authority.asked) == 1


async def test_a_slow_responder_is_not_waited_for(authority: Responder) -> None:
    authority.reply = lambda _: Reply(after_s=60)
    found = await failure(authority, authority.card(), ocsp_timeout_s=0.2)
    assert (found.reason, found.is_outage) == ("timeout", True)


async def test_a_responder_that_is_down_is_an_outage() -> None:
    async with responder() as gone:
        pass
    found = await failure(gone, gone.card())
    assert (found.reason, found.is_outage) == ("unreachable", True)


async def test_a_strict_operator_wants_the_nonce_back(authority: Responder) -> None:
    card = authority.card()
    authority.reply = answering(card, nonce=None)
    assert (await failure(authority, card, nonce_required=True)).reason == "no-nonce"
    authority.reply = answering(card)
    assert (await ask(authority, card, nonce_required=True)).status == "good"


async def test_only_hosts_on_the_list_are_asked(authority: Responder) -> None:
    for card in (authority.card(), pki().card()):
        found = await failure(authority, card, ocsp_hosts=frozenset({"ocsp.eid.belgium.be"}))
        assert (found.reason, found.is_outage) == ("no-allowed-address", False)
    assert authority.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "http://ocsp.eid.belgium.be@evil.example/",
        "http://ocsp.eid.belgium.be:80@evil.example/",
        "http://evil.example/?ocsp.eid.belgium.be",
        "http://evil.example#ocsp.eid.belgium.be",
        "http://ocsp.eid.belgium.be\\@evil.example/",
        "http://ocsp.eid.belgium.be.evil.example/",
        "http://ocsp.eid.belgium.be:8080/",
        "https://ocsp.eid.belgium.be:80/",
        "ldap://ocsp.eid.belgium.be/",
        "file:///etc/passwd",
        "//ocsp.eid.belgium.be/",
        "http://ocsp.eid.belgium.be/\r\nHost: evil.example",
        " http://ocsp.eid.belgium.be/",
        "http://оcsp.eid.belgium.be/",
        "",
    ],
)
def test_an_address_that_only_looks_right_is_not_asked(address: str) -> None:
    with pytest.raises(NotAnswered):
        allowed_address([address], frozenset({"ocsp.eid.belgium.be"}))


@pytest.mark.parametrize(
    "address", ["http://ocsp.eid.belgium.be/2", "HTTP://OCSP.eid.belgium.be", "https://ocsp.eid.belgium.be:443/"]
)
def test_the_right_address_may_be_written_in_several_ways(address: str) -> None:
    assert allowed_address(["ldap://x/", address], frozenset({"ocsp.eid.belgium.be"})) == address


def _card_as_responder() -> Authority:
    card = pki().card()
    return Authority(card.certificate, card.key)


def _responses(tbs: Node) -> Node:
    return next(part for part in tbs.parts if part.tag == 0x30)


def _twice(tbs: Node) -> None:
    _responses(tbs).parts *= 2


def _none(tbs: Node) -> None:
    _responses(tbs).parts.clear()


def _fraction(tbs: Node) -> None:
    """thisUpdate with half a second, which DER allows and few expect."""
    this_update = next(node for node in _responses(tbs).walk() if node.tag == 0x18)
    this_update.content = this_update.content[:-1] + b".5Z"


def _critical(tbs: Node) -> None:
    """An extension that nobody knows and that says it must be known."""
    extensions = next(part for part in tbs.parts if part.tag == 0xA1).parts[0]
    unknown = parse(bytes.fromhex("30100603 2A0304 0101FF 0406 040401020304".replace(" ", "")))
    extensions.parts.append(unknown)
