"""What a list of devices says of an address. Pure."""

import ipaddress


def coarse_network(address: str) -> str:
    """Enough to recognise one's own: `192.0.2.x`, or the first half of an IPv6 network. Empty for what is neither.

    address: an IPv4 address or an IPv6 network.
    """
    try:
        network = ipaddress.ip_network(address, strict=False)
    except ValueError:
        return ""
    if isinstance(network, ipaddress.IPv4Network):
        return f"{str(network.network_address).rpartition('.')[0]}.x"
    return str(ipaddress.ip_network((network.network_address, 48), strict=False))


def is_name(host: str) -> bool:
    """Passkeys belong to names: at an address that is a number there are none."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host)
    return False
