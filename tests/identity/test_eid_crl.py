"""Lists of revoked cards: which are believed. Pure; how they are fetched and kept is in test_eid_revocation.py."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from services.identity.eid.revocation.answers import Answer, NotAnswered
from services.identity.eid.revocation.crl import look_up, read_list
from tests.identity.pki import NOW, Authority, Card, key_usage, make_authority, pki
from tests.identity.responder import HOUR, revoked_list

ADDRESS = "http://crl.example/citizen.crl"


def answer(card: Card, der: bytes, **options: Any) -> Answer:
    found = read_list(der, options.pop("issuer", pki().citizen).certificate, address=ADDRESS)
    return look_up(card.certificate, found, **{"max_age": timedelta(days=1), "now": NOW, **options})


def reason(der: bytes, **options: Any) -> str:
    with pytest.raises(NotAnswered) as caught:
        answer(pki().card(), der, **options)
    assert not caught.value.is_outage
    return caught.value.reason


def point(**options: Any) -> tuple[x509.ExtensionType, bool]:
    usual = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**usual, **options}), True


def places(*addresses: str) -> list[x509.UniformResourceIdentifier]:
    return [x509.UniformResourceIdentifier(address) for address in addresses]


def test_a_list_says_which_cards_are_revoked_and_that_all_others_are_good() -> None:
    revoked, good = pki().card(), pki().card()
    der = revoked_list(pki().card(), revoked)
    assert answer(revoked, der).status == "revoked"
    assert (answer(good, der).status, answer(good, der).expires_at) == ("good", NOW + HOUR)


@pytest.mark.parametrize(
    "extension",
    [point(only_contains_user_certs=True), point(full_name=places("http://other.example/", ADDRESS))],
    ids=["for people", "its places"],
)
def test_a_list_may_say_where_it_is_and_that_it_is_for_people(extension: tuple[x509.ExtensionType, bool]) -> None:
    assert answer(pki().card(), revoked_list(extensions=(extension,))).status == "good"


@pytest.mark.parametrize(
    "extension",
    [
        point(only_contains_ca_certs=True),
        point(indirect_crl=True),
        point(only_contains_attribute_certs=True),
        point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        point(full_name=places("http://crl.example/other-part.crl")),
    ],
    ids=["authorities", "indirect", "attributes", "some reasons", "another part"],
)
def test_a_list_of_something_else_says_nothing(extension: tuple[x509.ExtensionType, bool]) -> None:
    assert reason(revoked_list(extensions=(extension,))) == "partial-list"


@pytest.mark.parametrize("critical", [True, False])
def test_changes_to_a_list_are_no_list(critical: bool) -> None:
    assert reason(revoked_list(extensions=((x509.DeltaCRLIndicator(1), critical),))) == "delta-list"


def test_what_is_critical_and_unknown_is_not_passed_over() -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert reason(revoked_list(extensions=((unknown, True),))) == "critical-extension"
    assert answer(pki().card(), revoked_list(extensions=((unknown, False),))).status == "good"


def test_only_the_cards_own_issuer_may_list_it() -> None:
    assert reason(revoked_list(issuer=pki().foreigner)) == "wrong-signer"
    assert reason(revoked_list(issuer=make_authority("Test Citizen CA"))) == "wrong-signer"
    assert reason(revoked_list(signed_with=ec.generate_private_key(ec.SECP384R1()))) == "wrong-signer"


def test_an_authority_that_may_not_sign_lists_signs_none() -> None:
    silent = pki().root.authority("Silent CA", usage=key_usage(key_cert_sign=True))
    assert reason(revoked_list(issuer=silent), issuer=silent) == "wrong-signer"


def test_a_list_ends_and_ages() -> None:
    der = revoked_list(last_update=NOW, next_update=NOW + timedelta(days=7))
    assert answer(pki().card(), der, now=NOW + timedelta(hours=20)).expires_at == NOW + timedelta(days=1)
    assert reason(der, now=NOW + timedelta(hours=25)) == "stale"
    assert reason(der, now=NOW - timedelta(minutes=16)) == "from-the-future"
    assert reason(der, now=NOW + timedelta(days=8), max_age=timedelta(days=30)) == "stale"


def test_garbage_and_changed_bytes_are_no_list() -> None:
    der = bytearray(revoked_list(pki().card()))
    assert reason(b"") == "malformed"
    assert reason(bytes(der[:-5])) == "malformed"
    der[-1] ^= 1
    assert reason(bytes(der)) == "wrong-signer"


def test_an_authority_of_the_same_name_and_another_key_cannot_stand_in() -> None:
    twin = Authority(make_authority("Test Citizen CA", issuer=pki().root).certificate, pki().citizen.key)
    assert reason(revoked_list(), issuer=twin) == "wrong-signer"
