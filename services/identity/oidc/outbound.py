"""Requests to addresses that others chose: a tool's back-channel, its keys, its sector.

Whoever registers such an address could aim it at our own network. So its name is resolved once, every answer must be a public
address, and the connection goes to just that address, whatever the name says a moment later (DNS rebinding). https only, no proxies,
no redirects, little time, few bytes.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic_core import from_json

from shared.public_addresses import Resolve, is_public, resolve_name

TIMEOUT_S = 5.0
MAX_BYTES = 65_536


class OutboundRefused(Exception):
    """This address is not one to call: it would stay so however often one tried."""


class OutboundFailed(Exception):
    """The other side could not be reached, took too long, or answered what makes no sense."""


class Outbound:
    """One a process. own_machine: also http, and addresses of this machine, as the demo and the tests need; nothing else private."""

    def __init__(self, tls: ssl.SSLContext, *, own_machine: bool, resolve: Resolve | None = None) -> None:
        self._tls = tls
        self._own_machine = own_machine
        self._resolve = resolve or resolve_name

    async def get_json(self, uri: str) -> Any:
        """Raises OutboundRefused, OutboundFailed."""
        status, body = await self._send("GET", uri, headers={"accept": "application/json"}, reads=True)
        if status != 200:
            raise OutboundFailed(f"answered {status}")
        try:
            return from_json(body)
        except ValueError as error:
            raise OutboundFailed("answered no JSON") from error

    async def post_form(self, uri: str, form: Mapping[str, str]) -> int:
        """The status; the answer's body is not read. Raises OutboundRefused, OutboundFailed."""
        status, _ = await self._send("POST", uri, data=dict(form))
        return status

    async def _send(self, method: str, uri: str, *, reads: bool = False, **content: Any) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._exchange(method, httpx.URL(uri), reads=reads, **content)
        except httpx.InvalidURL as error:
            raise OutboundRefused("not an address") from error
        except TimeoutError as error:
            raise OutboundFailed(f"no answer within {TIMEOUT_S:.0f} s") from error
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            raise OutboundFailed(type(error).__name__) from error

    async def _exchange(self, method: str, url: httpx.URL, *, reads: bool, **content: Any) -> tuple[int, bytes]:
        address = await self._address_of(url)
        headers = {**content.pop("headers", {}), "host": url.netloc.decode("ascii"), "accept-encoding": "identity"}
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as http,
            http.stream(
                method,
                url.copy_with(host=address),
                headers=headers,
                # The certificate is checked against the name, as if the name had been called.
                extensions={"sni_hostname": url.host},
                **content,
            ) as answer,
        ):
            return answer.status_code, await _body(answer) if reads else b""

    async def _address_of(self, url: httpx.URL) -> str:
        if url.scheme != "https" and not (self._own_machine and url.scheme == "http"):
            raise OutboundRefused("not https")
        if not url.host or url.userinfo:
            raise OutboundRefused("not a plain address")
        addresses = await self._resolve(url.host, url.port or 443)
        if not addresses:
            raise OutboundFailed("the name has no address")
        for address in addresses:
            self._check(address, url.scheme)
        return addresses[0]

    def _check(self, address: str, scheme: str) -> None:
        """One bad answer is enough: a name that has public and private addresses is not called at all."""
        if self._own_machine and ipaddress.ip_address(address.partition("%")[0]).is_loopback:
            return
        if scheme != "https" or not is_public(address):
            raise OutboundRefused("the address is not public")


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise OutboundFailed(f"answered more than {MAX_BYTES} bytes")
    return bytes(body)
