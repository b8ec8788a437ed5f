"""Tools and scripts reach the services through the gateway: by a table of prefixes, with the headers that both sides need and no others."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping

import httpx
from fastapi import APIRouter, Request
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.responses import Response, StreamingResponse

from services.gateway.settings import GatewaySettings
from services.gateway.web.client_address import client_address
from shared.client import LIMITS, TIMEOUT, ServiceUnavailable
from shared.correlation import current_correlation_id
from shared.errors import NotFound
from shared.tokens import public

# The owner of each path; the longest prefix that ends at a slash or at the path's end counts. `/internal` is nobody's.
OWNERS: Mapping[str, str] = {
    "/.well-known": "identity",
    "/.well-known/authzen-configuration": "organisation",
    "/api/access": "organisation",
    "/oauth2": "identity",
    "/api/account": "identity",
    "/api/eid": "identity",
    "/api/organisations": "organisation",
    "/api/invitations": "organisation",
    "/api/company-register": "organisation",
    "/api/tools": "organisation",
    "/api/recognitions": "recognition",
    "/api/recognition-kinds": "recognition",
    "/api/wallets": "wallet",
    "/api/top-ups": "wallet",
    "/api/payments": "wallet",
    "/api/notifications": "notify",
    "/api/events": "events",
}
# What is waited for, or read as a stream, has connections of its own: it takes none from the pages. By the service behind it.
LONG: Mapping[str, str] = {"events": "notify"}
LONG_TIMEOUT = httpx.Timeout(60.0, connect=2.0)
LONG_LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=50, keepalive_expiry=30.0)
DEMO_OWNERS: Mapping[str, str] = {"/demo/cards": "world", "/api/mail-previews": "notify"}
DEMO_PREFIX = "/demo"

# Nothing that a service might take for the word of a proxy, and nothing that belongs to one connection.
REQUEST_HEADERS = frozenset(
    ("accept", "accept-language", "authorization", "content-type", "content-length", "user-agent", "idempotency-key",
     "if-match", "if-none-match", "if-modified-since", "origin", "range", "dpop", "last-event-id")
)  # fmt: skip
RESPONSE_HEADERS = frozenset(
    ("content-type", "content-length", "content-language", "content-disposition", "cache-control", "etag", "expires",
     "last-modified", "location", "pragma", "retry-after", "set-cookie", "vary", "www-authenticate", "accept-ranges",
     "content-range", "access-control-allow-origin", "access-control-allow-headers", "access-control-allow-methods",
     "access-control-max-age", "content-security-policy", "referrer-policy", "link")
)  # fmt: skip
COOKIES_FOR = ("/oauth2/",)
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_TRICKS = ("..", "//", "\\", "%2e", "%2f", "%5c", "%00", ";")
_PROPAGATOR = TraceContextTextMapPropagator()

router = APIRouter(include_in_schema=False, dependencies=[public("each service checks its own callers")])


def owner_of(path: str, *, with_demo: bool = False) -> str | None:
    """path: as it stood in the request, not decoded. None for one that is passed to nobody."""
    lower = path.lower()
    if any(trick in lower for trick in _TRICKS):
        return None
    owners = {**OWNERS, **DEMO_OWNERS} if with_demo else OWNERS
    found = [prefix for prefix in owners if path == prefix or path.startswith(f"{prefix}/")]
    return owners[max(found, key=len)] if found else None


def upstreams_of(settings: GatewaySettings) -> dict[str, httpx.AsyncClient]:
    """A client a service; redirects go back to whoever asked."""
    urls = dict(settings.urls)
    if settings.is_demo and settings.world_url:
        urls["world"] = settings.world_url
    long = {name: settings.urls[service] for name, service in LONG.items() if service in settings.urls}
    return {
        **{name: _upstream(url, TIMEOUT, LIMITS) for name, url in urls.items()},
        **{name: _upstream(url, LONG_TIMEOUT, LONG_LIMITS) for name, url in long.items()},
    }


def _upstream(url: str, timeout: httpx.Timeout, limits: httpx.Limits) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=timeout, limits=limits, follow_redirects=False, trust_env=False)


@router.api_route("/.well-known/{rest:path}", methods=METHODS)
@router.api_route("/oauth2/{rest:path}", methods=METHODS)
@router.api_route("/api/{rest:path}", methods=METHODS)
@router.api_route("/demo/{rest:path}", methods=METHODS)
async def pass_on(request: Request) -> Response:
    at = request.app.state.runtime
    raw_path = request.scope["raw_path"].decode("latin-1").split("?")[0]
    owner = owner_of(raw_path, with_demo=at.settings.is_demo)
    upstream: httpx.AsyncClient | None = at.own.upstreams.get(owner)
    if owner is None or upstream is None:
        raise NotFound
    path = raw_path.removeprefix(DEMO_PREFIX) if owner == "world" else raw_path
    url = upstream.base_url.copy_with(raw_path=path.encode() + _query(request))
    outgoing = upstream.build_request(
        request.method,
        url,
        headers=_request_headers(request, at.settings),
        content=request.stream() if _has_body(request) else None,
    )
    try:
        answer = await upstream.send(outgoing, stream=True)
    except httpx.TransportError as error:
        raise ServiceUnavailable(service=LONG.get(owner, owner)) from error
    is_endless = answer.headers.get("content-type", "").startswith("text/event-stream")
    body = _until(at.stopping, answer) if is_endless else _body(answer)
    response = StreamingResponse(body, answer.status_code)
    response.raw_headers = _response_headers(answer.headers.raw)
    return response


def _query(request: Request) -> bytes:
    query: bytes = request.scope["query_string"]
    return b"?" + query if query else b""


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _request_headers(request: Request, settings: GatewaySettings) -> dict[str, str]:
    headers = {name: value for name, value in request.headers.items() if name in REQUEST_HEADERS}
    cookie = request.headers.get("cookie")
    if cookie and request.url.path.startswith(COOKIES_FOR):
        headers["cookie"] = cookie
    headers["x-forwarded-for"] = client_address(request, settings.client_address_header)
    headers["accept-encoding"] = "identity"
    correlation_id = current_correlation_id()
    if correlation_id:
        headers["x-correlation-id"] = correlation_id
    _PROPAGATOR.inject(headers)
    return headers


def _response_headers(raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    lowered = ((name.lower(), value) for name, value in raw)
    return [(name, value) for name, value in lowered if name.decode("latin-1") in RESPONSE_HEADERS]


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


async def _until(stopping: asyncio.Event, answer: httpx.Response) -> AsyncIterator[bytes]:
    """A stream that would go on: it ends when this process is told to stop, which would have to wait for it."""
    chunks, over = answer.aiter_raw(), asyncio.ensure_future(stopping.wait())
    coming = asyncio.ensure_future(anext(chunks, b""))
    try:
        while True:
            await asyncio.wait((coming, over), return_when=asyncio.FIRST_COMPLETED)
            if over.done() or not (chunk := coming.result()):
                return
            yield chunk
            coming = asyncio.ensure_future(anext(chunks, b""))
    finally:
        over.cancel()
        coming.cancel()
        await asyncio.gather(over, coming, return_exceptions=True)
        await answer.aclose()
