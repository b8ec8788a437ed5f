"""One bounded request to an authority: no redirects, no proxy from the environment, a limit on time and size."""

import asyncio
import ssl

import httpx

from services.identity.eid.revocation.answers import NotAnswered


async def ask(address: str, question: bytes, *, tls: ssl.SSLContext, timeout_s: float, max_bytes: int) -> bytes:
    """What an OCSP responder answers. Raises NotAnswered."""
    headers = {"content-type": "application/ocsp-request", "accept": "application/ocsp-response"}
    request = httpx.Request("POST", address, content=question, headers=headers)
    return await _bounded(request, tls=tls, timeout_s=timeout_s, max_bytes=max_bytes)


async def get(address: str, *, tls: ssl.SSLContext, timeout_s: float, max_bytes: int) -> bytes:
    """A list of revoked certificates. Raises NotAnswered."""
    request = httpx.Request("GET", address, headers={"accept": "application/pkix-crl"})
    return await _bounded(request, tls=tls, timeout_s=timeout_s, max_bytes=max_bytes)


async def _bounded(request: httpx.Request, *, tls: ssl.SSLContext, timeout_s: float, max_bytes: int) -> bytes:
    # Bodies are taken as they are sent: something small that unpacks to something large never does so here.
    request.headers["accept-encoding"] = "identity"
    try:
        async with (
            asyncio.timeout(timeout_s),
            httpx.AsyncClient(verify=tls, timeout=timeout_s, trust_env=False, follow_redirects=False) as http,
        ):
            answer = await http.send(request, stream=True)
            try:
                _require_success(answer.status_code)
                return await _body(answer, max_bytes=max_bytes)
            finally:
                await answer.aclose()
    except (TimeoutError, httpx.TimeoutException) as error:
        raise NotAnswered("timeout", is_outage=True) from error
    except httpx.HTTPError as error:
        raise NotAnswered("unreachable", is_outage=True) from error


def _require_success(status: int) -> None:
    if 300 <= status < 400:
        raise NotAnswered("redirect")
    if status != 200:
        raise NotAnswered("http-status", is_outage=status >= 500 or status == 429)


async def _body(answer: httpx.Response, *, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise NotAnswered("too-large")
    return bytes(body)
