"""Whom a certificate says to ask, and whether we do."""

import ipaddress
import re
from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from services.identity.eid.certificate import UNREADABLE
from services.identity.eid.revocation.answers import NotAnswered

# No user, no escapes, no other characters in the host: two parsers cannot read two hosts in it.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+)(:(?P<port>[0-9]{1,5}))?(/[!-\"$-~]*)?", re.IGNORECASE
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?")


def responder_addresses(leaf: x509.Certificate) -> list[str]:
    """Of its OCSP responders. Raises NotAnswered where it cannot be read."""
    try:
        access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        return [
            description.access_location.value
            for description in access
            if description.access_method == AuthorityInformationAccessOID.OCSP
            and isinstance(description.access_location, x509.UniformResourceIdentifier)
        ]
    except x509.ExtensionNotFound:
        return []
    except UNREADABLE as error:
        raise NotAnswered("malformed") from error


def list_addresses(leaf: x509.Certificate) -> list[str]:
    """Of complete lists of its own issuer. Raises NotAnswered where it cannot be read."""
    try:
        return list(_list_addresses(leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value))
    except x509.ExtensionNotFound:
        return []
    except UNREADABLE as error:
        raise NotAnswered("malformed") from error


def allowed_address(addresses: Sequence[str], hosts: frozenset[str]) -> str:
    """The first that is on one of the hosts. Raises NotAnswered: nobody else is ever asked.

    hosts: lower case, `host` for the scheme's own port or `host:port` for exactly that one.
    """
    for address in addresses:
        match = _ADDRESS.fullmatch(address)
        if match is None:
            continue
        host, port, scheme = match["host"].lower(), match["port"], match["scheme"].lower()
        if (host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}") in hosts:
            return address
    raise NotAnswered("no-allowed-address", detail=" ".join(host_of(address) or "?" for address in addresses))


def host_of(address: str) -> str | None:
    """None where two readers might not agree."""
    match = _ADDRESS.fullmatch(address)
    return match["host"].lower() if match else None


def is_host(text: str) -> bool:
    """Whether it is written as `allowed_address` compares it."""
    return _HOST.fullmatch(text) is not None


def is_public_host(text: str) -> bool:
    """Whether it can be an authority's own: no address in numbers, no name of a private or a test network."""
    host = text.split(":")[0]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        return "." in host and last not in ("test", "example", "invalid", "localhost", "local", "internal")
    return False


def _list_addresses(points: x509.CRLDistributionPoints) -> Iterator[str]:
    for point in points:
        # Lists for some reasons only, or by another issuer, do not tell all.
        if point.reasons is None and point.crl_issuer is None:
            for name in point.full_name or ():
                if isinstance(name, x509.UniformResourceIdentifier):
                    yield name.value
