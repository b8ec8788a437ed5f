"""How a test authority gives itself away. Meant against mistakes, not against malice: what counts in the end is who signed what."""

import re
from collections.abc import Iterator

from cryptography import x509

from services.identity.eid.revocation.addresses import host_of, is_public_host, list_addresses, responder_addresses
from services.identity.eid.revocation.answers import NotAnswered
from services.identity.eid.trust_files import fingerprint

# The Belgian card makers' own test authorities, whose keys whoever builds software for cards can get.
_KNOWN = frozenset(
    {
        "a7d05fea9b8f02445be98fb3e24608f85471974f019b3ad4a2c0c5ba8c336848",
        "d1fa6d7e813234e84d11df11b23ed67fbd7f8cfdf113da3e6e916af41f3880b5",
    }
)
_WORDS = re.compile(
    r"\b(test(ing)?|demo|demonstration|specimen|sample|dummy|fake|staging|acceptance|sandbox|example|localhost)\b",
    re.IGNORECASE,
)
_HOSTS = re.compile(r"(^|[.-])(test|demo|dev|staging|acc|sandbox|eiddevcards)([.-]|$)|(^|\.)zetescards\.be$")


def test_mark(certificate: x509.Certificate) -> str | None:
    """What says that it is a test authority; None if nothing does."""
    if fingerprint(certificate) in _KNOWN:
        return "it is a known test authority"
    for name in (certificate.subject, certificate.issuer):
        for attribute in name:
            found = _WORDS.search(str(attribute.value))
            if found is not None:
                return f'its name says "{found[0]}"'
    for host in _hosts(certificate):
        if _HOSTS.search(host) or not is_public_host(host):
            return f"it points to {host}"
    return None


def _hosts(certificate: x509.Certificate) -> Iterator[str]:
    try:
        addresses = [*responder_addresses(certificate), *list_addresses(certificate)]
    except NotAnswered:
        return
    for address in addresses:
        host = host_of(address)
        if host is not None:
            yield host
