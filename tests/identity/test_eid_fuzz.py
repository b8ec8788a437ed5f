"""Whatever arrives as a card's token, or as an authority's answer: it is believed or refused with a code, and nothing else comes out.

The same examples each time: what fails here fails for whoever looks into it.
"""

import base64
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.identity.eid import Cardholder, EidRefused, validate
from services.identity.eid.revocation import crl
from services.identity.eid.revocation.answers import Answer, NotAnswered
from services.identity.eid.revocation.ocsp import question, read_answer
from tests.identity.der import Node, parse
from tests.identity.pki import NONCE, NOW, ORIGIN, Card, pki
from tests.identity.responder import delegate, ocsp_answer, revoked_list

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=10,
)
FIELDS = ("format", "algorithm", "signature", "unverifiedCertificate", "appVersion")
SIGNED = ("algorithm", "signature", "unverifiedCertificate")
CHANGED_BYTES = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 255)), min_size=1, max_size=4)
DER = Encoding.DER
QUESTION_NONCE = b"q" * 32

# Those that a reader of cards looks at, and one that nobody knows.
OIDS = (
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.BasicConstraints.oid,
    x509.CertificatePolicies.oid,
    x509.SubjectAlternativeName.oid,
    x509.NameConstraints.oid,
    x509.AuthorityKeyIdentifier.oid,
    x509.AuthorityInformationAccess.oid,
    x509.CRLDistributionPoints.oid,
    x509.ObjectIdentifier("1.2.3.4.5"),
)
# UTF8, printable, T.61, IA5, visible, universal, BMP strings; then what is no string at all.
STRING_TAGS = (0x0C, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E, 0x04, 0x02, 0x05, 0x30)


def fuzzed(examples: int) -> Callable[..., Any]:
    checks = [HealthCheck.too_slow, HealthCheck.differing_executors]
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=checks)


def outcome(token: Any) -> Cardholder | EidRefused:
    try:
        return validate(token, nonce=NONCE, origin=ORIGIN, now=NOW, trust=pki().trust)
    except EidRefused as refused:
        return refused


@cache
def card_of(algorithm: str = "ES384") -> Card:
    return pki().card(algorithm=algorithm, ocsp_url="http://ocsp.example/", crl_url="http://crl.example/")


def with_certificate(der: bytes) -> dict[str, object]:
    return card_of().token(unverifiedCertificate=base64.b64encode(der).decode())


def changed(der: bytes, changes: list[tuple[int, int]]) -> bytes:
    """Each change turns over at least one bit."""
    result = bytearray(der)
    for position, bits in changes:
        result[position % len(result)] ^= bits
    return bytes(result)


def signed_again(tree: Node) -> bytes:
    """By the authority itself: what is odd about it is then all that can be wrong."""
    tree.parts[2].content = b"\0" + pki().citizen.key.sign(tree.parts[0].encode(), ec.ECDSA(hashes.SHA384()))
    return tree.encode()


@fuzzed(300)
@given(st.one_of(st.text(max_size=400), JSON, st.fixed_dictionaries(dict.fromkeys(FIELDS, JSON))))
def test_fuzz_any_input_gives_a_refusal(token: Any) -> None:
    assert isinstance(outcome(token), EidRefused)


@fuzzed(300)
@given(st.sampled_from(FIELDS), st.integers(0, 2000), st.characters(), st.sampled_from(["ES384", "RS256"]))
def test_fuzz_one_changed_character_is_refused_or_harmless(
    field: str, position: int, char: str, algorithm: str
) -> None:
    token = card_of(algorithm).token()
    text = str(token[field])
    position %= len(text)
    other = text[:position] + char + text[position + 1 :]
    result = outcome({**token, field: other})
    # Accepted means unchanged in meaning: an unused field, or the very same bytes.
    if isinstance(result, Cardholder) and field in SIGNED:
        assert other == text or base64.b64decode(other) == base64.b64decode(text)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@fuzzed(500)
@given(CHANGED_BYTES, st.integers(0, 40))
def test_fuzz_a_certificate_that_was_changed_after_signing_is_never_believed(
    changes: list[tuple[int, int]], cut: int
) -> None:
    der = card_of().certificate.public_bytes(DER)
    other = changed(der, changes)[: len(der) - cut if cut > 20 else None]
    result = outcome(with_certificate(other))
    assert isinstance(result, EidRefused) or other == der


@fuzzed(150)
@given(CHANGED_BYTES, st.sampled_from(["ES384", "RS256", "PS256"]))
def test_fuzz_a_changed_signature_is_never_believed(changes: list[tuple[int, int]], algorithm: str) -> None:
    token = card_of(algorithm).token()
    signature = base64.b64decode(str(token["signature"]))
    other = changed(signature, changes)
    result = outcome({**token, "signature": base64.b64encode(other).decode()})
    assert isinstance(result, EidRefused) or other == signature


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@fuzzed(300)
@given(st.data())
def test_fuzz_odd_extensions_under_a_right_signature(data: st.DataObject) -> None:
    """Added, taken away, doubled or garbled, by an authority that we trust."""
    tree = parse(card_of().certificate.public_bytes(DER))
    extensions = tree.parts[0].parts[-1].parts[0].parts
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(extensions)))
        action = data.draw(st.sampled_from(["add", "remove", "double", "garble"]))
        if action == "add" or place == len(extensions):
            value = data.draw(st.binary(max_size=40))
            extensions.insert(place, _extension(data.draw(st.sampled_from(OIDS)), value, data.draw(st.booleans())))
        elif action == "remove":
            extensions.pop(place)
        elif action == "double":
            extensions.insert(place, extensions[place])
        else:
            content = extensions[place].parts[-1].content
            garbled = changed(content or b"\0", data.draw(CHANGED_BYTES))
            extensions[place] = Node(0x30, parts=[*extensions[place].parts[:-1], Node(0x04, garbled)])
    outcome(with_certificate(signed_again(tree)))


@pytest.mark.filterwarnings("ignore")
@fuzzed(300)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(STRING_TAGS), st.binary(max_size=30)), min_size=1))
def test_fuzz_names_in_odd_encodings_under_a_right_signature(changes: list[tuple[int, int, bytes]]) -> None:
    tree = parse(card_of().certificate.public_bytes(DER))
    subject = tree.parts[0].parts[5]
    for place, tag, content in changes:
        attribute = subject.parts[place].parts[0]
        attribute.parts[1] = Node(tag, content) if not tag & 0x20 else Node(tag, parts=[Node(0x0C, content)])
    result = outcome(with_certificate(signed_again(tree)))
    if isinstance(result, Cardholder):
        assert result.last_name.isprintable()
        assert result.first_names.isprintable()
        assert result.national_number is None or len(result.national_number) == 11


@pytest.mark.filterwarnings("ignore")
@fuzzed(300)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["tag", "empty", "double", "drop", "time", "number"]),
    st.binary(max_size=20),
)
def test_fuzz_odd_structures_under_a_right_signature(place: int, action: str, content: bytes) -> None:
    tree = parse(card_of().certificate.public_bytes(DER))
    nodes = list(tree.parts[0].walk())
    node = nodes[place % len(nodes)]
    if action == "tag":
        node.tag = (content or b"\x02")[0] & 0xDF | (node.tag & 0x20)
    elif action == "empty":
        node.content, node.parts = b"", []
    elif action == "double":
        node.parts = node.parts * 2
    elif action == "drop":
        node.parts = node.parts[1:]
    elif not node.tag & 0x20:
        node.content = b"20260301120000.5Z" if action == "time" else content
    result = outcome(with_certificate(signed_again(tree)))
    assert isinstance(result, (Cardholder, EidRefused))


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@fuzzed(300)
@given(CHANGED_BYTES)
def test_fuzz_a_changed_answer_of_a_responder_is_never_believed(changes: list[tuple[int, int]]) -> None:
    card, der = _answered()
    other = changed(der, changes)
    assert isinstance(_read(other, card), NotAnswered) or _meaning(other) == _meaning(der)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@fuzzed(200)
@given(CHANGED_BYTES)
def test_fuzz_a_changed_list_is_never_believed(changes: list[tuple[int, int]]) -> None:
    card = card_of()
    der = _listed()
    other = changed(der, changes)
    try:
        found = crl.read_list(other, pki().citizen.certificate, address="http://crl.example/")
        crl.look_up(card.certificate, found, max_age=timedelta(days=1), now=NOW)
    except NotAnswered:
        return
    assert other == der


def _read(der: bytes, card: Card) -> Answer | NotAnswered:
    options: dict[str, Any] = {"nonce_required": False, "max_age": timedelta(days=1), "now": NOW}
    try:
        return read_answer(der, card.certificate, pki().citizen.certificate, nonce=QUESTION_NONCE, **options)
    except NotAnswered as failure:
        return failure


@cache
def _answered() -> tuple[Card, bytes]:
    card = card_of()
    asked = question(card.certificate, pki().citizen.certificate, nonce=QUESTION_NONCE)
    return card, ocsp_answer(asked, card, signer=delegate())


def _meaning(der: bytes) -> bytes:
    """What the responder signed; the envelope around it is nobody's word."""
    return ocsp.load_der_ocsp_response(der).tbs_response_bytes


@cache
def _listed() -> bytes:
    return revoked_list(pki().card())


def _extension(oid: x509.ObjectIdentifier, value: bytes, critical: bool) -> Node:
    parts = [Node(0x06, _oid(oid)), Node(0x01, b"\xff"), Node(0x04, value)]
    return Node(0x30, parts=parts if critical else [parts[0], parts[2]])


def _oid(oid: x509.ObjectIdentifier) -> bytes:
    first, second, *rest = map(int, oid.dotted_string.split("."))
    digits = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        digits += bytes(reversed(septets))
    return bytes(digits)
