"""Which addresses are of the internet: asked before a server calls one that somebody else chose (SSRF)."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable

_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# Set aside by IANA, whatever the version of Python at hand knows of it.
_SET_ASIDE = [
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "100::/64", "3fff::/20", "5f00::/16", "fec0::/10")
]
# Answers what only a machine itself may know, from an address that looks like any other: Azure's.
_METADATA = ipaddress.ip_address("168.63.129.16")

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""All addresses of a name, for connections to a port."""


def is_public(address: str) -> bool:
    """An address of the internet. Addresses of IPv4 in the clothes of IPv6 are judged by what is in them."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if any(ip in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    if any(ip in network for network in _SET_ASIDE):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and ip != _METADATA


async def resolve_name(host: str, port: int) -> list[str]:
    """Raises OSError, UnicodeError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)  # SOCK_STREAM: each address once
    return [str(address[0]) for *_, address in found]
