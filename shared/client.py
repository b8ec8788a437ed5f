"""Calls to another service: JSON in both directions, problems mapped back, the trace and the language passed on."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import httpx
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic_core import from_json, to_json

from shared.correlation import current_correlation_id
from shared.errors import Unavailable
from shared.service_tokens import ServiceTokens
from shared.settings import Settings

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
STREAM_TIMEOUT = httpx.Timeout(60.0, connect=2.0)
"""Of files, which may take a while to begin."""
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=30.0)
GET_ATTEMPTS = 3

_PROPAGATOR = TraceContextTextMapPropagator()


class ServiceUnavailable(Unavailable):
    """The other service could not be reached, or did not answer in time."""

    code = "service-unavailable"


class RemoteProblem(Exception):
    """The other service answered with a problem. body: its problem document, whose sentences are in the language asked for."""

    def __init__(self, service: str, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{service} answered {status} {body.get('code')}")
        self.service = service
        self.status = status
        self.body = dict(body)

    @property
    def code(self) -> str:
        return str(self.body.get("code", f"http-{self.status}"))


class ServiceClient:
    """Connections to one service, kept open. One a process and service; close it at the end.

    A call carries either `bearer` (the access token of a person or tool) or, without one, this service's own token.
    """

    def __init__(self, service: str, http: httpx.AsyncClient, tokens: ServiceTokens) -> None:
        self._service = service
        self._http = http
        self._tokens = tokens
        self._tracer = trace.get_tracer("immo")

    async def get(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        bearer: str | None = None,
        language: str | None = None,
    ) -> Any:
        """The answer's JSON. Raises RemoteProblem, ServiceUnavailable. Tried three times when no connection can be made."""
        return await self.request("GET", path, query=query, bearer=bearer, language=language)

    async def post(self, path: str, body: Any = None, *, bearer: str | None = None, language: str | None = None) -> Any:
        """The answer's JSON, None for an empty one. Raises RemoteProblem, ServiceUnavailable."""
        return await self.request("POST", path, body=body, bearer=bearer, language=language)

    async def put(self, path: str, body: Any = None, *, bearer: str | None = None, language: str | None = None) -> Any:
        return await self.request("PUT", path, body=body, bearer=bearer, language=language)

    async def delete(self, path: str, *, bearer: str | None = None, language: str | None = None) -> Any:
        return await self.request("DELETE", path, bearer=bearer, language=language)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        bearer: str | None = None,
        language: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        response = await self.raw(
            method, path, query=query, body=body, bearer=bearer, language=language, headers=headers
        )
        if response.is_success:
            return from_json(response.content) if response.content else None
        raise RemoteProblem(self._service, response.status_code, _problem_body(response))

    async def raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        bearer: str | None = None,
        language: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer as it is, whatever its status. body: bytes go as they are. Raises ServiceUnavailable."""
        with self._tracer.start_as_current_span(
            f"{method} {self._service}", kind=SpanKind.CLIENT, record_exception=False
        ) as span:
            request = self._http.build_request(
                method,
                path,
                params=query,
                content=body if body is None or isinstance(body, bytes) else to_json(body),
                headers={**self._headers(body, bearer, language), **(headers or {})},
            )
            try:
                response = await self._send(request, attempts=GET_ATTEMPTS if method == "GET" else 1)
            except httpx.TransportError as error:
                span.set_status(StatusCode.ERROR)
                raise ServiceUnavailable(service=self._service) from error
            span.set_attribute("http.response.status_code", response.status_code)
            return response

    async def stream(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        bearer: str | None = None,
        language: str | None = None,
    ) -> AsyncIterator[bytes]:
        """A long answer a piece at a time. It is known to have begun when this returns.

        Raises RemoteProblem, ServiceUnavailable.
        """
        headers = self._headers(None, bearer, language)
        request = self._http.build_request("GET", path, params=query, headers=headers, timeout=STREAM_TIMEOUT)
        try:
            response = await self._http.send(request, stream=True)
        except httpx.TransportError as error:
            raise ServiceUnavailable(service=self._service) from error
        if not response.is_success:
            await response.aread()
            await response.aclose()
            raise RemoteProblem(self._service, response.status_code, _problem_body(response))
        return _pieces(response)

    async def close(self) -> None:
        await self._http.aclose()

    async def _send(self, request: httpx.Request, *, attempts: int) -> httpx.Response:
        for _ in range(attempts - 1):
            try:
                return await self._http.send(request)
            except (httpx.ConnectError, httpx.RemoteProtocolError):
                continue  # the other side restarted, or closed a connection that was idle
        return await self._http.send(request)

    def _headers(self, body: Any, bearer: str | None, language: str | None) -> dict[str, str]:
        token = bearer or self._tokens.token_for(self._service, now=int(time.time()))
        headers = {"authorization": f"Bearer {token}"}
        if body is not None:
            headers["content-type"] = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        if language is not None:
            headers["accept-language"] = language
        correlation_id = current_correlation_id()
        if correlation_id is not None:
            headers["x-correlation-id"] = correlation_id
        _PROPAGATOR.inject(headers)
        return headers


async def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in response.aiter_bytes():
            yield piece
    finally:
        await response.aclose()


def json_client(settings: Settings, service: str) -> ServiceClient:
    """A client for `service` at the address that the settings name. Raises KeyError when they name none."""
    http = httpx.AsyncClient(base_url=settings.url_of(service), timeout=TIMEOUT, limits=LIMITS, trust_env=False)
    return ServiceClient(service, http, ServiceTokens(settings.service, settings.service_key))


def _problem_body(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = from_json(response.content)
    except ValueError:
        return {}
    return cast(dict[str, Any], body) if isinstance(body, dict) else {}
