"""The way out: posts to addresses that tools chose.

Whoever registers one could aim it at our own network. So its name is resolved once for a connection, every answer must be a public
address, and the connection goes to just that one, whatever the name says a moment later (DNS rebinding). https on few ports, no
proxies, no redirects, no credentials, little time, few bytes.
"""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import cast
from urllib.parse import urlsplit

import httpcore

from services.notify.webhooks.problems import AddressRefused
from services.notify.webhooks.rules import Answer
from shared.public_addresses import Resolve, is_public, resolve_name

TIMEOUT_S, CONNECT_WITHIN_S = 15.0, 5.0
PORTS = (443, 8443)
MAX_URL_CHARS = 2000
SHOWN_BYTES, MAX_READ_BYTES = 500, 65_536
MAX_CONNECTIONS, KEEP_IDLE_S = 256, 20.0
_OWN_MACHINE = "127.0.0.1"
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa", ".onion")
_TIMEOUTS = {"connect": CONNECT_WITHIN_S, "read": TIMEOUT_S, "write": TIMEOUT_S, "pool": TIMEOUT_S}


def check_url(url: str, *, own_machine: bool) -> None:
    """own_machine: http to 127.0.0.1 is allowed besides. Raises AddressRefused. What its name leads to is looked at when it is called."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused(field="url", reason="not an address") from error
    reasons = {
        "too long": len(url) > MAX_URL_CHARS,
        "not printable ASCII": not url.isascii() or any(c <= " " or c == "\x7f" for c in url),
        "no name of a host": not host,
        "a name or password in it": parts.username is not None or parts.password is not None,
        "a fragment in it": "#" in url,
        "": own_machine and parts.scheme == "http" and host == _OWN_MACHINE,
        "not https": parts.scheme != "https",
        f"a port other than {' or '.join(map(str, PORTS))}": (port or 443) not in PORTS,
        "a name of this network": not _is_number(host) and ("." not in host or host.rstrip(".").endswith(_LOCAL_NAMES)),
        "not a public address": _is_number(host) and not is_public(host),
    }
    reason = next((text for text, applies in reasons.items() if applies), "")
    if reason:
        raise AddressRefused(field="url", reason=reason)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class NotPublic(Exception):
    """The name leads to an address that is not of the internet."""


class Outlet:
    """One a process: connections stay open for a while. own_machine: as the demo and tests need it; nothing else private."""

    def __init__(
        self, *, own_machine: bool, resolve: Resolve = resolve_name, tls: ssl.SSLContext | None = None
    ) -> None:
        self.own_machine = own_machine
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or ssl.create_default_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEP_IDLE_S,
            network_backend=_Guarded(resolve, own_machine=own_machine),
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Whatever happens there is an answer."""
        began = time.monotonic()
        status, text, retry_after_s, error = None, b"", None, ""
        try:
            check_url(url, own_machine=self.own_machine)
            async with asyncio.timeout(TIMEOUT_S):
                status, text, retry_after_s = await self._exchange(url, headers, body)
        except AddressRefused as refused:
            error = f"not called: {refused.params['reason']}"
        except NotPublic:
            error = "not called: the name leads to an address that is not public"
        except (TimeoutError, httpcore.TimeoutException):
            error = f"no answer within {TIMEOUT_S:.0f} s"
        except (httpcore.ProtocolError, ValueError):
            error = "the answer cannot be read"
        except (httpcore.NetworkError, OSError) as failure:
            error = f"no connection: {_plain(failure)}"
        duration_ms = round((time.monotonic() - began) * 1000)
        return Answer(status, duration_ms, error, _shown(text), retry_after_s)

    async def close(self) -> None:
        await self._pool.aclose()

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, float | None]:
        """The body is read to its end where that is near, so that the connection can be used again."""
        async with self._pool.stream(
            "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": _TIMEOUTS}
        ) as response:
            text = await _beginning(response.aiter_stream())
            return response.status, text, _retry_after_s(response.headers)


class _Guarded(httpcore.AsyncNetworkBackend):
    """Resolves, looks at every address, and connects to the first: nobody asks for the name again."""

    def __init__(self, resolve: Resolve, *, own_machine: bool) -> None:
        self._resolve = resolve
        self._own_machine = own_machine
        self._inner = cast(httpcore.AsyncNetworkBackend, httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the shape is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name has no address") from error
        if not addresses:
            raise httpcore.ConnectError("the name has no address")
        if not all(self._may_be_called(address) for address in addresses):
            raise NotPublic
        return await self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def _may_be_called(self, address: str) -> bool:
        """One bad answer is enough: a name that has public and private addresses is not called at all."""
        plain = address.partition("%")[0]
        return is_public(plain) or (self._own_machine and ipaddress.ip_address(plain).is_loopback)


async def _beginning(chunks: AsyncIterator[bytes]) -> bytes:
    body, read = bytearray(), 0
    async for chunk in chunks:
        body += chunk[: SHOWN_BYTES - len(body)]
        read += len(chunk)
        if read > MAX_READ_BYTES:
            break
    return bytes(body)


def _retry_after_s(headers: Iterable[tuple[bytes, bytes]]) -> float | None:
    found = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return float(found) if found.isdigit() and len(found) < 9 else None


def _shown(text: bytes) -> str:
    """Of whatever it answered, as it can be kept and shown."""
    return text.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _plain(error: Exception) -> str:
    """Without addresses, which say how our network looks."""
    text = str(error)
    return text if text == "the name has no address" else type(error).__name__
