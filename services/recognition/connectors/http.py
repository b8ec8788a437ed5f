"""A registry over HTTP. Registries are slow, fail, answer about someone else, or send a page meant for people: all of that is "no answer".

The national number is in the body of one request and nowhere else: not in a URL, a log line, a span or an exception.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

import httpx
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.recognition.connectors.gate.turns import Gate, OpenGate
from services.recognition.connectors.port import Answer, Changes
from services.recognition.inquiry_store import Feed
from services.recognition.rules import Entry, RegistryBusy, RegistryUnavailable

TIMEOUT_S = 15.0
MAX_ANSWER_BYTES = 256_000
USUAL_RETRY_S = 60.0


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
    as_of: date | None = None


class _Changes(_Part):
    cursor: int | str
    national_numbers: list[str] = Field(max_length=10_000)


class HttpRegistry:
    """hash_of: of a national number, to recognise whom the list of changes names."""

    def __init__(
        self,
        url: str,
        auth: httpx.Auth | None,
        hash_of: Callable[[str], bytes],
        gate: Gate | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._max_answer_bytes = max_answer_bytes
        self._hash_of = hash_of
        self._gate = gate or OpenGate()
        self._http = httpx.AsyncClient(
            base_url=url,
            auth=auth,
            headers={"accept": "application/json"},
            timeout=timeout_s,
            transport=transport,
            trust_env=False,
        )
        self._tracer = trace.get_tracer("immo")

    async def look_up(self, national_number: str) -> Answer:
        async with self._gate.turn():
            answer, _ = await self._ask(_Answer, "POST", "/v1/lookup", json={"national_number": national_number})
            if answer.person.national_number != national_number:
                raise RegistryUnavailable("wrong-person")
        entries = (Entry(one.kind, one.number or None, one.valid_from, one.valid_until) for one in answer.recognitions)
        return Answer(tuple(entries), answer.as_of)

    async def prepare(self) -> None:
        return None

    async def changes(self, feed: Feed) -> Changes:
        """Where the registry says that nothing is new, that is all that it has to say."""
        async with self._gate.turn():
            query = {"after": feed.cursor} if feed.cursor else {}
            found, headers = await self._ask(
                _Changes, "GET", "/v1/changes", params=query, headers=_conditions(feed), unchanged=True
            )
        if found is None:
            return Changes(feed, ())
        if found.national_numbers:
            return Changes(Feed(str(found.cursor)), [self._hash_of(number) for number in found.national_numbers])
        return Changes(Feed(str(found.cursor), headers.get("etag"), headers.get("last-modified")), ())

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, kind: Any, method: str, path: str, **request: Any) -> tuple[Any, Mapping[str, str]]:
        """Nothing is chained to what is raised: the causes carry the request or the answer."""
        with self._tracer.start_as_current_span(
            f"{method} registry", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                return await self._answer(kind, method, path, request)
            except RegistryUnavailable as error:
                span.set_status(StatusCode.ERROR, error.reason)
                raise

    async def _answer(
        self, kind: Any, method: str, path: str, request: dict[str, Any]
    ) -> tuple[Any, Mapping[str, str]]:
        may_be_unchanged = request.pop("unchanged", False)
        try:
            async with asyncio.timeout(self._timeout_s), self._http.stream(method, path, **request) as answer:
                if may_be_unchanged and answer.status_code == HTTPStatus.NOT_MODIFIED:
                    return None, answer.headers
                _check_status(answer)
                content = await read_limited(answer, self._max_answer_bytes)
        except (TimeoutError, httpx.TimeoutException):
            raise RegistryUnavailable("slow") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            raise RegistryUnavailable("unreachable") from None
        except ValidationError:
            raise RegistryUnavailable("no-token") from None
        try:
            return kind.model_validate_json(content), answer.headers
        except ValidationError:
            raise RegistryUnavailable("not-understood") from None


async def read_limited(answer: httpx.Response, max_bytes: int) -> bytes:
    """Without reading on once it is too much. Raises RegistryUnavailable."""
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > max_bytes:
            raise RegistryUnavailable("too-large")
    return bytes(content)


def _check_status(answer: httpx.Response) -> None:
    """Raises RegistryBusy, RegistryUnavailable for everything but 200."""
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise RegistryBusy("asked-to-wait", retry_after_s=retry_after_s(answer))
    if answer.status_code != HTTPStatus.OK:
        raise RegistryUnavailable(f"status-{answer.status_code}")


def retry_after_s(answer: httpx.Response) -> float:
    """What the registry asks for in seconds; the usual where it says a date, or nothing that one understands."""
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isdecimal() and len(given) < 8 else USUAL_RETRY_S


def _conditions(feed: Feed) -> dict[str, str]:
    named = {"if-none-match": feed.etag, "if-modified-since": feed.last_modified}
    return {name: value for name, value in named.items() if value}
