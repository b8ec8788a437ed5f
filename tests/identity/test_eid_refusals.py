"""Every refusal of a card, one test each, in the order of the checks."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.identity.eid import EidRefused, TrustStore, validate
from services.identity.eid.refusals import CertificateRevoked, RevocationUnavailable
from tests.identity.pki import NONCE, NOW, ORIGIN, SIGNING_POLICY, key_for, key_usage, make_authority, pki


def refusal(token: Any, **changes: Any) -> str:
    options = {"nonce": NONCE, "origin": ORIGIN, "now": NOW, "trust": pki().trust, **changes}
    with pytest.raises(EidRefused) as caught:
        validate(token, **options)
    return caught.value.code


@pytest.mark.parametrize(
    "origin",
    [
        "https://immo.example/",
        "https://immo.example/page",
        "http://immo.example",
        "https://Immo.example",
        "https://bücher.example",
        "https://immo.example:443",
        "https://user@immo.example",
        "immo.example",
        "https://immo.example\n",
        "http://localhost.example",
        "",
    ],
)
def test_an_origin_that_no_browser_would_send_is_a_misconfiguration(origin: str) -> None:
    assert refusal(pki().card().token(origin=origin), origin=origin) == "origin-misconfigured"


def test_without_a_challenge_nothing_is_accepted() -> None:
    assert refusal(pki().card().token(nonce=""), nonce="") == "challenge-missing"


@pytest.mark.parametrize("field", ["format", "algorithm", "signature", "unverifiedCertificate"])
@pytest.mark.parametrize("value", [None, "", 7, ["x"], {"a": "b"}])
def test_a_field_that_is_missing_or_no_text_is_malformed(field: str, value: object) -> None:
    assert refusal(pki().card().token(**{field: value})) == "token-malformed"


@pytest.mark.parametrize(
    "version", ["web-eid:10", "web-eid:2.0", "web-eid:1.", "web-eid:1.0\n", "Web-eid:1", "web-eid:1.٣"]
)
def test_another_format_is_malformed(version: str) -> None:
    assert refusal(pki().card().token(format=version)) == "token-malformed"


@pytest.mark.parametrize("text", ["", "x" * 99, "[" * 5000, '"' + "x" * 200 + '"', "1" * 5000, "null" + " " * 100])
def test_text_that_is_no_token_is_malformed(text: str) -> None:
    assert refusal(text) == "token-malformed"


def test_a_token_that_is_too_long_is_malformed() -> None:
    assert refusal(json.dumps(pki().card().token(appVersion="x" * 10_000))) == "token-malformed"
    assert refusal(pki().card().token(appVersion="x" * 10_000)) == "token-malformed"


def test_base64_that_is_not_quite_right_is_malformed() -> None:
    assert refusal(pki().card().token(signature="AAA")) == "token-malformed"
    assert refusal(pki().card().token(unverifiedCertificate="é" * 200)) == "token-malformed"


@pytest.mark.parametrize("algorithm", ["none", "NONE", "HS256", "HS512", "ES256K", "EdDSA", "es384"])
def test_an_algorithm_that_is_not_on_the_list_is_unsupported(algorithm: str) -> None:
    assert refusal(pki().card().token(algorithm=algorithm)) == "algorithm-unsupported"


@pytest.mark.parametrize("change", ["truncated", "trailing", "text", "flipped"])
def test_a_certificate_that_cannot_be_parsed_is_unreadable(change: str) -> None:
    der = pki().card().der
    broken = {"truncated": der[:-10], "trailing": der + b"\0", "text": b"x" * 300, "flipped": b"\x31" + der[1:]}
    text = base64.b64encode(broken[change]).decode()
    assert refusal(pki().card().token(unverifiedCertificate=text)) == "certificate-unreadable"


def test_the_algorithm_must_fit_the_key() -> None:
    elliptic, rsa = pki().card(), pki().card(algorithm="RS256")
    assert refusal(elliptic.token(algorithm="RS256")) == "algorithm-mismatch"
    assert refusal(elliptic.token(algorithm="ES256")) == "algorithm-mismatch"
    assert refusal(rsa.token(algorithm="ES384")) == "algorithm-mismatch"


def test_a_key_of_an_unknown_kind_fits_no_algorithm() -> None:
    card = pki().card(key=ed25519.Ed25519PrivateKey.generate())
    assert refusal({**pki().card().token(), **_certificate(card)}) == "algorithm-mismatch"


def test_an_rsa_key_below_2048_bits_has_the_wrong_purpose() -> None:
    assert refusal(pki().card(algorithm="RS256", key=key_for("RS-1024")).token()) == "wrong-purpose"


def test_a_curve_that_is_not_on_the_list_is_refused() -> None:
    card = pki().card(key=ec.generate_private_key(ec.SECP256K1()), algorithm="ES256")
    assert refusal(card.token()) == "algorithm-mismatch"


def test_a_signing_certificate_has_the_wrong_purpose() -> None:
    card = pki().card(usage=key_usage(content_commitment=True), policy=SIGNING_POLICY)
    assert refusal(card.token()) == "wrong-purpose"


def test_a_certificate_for_servers_has_the_wrong_purpose() -> None:
    assert refusal(pki().card(extended=[ExtendedKeyUsageOID.SERVER_AUTH]).token()) == "wrong-purpose"


def test_the_certificate_of_an_authority_has_the_wrong_purpose() -> None:
    assert refusal(pki().card(is_ca=True).token()) == "wrong-purpose"
    assert (
        refusal(pki().card(is_ca=True, usage=key_usage(digital_signature=True, key_cert_sign=True)).token())
        == "wrong-purpose"
    )


@pytest.mark.parametrize("policy", [SIGNING_POLICY, "2.16.56.12.1.1.2.22", "1.2.3.4", None])
def test_a_policy_that_is_not_on_the_list_is_not_allowed(policy: str | None) -> None:
    assert refusal(pki().card(policy=policy).token()) == "policy-not-allowed"


def test_a_policy_on_the_deny_list_is_not_allowed() -> None:
    trust = TrustStore(pki().trust.roots, pki().trust.intermediates, denied_policies=frozenset({"2.16.56.12.1.1.2.2"}))
    assert refusal(pki().card().token(), trust=trust) == "policy-not-allowed"


def test_a_card_before_its_time_is_not_yet_valid() -> None:
    card = pki().card(not_before=NOW + timedelta(seconds=1))
    assert refusal(card.token()) == "certificate-not-yet-valid"


def test_a_card_after_its_time_has_expired() -> None:
    card = pki().card(not_after=NOW - timedelta(seconds=1))
    assert refusal(card.token()) == "certificate-expired"


def test_a_card_of_strangers_is_not_trusted() -> None:
    stranger = make_authority("Test eID Root CA", path_length=1)
    card = pki().card(issuer=stranger.authority("Test Citizen CA"))
    assert refusal(card.token()) == "certificate-not-trusted"


def test_the_certificate_chain_cannot_come_with_the_token() -> None:
    other = pki().root.authority("Unlisted CA")
    token = pki().card(issuer=other).token(x5c=[base64.b64encode(b"any").decode()])
    assert refusal(token) == "certificate-not-trusted"


def _trust_of(*intermediates: Any, root: Any = None) -> TrustStore:
    return TrustStore([(root or pki().root).certificate], [authority.certificate for authority in intermediates])


def test_an_intermediate_that_may_not_sign_certificates_is_not_trusted() -> None:
    weak = pki().root.authority("No Sign CA", usage=key_usage(crl_sign=True))
    assert refusal(pki().card(issuer=weak).token(), trust=_trust_of(weak)) == "certificate-not-trusted"


def test_an_intermediate_that_is_no_authority_is_not_trusted() -> None:
    person = pki().root.authority("Person", is_ca=False)
    assert refusal(pki().card(issuer=person).token(), trust=_trust_of(person)) == "certificate-not-trusted"


def test_an_expired_intermediate_is_not_trusted() -> None:
    old = pki().root.authority("Old CA", not_after=NOW - timedelta(days=1))
    assert refusal(pki().card(issuer=old).token(), trust=_trust_of(old)) == "certificate-not-trusted"


def test_an_expired_root_is_not_trusted() -> None:
    root = make_authority("Old Root", path_length=1, not_after=NOW - timedelta(days=1))
    citizen = root.authority("CA under an old root")
    assert refusal(pki().card(issuer=citizen).token(), trust=_trust_of(citizen, root=root)) == "certificate-not-trusted"


def test_a_path_longer_than_an_authority_allows_is_not_trusted() -> None:
    below = pki().citizen.authority("CA below a citizen CA")
    card = pki().card(issuer=below)
    assert refusal(card.token(), trust=_trust_of(pki().citizen, below)) == "certificate-not-trusted"


def test_without_roots_nobody_is_trusted() -> None:
    assert refusal(pki().card().token(), trust=TrustStore([], [pki().citizen.certificate])) == "certificate-not-trusted"


def test_a_card_configured_as_root_does_not_vouch_for_itself() -> None:
    card = pki().card()
    assert refusal(card.token(), trust=TrustStore([card.certificate], [])) == "certificate-not-trusted"


@pytest.mark.parametrize("answer", [CertificateRevoked, RevocationUnavailable])
def test_what_the_revocation_check_says_counts(answer: type[EidRefused]) -> None:
    def revocation(leaf: x509.Certificate, issuer: x509.Certificate, *, now: object) -> None:
        assert issuer == pki().citizen.certificate
        raise answer()

    assert refusal(pki().card().token(), revocation=revocation) == answer.code


def test_revocation_is_asked_only_once_the_path_is_proven() -> None:
    asked: list[x509.Certificate] = []

    def revocation(leaf: x509.Certificate, issuer: x509.Certificate, *, now: object) -> None:
        asked.append(leaf)

    stranger = make_authority("Stranger")
    assert refusal(pki().card(issuer=stranger).token(), revocation=revocation) == "certificate-not-trusted"
    assert asked == []
    assert refusal(pki().card().token(nonce="another"), revocation=revocation) == "signature-invalid"
    assert len(asked) == 1


def test_a_signature_over_another_challenge_or_page_is_invalid() -> None:
    assert refusal(pki().card().token(nonce="x" * 44)) == "signature-invalid"
    assert refusal(pki().card().token(origin="https://phisher.example")) == "signature-invalid"


def test_a_signature_over_the_decoded_challenge_is_invalid() -> None:
    card = pki().card()
    decoded = base64.b64decode(NONCE).decode()
    assert refusal(card.token(nonce=decoded)) == "signature-invalid"


def test_a_signature_in_der_form_or_cut_short_is_invalid() -> None:
    card = pki().card()
    signature = card.sign(nonce=NONCE, origin=ORIGIN)
    for broken in (signature[:-1], signature + b"\0", b"\0" * 96, card.key.sign(b"x", ec.ECDSA(_sha384()))):
        assert refusal(card.token(signature=base64.b64encode(broken).decode())) == "signature-invalid"


def test_a_signature_by_another_card_is_invalid() -> None:
    thief = pki().card(key=ec.generate_private_key(ec.SECP384R1()))
    assert refusal({**thief.token(), **_certificate(pki().card())}) == "signature-invalid"


@pytest.mark.parametrize(("made_as", "told_as"), [("PS256", "RS256"), ("RS256", "PS256"), ("RS256", "RS384")])
def test_a_signature_of_another_algorithm_of_the_same_key_is_invalid(made_as: str, told_as: str) -> None:
    assert refusal(pki().card(algorithm=made_as).token(algorithm=told_as)) == "signature-invalid"


def _certificate(card: Any) -> dict[str, str]:
    return {"unverifiedCertificate": base64.b64encode(card.der).decode()}


def _sha384() -> Any:
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA384()
