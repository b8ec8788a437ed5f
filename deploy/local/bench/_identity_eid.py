"""How many identity cards are validated a second, on one core."""

import base64
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from deploy.local.bench import Figure
from services.identity.eid.trust_store import TrustStore
from services.identity.eid.validation import validate
from tools.world.cards import Person, issue_card, national_number, now_utc, sign_token
from tools.world.pki import make_pki, read_pki

CARDS = 150
ROUNDS = 7
ORIGIN, NONCE = "https://bench.example", base64.b64encode(bytes(32)).decode()
COORDINATE_BYTES = 48


def eid_validations(folder: Path) -> Figure:
    """Each round with an empty store of trust: every card is a new one, and its whole path is verified."""
    pki, now = read_pki(make_pki(folder / "pki")), now_utc()
    citizen = pki.authorities["citizen"]
    cards = [
        issue_card(
            Person(first_name="Ada", last_name="Bench", national_number=national_number(date(1990, 1, 2), "F", number)),
            citizen,
            authority="citizen",
            algorithm="ES384",
            condition="valid",
            ocsp_url="https://bench.example/ocsp",
            crl_url="https://bench.example/crl",
            now=now,
        )
        for number in range(CARDS)
    ]
    tokens = [sign_token(card, ORIGIN, NONCE) for card in cards]
    issuers = [issuer.certificate for issuer in pki.authorities.values()]

    def validate_all() -> None:
        trust = TrustStore(roots=[pki.root], intermediates=issuers)
        for token in tokens:
            validate(token, nonce=NONCE, origin=ORIGIN, now=now, trust=trust)

    parts = [_parts(token) for token in tokens]

    def verify_all() -> None:
        for leaf, signature in parts:
            leaf.verify_directly_issued_by(citizen.certificate)
            _key(leaf).verify(signature, _signed(), ec.ECDSA(hashes.SHA384()))

    turns = [(_per_s(verify_all), _per_s(validate_all)) for _ in range(ROUNDS)]
    bare, value = (statistics.median(turn) for turn in zip(*turns, strict=True))
    ratio = statistics.median(served / alone for alone, served in turns)
    against = f"bare verification of both signatures on one core: {bare:.0f}/s"
    return Figure("eid-validations", round(value), "cards/s", against, round(ratio, 2))


def _per_s(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return CARDS / (time.perf_counter() - began)


def _parts(token: dict[str, str]) -> tuple[x509.Certificate, bytes]:
    leaf = x509.load_der_x509_certificate(base64.b64decode(token["unverifiedCertificate"]))
    raw = base64.b64decode(token["signature"])
    r, s = (int.from_bytes(half, "big") for half in _halves(raw))
    return leaf, encode_dss_signature(r, s)


def _halves(raw: bytes) -> Sequence[bytes]:
    return raw[:COORDINATE_BYTES], raw[COORDINATE_BYTES:]


def _key(leaf: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _signed() -> bytes:
    def digest(text: str) -> bytes:
        made = hashes.Hash(hashes.SHA384())
        made.update(text.encode())
        return made.finalize()

    return digest(ORIGIN) + digest(NONCE)
