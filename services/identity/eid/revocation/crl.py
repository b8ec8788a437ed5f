"""An authority's list of revoked certificates, and what it must be to be believed (RFC 5280). Pure: no network, time is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from services.identity.eid.certificate import UNREADABLE, extension_of
from services.identity.eid.revocation.answers import Answer, NotAnswered, answer, usable_until
from services.identity.eid.revocation.signatures import is_signed_by

_KNOWN_CRITICAL = (x509.IssuingDistributionPoint, x509.CRLNumber, x509.AuthorityKeyIdentifier)
_KNOWN_CRITICAL_OF_ENTRIES = (x509.CRLReason, x509.InvalidityDate)


@dataclass(frozen=True)
class RevokedList:
    """Verified, and so far not stale. It answers for every certificate of its issuer."""

    list: x509.CertificateRevocationList
    this_update: datetime
    next_update: datetime


def read_list(der: bytes, issuer: x509.Certificate, *, address: str) -> RevokedList:
    """Whole, signed by the issuer itself, for people's certificates. Raises NotAnswered, whatever the bytes are.

    address: where it was found; a list that names its places must name this one, or it may be another part of a divided list.
    """
    try:
        found = x509.load_der_x509_crl(der)
        next_update = found.next_update_utc
        if next_update is None:
            raise NotAnswered("malformed")
        _require_signed(found, issuer)
        for extension in found.extensions:
            if isinstance(extension.value, x509.DeltaCRLIndicator):
                raise NotAnswered("delta-list")
            if isinstance(extension.value, x509.IssuingDistributionPoint):
                _require_whole(extension.value, address)
            if extension.critical and not isinstance(extension.value, _KNOWN_CRITICAL):
                raise NotAnswered("critical-extension")
        return RevokedList(found, found.last_update_utc, next_update)
    except UNREADABLE as error:
        raise NotAnswered("malformed") from error


def look_up(leaf: x509.Certificate, revoked: RevokedList, *, max_age: timedelta, now: datetime) -> Answer:
    """Raises NotAnswered where the list is stale by now, or its entry cannot be read."""
    until = usable_until(revoked.this_update, revoked.next_update, max_age=max_age, now=now)
    try:
        entry = revoked.list.get_revoked_certificate_by_serial_number(leaf.serial_number)
        for extension in entry.extensions if entry else ():
            if extension.critical and not isinstance(extension.value, _KNOWN_CRITICAL_OF_ENTRIES):
                raise NotAnswered("critical-extension")
    except UNREADABLE as error:
        raise NotAnswered("malformed") from error
    status = "good" if entry is None else "revoked"
    return answer(status, "crl", this_update=revoked.this_update, usable_until=until, now=now)


def _require_signed(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    usage = extension_of(issuer, x509.KeyUsage)
    if found.issuer != issuer.subject or usage is None or not usage.crl_sign:
        raise NotAnswered("wrong-signer")
    if not is_signed_by(
        issuer.public_key(),
        found.signature,
        found.tbs_certlist_bytes,
        algorithm=found.signature_algorithm_oid,
        hash_algorithm=found.signature_hash_algorithm,
    ):
        raise NotAnswered("wrong-signer")


def _require_whole(point: x509.IssuingDistributionPoint, address: str) -> None:
    if point.only_contains_ca_certs or point.only_contains_attribute_certs or point.indirect_crl:
        raise NotAnswered("partial-list")
    if point.only_some_reasons is not None or point.relative_name is not None:
        raise NotAnswered("partial-list")
    named = [name.value for name in point.full_name or () if isinstance(name, x509.UniformResourceIdentifier)]
    if point.full_name is not None and address not in named:
        raise NotAnswered("partial-list")
