"""Whose cards are believed: folders, pins, test authorities that must not get in, other countries, and hundreds of authorities."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from services.identity.eid import BELGIAN_POLICIES, Cardholder, EidRefused, TrustStore, shipped_trust, validate
from services.identity.eid.foreign_trust import load_foreign_trust
from services.identity.eid.imitations import test_mark as mark_of
from services.identity.eid.live_trust import LOOK_EVERY_S, LiveTrust
from services.identity.eid.shipped_trust import TrustRefused, load_trust
from services.identity.eid.trust_files import PINS, fingerprint
from tests.identity.pki import FOREIGNER_POLICY, NONCE, NOW, NUMBER, ORIGIN, Authority, Card, make_authority, pki
from tests.identity.test_service import settings
from tests.support.mint import Mint

VECTORS = Path(__file__).parent / "vectors"
EE_POLICY = "1.3.6.1.4.1.51361.1.2.1"
SHIPPED = shipped_trust.SHIPPED_FOLDER


def folder_of(folder: Path, roots: list[Any], intermediates: list[Any] = [], *, pinned: bool = True) -> Path:  # noqa: B006
    """Of authorities, or of their certificates."""
    pins: dict[str, dict[str, str]] = {}
    for kind, members in {"roots": roots, "intermediates": intermediates}.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        pins[kind] = {}
        for number, member in enumerate(members):
            certificate = member.certificate if isinstance(member, Authority) else member
            (folder / kind / f"{number}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
            pins[kind][f"{number}.pem"] = fingerprint(certificate)
    if pinned:
        (folder / PINS).write_text(json.dumps(pins))
    return folder


def pem(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def holder_of(card: Card, trust: TrustStore) -> Cardholder:
    return validate(card.token(), nonce=NONCE, origin=ORIGIN, now=NOW, trust=trust)


def estonia() -> tuple[Authority, Authority]:
    root = make_authority("EE Govroot", country="EE", path_length=1)
    return root, root.authority("EE Issuer", country="EE")


def test_a_file_that_is_not_the_one_that_was_pinned_is_refused(tmp_path: Path) -> None:
    folder_of(tmp_path, [pki().root], [pki().citizen])
    assert len(load_trust(tmp_path, is_production=False).intermediates) == 1
    (tmp_path / "intermediates" / "0.pem").write_bytes(pki().foreigner.certificate.public_bytes(Encoding.PEM))
    with pytest.raises(TrustRefused, match="pinned"):
        load_trust(tmp_path, is_production=False)


@pytest.mark.parametrize("content", ["[]", "{", '{"roots": []}'])
def test_pins_that_cannot_be_read_are_refused(tmp_path: Path, content: str) -> None:
    folder_of(tmp_path, [pki().root])
    (tmp_path / PINS).write_text(content)
    with pytest.raises(TrustRefused, match=r"hashes\.json"):
        load_trust(tmp_path, is_production=False)


def test_in_production_a_folder_may_repeat_what_is_shipped(tmp_path: Path) -> None:
    roots = [pem(path) for path in sorted((SHIPPED / "roots").glob("*.pem"))]
    intermediates = [pem(path) for path in sorted((SHIPPED / "intermediates").glob("*.pem"))]
    for pinned in (True, False):
        trust = load_trust(folder_of(tmp_path, roots, intermediates, pinned=pinned), is_production=True)
        assert (len(trust.roots), len(trust.intermediates)) == (4, 2)


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize("place", ["roots", "intermediates"])
@pytest.mark.parametrize("name", ["be_test_ec_root_ca.pem", "be_test_ec_citizen_ca.pem"])
def test_production_starts_with_no_test_authority_wherever_it_is_put(
    tmp_path: Path, mint: Mint, place: str, name: str, pinned: bool
) -> None:
    test_authority = [pem(VECTORS / name)]
    folder_of(tmp_path, *([test_authority] if place == "roots" else [[], test_authority]), pinned=pinned)
    with pytest.raises(ValidationError, match="not for production"):
        settings(mint, eid_trust=tmp_path)
    with pytest.raises(ValidationError, match="FOREIGN_TRUST"):
        settings(mint, eid_foreign_trust=tmp_path, eid_foreign_policies=frozenset({EE_POLICY}))


def test_production_refuses_a_namesake_of_a_belgian_root(tmp_path: Path) -> None:
    namesake = make_authority("Belgium Root CA4")
    with pytest.raises(TrustRefused, match="not for production"):
        load_trust(folder_of(tmp_path, [namesake]), is_production=True)
    with pytest.raises(TrustRefused, match="not for production"):
        load_trust(folder_of(tmp_path, [], [namesake.authority("Citizen CA")]), is_production=True)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"eid_revocation": "off"}, "EID_REVOCATION"),
        ({"eid_ocsp_hosts": frozenset({"127.0.0.1:8091"})}, "no authority's host"),
        ({"eid_crl_hosts": frozenset({"localhost"})}, "no authority's host"),
        ({"eid_ocsp_hosts": frozenset({"http://ocsp.eid.belgium.be/"})}, "is not a host"),
    ],
)
def test_production_asks_real_authorities_about_revocation(mint: Mint, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        settings(mint, **changes)


def test_test_authorities_give_themselves_away() -> None:
    marks = [mark_of(pem(path)) for path in (*VECTORS.glob("*.pem"), *SHIPPED.glob("*/*.pem"))]
    assert [mark is not None for mark in marks] == [True] * 2 + [False] * 6
    assert mark_of(make_authority("Attestation Authority").certificate) is None
    assert mark_of(make_authority("National Demo CA").certificate) == 'its name says "Demo"'
    issuer = make_authority("National CA")
    for url in ("http://127.0.0.1/ocsp", "http://ocsp.test/", "http://demo.authority.ee/", "http://ocsp/"):
        assert "points to" in (mark_of(pki().card(issuer=issuer, ocsp_url=url).certificate) or ""), url
    assert mark_of(pki().card(issuer=issuer, ocsp_url="http://ocsp.authority.ee/").certificate) is None


def test_another_countrys_root_counts_only_where_its_operator_pinned_it(tmp_path: Path) -> None:
    root, issuer = estonia()
    policies = frozenset({EE_POLICY})
    assert load_foreign_trust(None, policies, is_production=True) is None
    trust = load_foreign_trust(folder_of(tmp_path / "pinned", [root], [issuer]), policies, is_production=True)
    assert trust is not None
    card = pki().card(issuer=issuer, country="EE", number=NUMBER, policy=EE_POLICY)
    holder = holder_of(card, trust)
    assert (holder.national_number, holder.issuer_country, holder.identifier) == (None, "EE", NUMBER)
    with pytest.raises(TrustRefused, match="not pinned"):
        load_foreign_trust(folder_of(tmp_path / "not", [root], pinned=False), policies, is_production=True)


@pytest.mark.parametrize("policies", [frozenset[str](), frozenset({EE_POLICY, *list(BELGIAN_POLICIES)[:1]})])
def test_no_other_country_has_belgian_policies_or_none(tmp_path: Path, policies: frozenset[str]) -> None:
    with pytest.raises(TrustRefused, match="POLICIES"):
        load_foreign_trust(folder_of(tmp_path, [estonia()[0]]), policies)


def test_a_foreign_authority_speaks_for_no_neighbour(tmp_path: Path) -> None:
    root, issuer = estonia()
    wrong = {
        "Belgian": [[make_authority("National Root CA")], []],
        "neighbour": [[root], [root.authority("LV Issuer", country="LV")]],
        "stranger": [[root], [estonia()[1]]],
        "no root": [[issuer], []],
    }
    for name, members in wrong.items():
        with pytest.raises(TrustRefused):
            load_foreign_trust(folder_of(tmp_path / name, *members), frozenset({EE_POLICY}))


def test_eleven_digits_under_another_countrys_root_are_no_belgian_number() -> None:
    root, issuer = estonia()
    belgian_by_name = root.authority("Citizen CA")
    for authority in (issuer, belgian_by_name):
        trust = TrustStore([root.certificate], [authority.certificate])
        holder = holder_of(pki().card(issuer=authority, number=NUMBER), trust)
        assert holder.national_number is None
    assert holder_of(pki().card(issuer=belgian_by_name), trust).issuer_country is None


def test_a_foreigner_who_lives_in_belgium_has_a_belgian_number_whatever_their_nationality() -> None:
    trust = pki().trust
    resident = pki().card(issuer=pki().foreigner, policy=FOREIGNER_POLICY, country="FR")
    assert holder_of(resident, trust).national_number == NUMBER
    assert holder_of(pki().card(country="FR"), trust).national_number is None


def test_hundreds_of_authorities_of_one_name_are_told_apart_by_their_key() -> None:
    root = pki().root
    namesakes = [root.authority("Crowded CA") for _ in range(30)]
    trust = TrustStore([root.certificate], [authority.certificate for authority in namesakes])
    card = pki().card(issuer=namesakes[17])
    assert trust.intermediates_above(card.certificate) == [namesakes[17].certificate]
    assert holder_of(card, trust).national_number == NUMBER


def test_a_path_that_was_found_ends_with_the_shortest_life_in_it() -> None:
    brief = pki().root.authority("Brief CA", not_after=NOW + timedelta(days=1))
    trust = TrustStore([pki().root.certificate], [brief.certificate])
    card = pki().card(issuer=brief)
    options: dict[str, Any] = {"nonce": NONCE, "origin": ORIGIN, "trust": trust}
    for _ in range(2):
        assert validate(card.token(), now=NOW, **options).national_number == NUMBER
        with pytest.raises(EidRefused) as refusal:
            validate(card.token(), now=NOW + timedelta(days=2), **options)
        assert refusal.value.code == "certificate-not-trusted"


def test_an_authority_that_is_added_counts_without_a_restart_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    clock = [0.0]
    folder_of(tmp_path, [pki().root], pinned=False)
    live = LiveTrust(
        lambda: (load_trust(tmp_path, is_production=False), None), (tmp_path, None), clock=lambda: clock[0]
    )
    folder_of(tmp_path, [pki().root], [pki().citizen], pinned=False)
    assert len(live.current()[0].intermediates) == 0
    clock[0] += LOOK_EVERY_S
    assert len(live.current()[0].intermediates) == 1
    (tmp_path / "intermediates" / "odd.pem").write_text("nothing")
    clock[0] += LOOK_EVERY_S
    assert len(live.current()[0].intermediates) == 1
    (tmp_path / "intermediates" / "odd.pem").unlink()
    clock[0] += LOOK_EVERY_S
    assert live.current()[0] is live.current()[0]
