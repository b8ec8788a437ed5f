"""A registry over HTTP. Registries are slow, fail, answer about someone else, or send a page meant for people: all of that is "no answer".

The national number is in the body of one request and nowhere else: not in a URL, a log line, a span or an exception.
"""

import asyncio
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

import httpx
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.recognition.rules import Entry, RegistryUnavailable

TIMEOUT_S = 15.0
MAX_ANSWER_BYTES = 256_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Person(_Part):
    national_number: str


class _Recognition(_Part):
    kind: str = Field(min_length=1, max_length=60)
    number: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=60, pattern=r"^[^\x00-\x1f]*$")] | None
    ) = None
    valid_from: date | None = None
    valid_until: date | None = None


class _Answer(_Part):
    person: _Person
    recognitions: list[_Recognition] = Field(max_length=200)


class _Changes(_Part):
    cursor: int | str
    national_numbers: list[str] = Field(max_length=10_000)


@dataclass(frozen=True)
class Changes:
    """cursor: where to read on. numbers: national numbers in clear; they stay in memory."""

    cursor: str
    numbers: tuple[str, ...]


class RegistryClient:
    """One registry. Every method raises RegistryUnavailable, within TIMEOUT_S, for whatever is not a sensible answer."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {token}", "accept": "application/json"},
            timeout=timeout_s,
            transport=transport,
            trust_env=False,
        )
        self._tracer = trace.get_tracer("immo")

    async def look_up(self, national_number: str) -> list[Entry]:
        """All that the registry has about this person, also what has ended or not begun."""
        answer = await self._ask(_Answer, "POST", "/v1/lookup", json={"national_number": national_number})
        if answer.person.national_number != national_number:
            raise RegistryUnavailable("wrong-person")
        return [Entry(one.kind, one.number or None, one.valid_from, one.valid_until) for one in answer.recognitions]

    async def changes(self, after: str | None) -> Changes:
        """Whose entry changed after the cursor; nobody when all was read. after: None for from the beginning."""
        found = await self._ask(_Changes, "GET", "/v1/changes", params={"after": after} if after else {})
        return Changes(str(found.cursor), tuple(found.national_numbers))

    async def _ask(self, kind: Any, method: str, path: str, **request: Any) -> Any:
        """Nothing is chained to what is raised: the causes carry the request or the answer."""
        with self._tracer.start_as_current_span(
            f"{method} registry", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                return await self._answer(kind, method, path, request)
            except RegistryUnavailable as error:
                span.set_status(StatusCode.ERROR, str(error.params["reason"]))
                raise

    async def _answer(self, kind: Any, method: str, path: str, request: dict[str, Any]) -> Any:
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._http.request(method, path, **request)
        except (TimeoutError, httpx.TimeoutException):
            raise RegistryUnavailable("slow") from None
        except httpx.HTTPError:
            raise RegistryUnavailable("unreachable") from None
        if answer.status_code != HTTPStatus.OK:
            raise RegistryUnavailable(f"status-{answer.status_code}")
        if len(answer.content) > MAX_ANSWER_BYTES:
            raise RegistryUnavailable("too-large")
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError:
            raise RegistryUnavailable("not-understood") from None
