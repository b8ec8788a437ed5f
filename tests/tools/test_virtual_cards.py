"""Virtual cards: their certificates are as Belgian ones are, chain to the test root, and sign tokens that verify."""

import base64
import subprocess
import sys
from datetime import UTC, date, datetime
from hashlib import sha256, sha384
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtensionOID, NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum.be import nn

from tests.tools.conftest import ROOT, WorldProcess
from tools.world.cards import Sex, national_number, sign_token

ORIGIN = "http://127.0.0.1:8080"
NONCE = base64.b64encode(bytes(range(32))).decode()


def issue(http: httpx.Client, **wanted: Any) -> dict[str, Any]:
    answer = http.post("/cards", json={"first_name": "Anna Maria", "last_name": "Peeters", **wanted})
    assert answer.status_code == 201
    return answer.json()


def leaf_of(card: dict[str, Any]) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(card["certificate"]))


def read(folder: Path) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(path.read_bytes()) for path in folder.glob("*.pem")]


def verify(world: WorldProcess, leaf: x509.Certificate) -> list[x509.Certificate]:
    """Check the path as the platform must: own end-entity policy, because Belgian leaves have no alternative name."""
    pki = world.data / "pki"
    verifier = (
        PolicyBuilder()
        .store(Store(read(pki / "roots")))
        .time(datetime.now(UTC))
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    return verifier.verify(leaf, read(pki / "intermediates")).chain


def check_signed_for(token: dict[str, str], origin: str = ORIGIN) -> None:
    """Raise InvalidSignature unless the token is signed for the origin and NONCE with its certificate's key."""
    key = leaf_of({"certificate": token["unverifiedCertificate"]}).public_key()
    signature = base64.b64decode(token["signature"])
    if isinstance(key, ec.EllipticCurvePublicKey):
        assert (token["algorithm"], len(signature)) == ("ES384", 96)
        signed = sha384(origin.encode()).digest() + sha384(NONCE.encode()).digest()
        r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA384()))
    else:
        assert isinstance(key, rsa.RSAPublicKey)
        assert token["algorithm"] == "RS256"
        signed = sha256(origin.encode()).digest() + sha256(NONCE.encode()).digest()
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("algorithm", ["ES384", "RS256"])
@pytest.mark.parametrize("authority", ["citizen", "foreigner"])
def test_a_card_chains_to_the_root_and_its_token_verifies(
    world: WorldProcess, http: httpx.Client, algorithm: str, authority: str
) -> None:
    card = issue(http, algorithm=algorithm, authority=authority)
    chain = verify(world, leaf_of(card))
    assert len(chain) == 3
    token = sign_token(card, ORIGIN, NONCE)
    check_signed_for(token)
    assert token["format"] == "web-eid:1.0"


def test_a_leaf_looks_like_a_belgian_one(http: httpx.Client) -> None:
    card = issue(http, birth_date="1985-07-30", sex="F")
    leaf = leaf_of(card)
    subject = {attribute.oid: attribute.value for attribute in leaf.subject}
    assert subject[NameOID.COMMON_NAME] == "Anna Peeters (Authentication)"
    assert subject[NameOID.GIVEN_NAME] == "Anna Maria"
    assert subject[NameOID.SERIAL_NUMBER] == card["national_number"]
    present = {extension.oid for extension in leaf.extensions}
    absent = {
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    }
    assert not present & absent
    [policy] = leaf.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policy.policy_identifier.dotted_string == "2.16.56.12.1.1.2.2"
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature


def test_a_national_number_tells_birth_date_and_sex_and_is_nobody_elses(http: httpx.Client) -> None:
    numbers = [issue(http, birth_date="2001-02-03", sex="M")["national_number"] for _ in range(5)]
    assert len(set(numbers)) == 5
    for number in numbers:
        assert nn.get_birth_date(number) == date(2001, 2, 3)
        assert nn.get_gender(number) == "M"


@given(
    birth=st.dates(date(1930, 1, 1), date(2012, 12, 31)),
    sex=st.sampled_from(["M", "F"]),
    counter=st.integers(0, 498),
)
def test_every_made_up_national_number_is_valid(birth: date, sex: Sex, counter: int) -> None:
    number = national_number(birth, sex, counter)
    assert nn.is_valid(number)
    assert (nn.get_birth_date(number), nn.get_gender(number)) == (birth, sex)


def test_the_registry_knows_what_the_holder_of_a_new_card_holds(http: httpx.Client) -> None:
    card = issue(http, recognitions=["ipi", "fs323"])
    answer = http.post("/registry/v1/lookup", json={"national_number": card["national_number"]}).json()
    assert [held["kind"] for held in answer["recognitions"]] == ["ipi", "fs323"]
    assert answer["person"]["last_name"] == "Peeters"
    newest = http.get("/cards").json()[0]
    assert (newest["card_id"], newest["recognitions"]) == (card["card_id"], ["ipi", "fs323"])


def test_a_renewed_card_is_another_certificate_of_the_same_person(http: httpx.Client) -> None:
    old = issue(http, recognitions=["ipi"])
    new = issue(http, national_number=old["national_number"])
    assert new["card_id"] != old["card_id"]
    assert new["national_number"] == old["national_number"]
    assert http.get("/cards").json()[0]["recognitions"] == ["ipi"]


def test_an_expired_card_does_not_chain(world: WorldProcess, http: httpx.Client) -> None:
    leaf = leaf_of(issue(http, condition="expired"))
    with pytest.raises(VerificationError):
        verify(world, leaf)


def test_the_responder_tells_good_cards_from_revoked_ones(world: WorldProcess, http: httpx.Client) -> None:
    card = issue(http)
    assert status_of(world, card) == ocsp.OCSPCertStatus.GOOD
    http.post(f"/cards/{card['card_id']}/revoke")
    assert status_of(world, card) == ocsp.OCSPCertStatus.REVOKED
    assert status_of(world, issue(http, condition="revoked")) == ocsp.OCSPCertStatus.REVOKED


def status_of(world: WorldProcess, card: dict[str, Any]) -> ocsp.OCSPCertStatus:
    """Ask the responder that the card itself names, and check who signed the answer."""
    leaf = leaf_of(card)
    issuer = next(ca for ca in read(world.data / "pki" / "intermediates") if ca.subject == leaf.issuer)
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    nonce = x509.OCSPNonce(b"0123456789abcdef")
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA1()).add_extension(nonce, False)
    asked = builder.build().public_bytes(Encoding.DER)
    answered = httpx.post(access[0].access_location.value, content=asked, trust_env=False)
    response = ocsp.load_der_ocsp_response(answered.content)
    [responder] = response.certificates
    responder.verify_directly_issued_by(issuer)
    signing_key = responder.public_key()
    assert isinstance(signing_key, ec.EllipticCurvePublicKey)
    signing_key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hashes.SHA384()))
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value == nonce
    return response.certificate_status


def test_the_authorities_are_made_once_and_say_that_they_are_test_ones(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "pki"
    command = [sys.executable, "-m", "tools.world", "make-pki", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    made = read(folder / "roots")
    subprocess.run(command, cwd=ROOT, check=True)
    assert read(folder / "roots") == made
    for authority in [*made, *read(folder / "intermediates")]:
        assert "TEST" in authority.subject.rfc4514_string()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["pki"]
