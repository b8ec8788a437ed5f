"""Authorities of other countries whose cards an operator chose to accept. Off unless configured; never a word about Belgian numbers."""

from collections.abc import Set
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from services.identity.eid.rules import BELGIUM
from services.identity.eid.shipped_trust import TrustRefused, read_folder
from services.identity.eid.trust_store import TrustStore


def load_foreign_trust(folder: Path | None, policies: Set[str]) -> TrustStore | None:
    """None where no folder is given. policies: of their authentication certificates; without any, no card could be told from a
    signing certificate. Raises TrustRefused.
    """
    if folder is None:
        return None
    roots, intermediates = read_folder(folder / "roots"), read_folder(folder / "intermediates")
    if not roots:
        raise TrustRefused(f"{folder / 'roots'} holds no certificate")
    if not policies:
        raise TrustRefused("IMMO_IDENTITY_EID_FOREIGN_POLICIES names no policy")
    for name, certificate in {**roots, **intermediates}.items():
        if _country(certificate) in (None, BELGIUM):
            raise TrustRefused(f"{folder}: {name} does not name a country other than Belgium")
    return TrustStore(tuple(roots.values()), tuple(intermediates.values()), allowed_policies=frozenset(policies))


def _country(certificate: x509.Certificate) -> str | None:
    found = certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return str(found[0].value).upper() if len(found) == 1 else None
