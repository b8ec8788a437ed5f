"""Which cards are accepted, and whom they name. What is refused stands in test_eid_refusals.py."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from services.identity.eid import EidRefused, TrustStore, validate
from services.identity.eid.shipped_trust import shipped_trust
from tests.identity.pki import FOREIGNER_POLICY, NONCE, NOW, NUMBER, ORIGIN, name, person_name, pki

VECTORS = Path(__file__).parent / "vectors"
# The challenge and the page that this public test token was made for, as published with the Web EID project's own tests.
NORA_NONCE = "iMeEwP2cgUINY2XoO/lqEpOUn7z/ysHRqGXkGKC4VXE="
NORA_ORIGIN = "https://47f0-46-131-86-189.ngrok-free.app"
NORA_TIME = datetime(2024, 12, 24, tzinfo=UTC)


def accept(token: Any, **changes: Any) -> Any:
    options = {"nonce": NONCE, "origin": ORIGIN, "now": NOW, "trust": pki().trust, **changes}
    return validate(token, **options)


def nora_token() -> dict[str, Any]:
    return json.loads((VECTORS / "token_ecc.json").read_text())


def nora_trust() -> TrustStore:
    roots = [x509.load_pem_x509_certificate((VECTORS / "be_test_ec_root_ca.pem").read_bytes())]
    intermediates = [x509.load_pem_x509_certificate((VECTORS / "be_test_ec_citizen_ca.pem").read_bytes())]
    return TrustStore(roots, intermediates)


def test_the_real_test_card_is_accepted_at_its_time_with_its_authorities() -> None:
    holder = validate(nora_token(), nonce=NORA_NONCE, origin=NORA_ORIGIN, now=NORA_TIME, trust=nora_trust())
    assert (holder.first_names, holder.last_name) == ("Nora Angèle", "Specimen")
    assert holder.national_number == "01050399864"
    assert (holder.birth_date, holder.sex) == (date(2001, 5, 3), "female")


def test_the_real_test_card_is_accepted_as_json_text() -> None:
    text = json.dumps(nora_token())
    assert validate(text, nonce=NORA_NONCE, origin=NORA_ORIGIN, now=NORA_TIME, trust=nora_trust()).country == "BE"


def test_the_real_test_card_is_refused_with_the_belgian_production_authorities() -> None:
    with pytest.raises(EidRefused) as refusal:
        validate(nora_token(), nonce=NORA_NONCE, origin=NORA_ORIGIN, now=NORA_TIME, trust=shipped_trust())
    assert refusal.value.code == "certificate-not-trusted"


def test_only_the_signature_of_the_real_test_card_depends_on_challenge_and_page() -> None:
    for changes in ({"nonce": NONCE}, {"origin": ORIGIN}):
        options: dict[str, Any] = {"nonce": NORA_NONCE, "origin": NORA_ORIGIN, **changes}
        with pytest.raises(EidRefused) as refusal:
            validate(nora_token(), now=NORA_TIME, trust=nora_trust(), **options)
        assert refusal.value.code == "signature-invalid"


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_every_supported_algorithm_is_accepted(algorithm: str) -> None:
    assert accept(pki().card(algorithm=algorithm).token()).last_name == "Vervloesem"


def test_the_card_of_a_foreigner_living_in_belgium_is_accepted() -> None:
    card = pki().card(issuer=pki().foreigner, policy=FOREIGNER_POLICY, first="", last="Okonkwo", country="BE")
    holder = accept(card.token())
    assert (holder.first_names, holder.last_name) == ("", "Okonkwo")
    assert holder.national_number == NUMBER


def test_a_card_without_extended_key_usage_is_accepted() -> None:
    assert accept(pki().card(extended=[]).token()).national_number == NUMBER


def test_unknown_fields_and_later_minor_formats_are_accepted() -> None:
    token = pki().card().token(format="web-eid:1.1", unverifiedSigningCertificates=[{"x": 1}], more={"deep": [1]})
    assert accept(token).national_number == NUMBER


@pytest.mark.parametrize("edge", [NOW - timedelta(days=100), NOW + timedelta(days=1000)])
def test_both_ends_belong_to_the_validity(edge: datetime) -> None:
    assert accept(pki().card().token(), now=edge).national_number == NUMBER


@pytest.mark.parametrize(
    "origin", ["http://localhost:8080", "http://127.0.0.1:8080", "https://xn--bcher-kva.example:8443"]
)
def test_the_page_may_be_on_this_machine_or_have_a_port(origin: str) -> None:
    assert accept(pki().card().token(origin=origin), origin=origin).national_number == NUMBER


def test_a_time_without_zone_is_taken_for_utc() -> None:
    assert accept(pki().card().token(), now=NOW.replace(tzinfo=None)).national_number == NUMBER


@pytest.mark.parametrize(
    ("number", "birth_date", "sex"),
    [
        ("85073003328", date(1985, 7, 30), "male"),
        ("17073003384", date(2017, 7, 30), "male"),
        ("01050399864", date(2001, 5, 3), "female"),
        ("98472899765", date(1998, 7, 28), "male"),  # bis number, sex known
        ("01490700185", date(2001, 9, 7), "male"),  # bis number of someone born in 2001
        ("00000100195", None, "male"),  # nothing known of the birth
    ],
)
def test_the_number_gives_birth_date_and_sex(number: str, birth_date: date | None, sex: str | None) -> None:
    holder = accept(pki().card(number=number).token())
    assert (holder.national_number, holder.birth_date, holder.sex) == (number, birth_date, sex)


@pytest.mark.parametrize("number", ["85073003329", "PNOBE-85073003328", "PNOEE-38001085718", "850730-033-28", ""])
def test_a_serial_number_that_is_no_belgian_number_gives_a_cardholder_without_number(number: str) -> None:
    holder = accept(pki().card(number=number).token())
    assert (holder.national_number, holder.birth_date, holder.sex) == (None, None, None)


def test_the_number_of_another_country_is_never_taken_for_a_belgian_one() -> None:
    root = pki().root
    estonian = root.authority("Estonian CA", country="EE")
    trust = TrustStore([root.certificate], [estonian.certificate])
    card = pki().card(issuer=estonian, country="EE", number=NUMBER)
    holder = accept(card.token(), trust=trust)
    assert holder.national_number is None
    assert "SERIALNUMBER" in holder.subject or "2.5.4.5=" in holder.subject


def test_a_card_with_two_serial_numbers_gives_a_cardholder_without_number() -> None:
    subject = x509.Name([*person_name(), *name(serial="17073003384")])
    assert accept(pki().card(subject=subject).token()).national_number is None


def test_other_policies_are_accepted_where_they_are_configured() -> None:
    trust = pki().trust
    other = TrustStore(trust.roots, trust.intermediates, allowed_policies=frozenset({"1.3.6.1.4.1.51361.1.2.1"}))
    card = pki().card(policy="1.3.6.1.4.1.51361.1.2.1", country="EE", number="PNOEE-38001085718")
    assert accept(card.token(), trust=other).national_number is None


def test_names_are_one_line_in_the_usual_composition() -> None:
    card = pki().card(first="Zoé\u0301\n\tX", last="D\u2019Hondt\u0000")
    holder = accept(card.token())
    assert holder.last_name == "D\u2019Hondt"
    assert "\n" not in holder.first_names


def test_a_cardholder_shows_neither_name_nor_number_when_printed() -> None:
    shown = repr(accept(pki().card().token()))
    assert NUMBER not in shown
    assert "Vervloesem" not in shown


def test_the_fingerprint_is_that_of_the_certificate() -> None:
    import hashlib

    card = pki().card()
    assert accept(card.token()).certificate_sha256 == hashlib.sha256(card.der).hexdigest()
    assert base64.b64decode(str(card.token()["unverifiedCertificate"])) == card.der
