from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.client import RemoteProblem, ServiceClient, ServiceUnavailable
from shared.correlation import correlated
from shared.runtime import Runtime, remote_keys
from shared.sealed import DataKey
from shared.service_tokens import ServiceKeys, ServiceTokens
from tests.support.mint import Mint

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def client_to(mint: Mint) -> Callable[[Answer], ServiceClient]:
    """A client of the gateway for the wallet that `answer` plays."""

    def make(answer: Answer) -> ServiceClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://wallet")
        return ServiceClient("wallet", http, ServiceTokens("gateway", mint.seeds["gateway"]))

    return make


async def test_a_call_carries_the_services_own_token_the_trace_and_the_language(
    client_to: Callable[[Answer], ServiceClient], mint: Mint
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"id": "1"})

    subject = uuid4()
    with TracerProvider().get_tracer("t").start_as_current_span("s") as span, correlated("request-1"):
        result = await client_to(answer).post("/internal/x", {"subject": subject}, language="nl")
    (request,) = seen
    assert result == {"id": "1"}
    assert request.content == f'{{"subject":"{subject}"}}'.encode()
    token = request.headers["authorization"].removeprefix("Bearer ")
    import time

    assert ServiceKeys("wallet", mint.public_keys()).verify(token, now=int(time.time())) == "gateway"
    assert request.headers["accept-language"] == "nl"
    assert request.headers["x-correlation-id"] == "request-1"
    assert f"{span.get_span_context().trace_id:032x}" in request.headers["traceparent"]


async def test_a_persons_token_takes_the_place_of_the_services_own(
    client_to: Callable[[Answer], ServiceClient],
) -> None:
    client = client_to(lambda request: httpx.Response(200, json=request.headers["authorization"]))
    assert await client.get("/api/x", bearer="of-a-person") == "Bearer of-a-person"


async def test_a_problem_of_the_other_service_comes_back_as_it_is(client_to: Callable[[Answer], ServiceClient]) -> None:
    document = {"code": "username-taken", "detail": "...", "errors": [{"field": "username"}]}
    with pytest.raises(RemoteProblem) as refused:
        await client_to(lambda _: httpx.Response(409, json=document)).post("/internal/accounts", {})
    assert (refused.value.status, refused.value.code, refused.value.body) == (409, "username-taken", document)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"\xff"])
async def test_an_answer_that_is_no_problem_document_still_has_a_code(
    client_to: Callable[[Answer], ServiceClient], content: bytes
) -> None:
    with pytest.raises(RemoteProblem) as refused:
        await client_to(lambda _: httpx.Response(502, content=content)).get("/x")
    assert refused.value.code == "http-502"


@pytest.mark.parametrize(("method", "calls"), [("GET", 3), ("POST", 1), ("PUT", 1), ("DELETE", 1)])
async def test_only_reading_is_tried_again_when_nobody_answers(
    client_to: Callable[[Answer], ServiceClient], method: str, calls: int
) -> None:
    tried: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        tried.append(request.method)
        raise httpx.ConnectError("refused")

    with pytest.raises(ServiceUnavailable):
        await client_to(refuse).request(method, "/x")
    assert len(tried) == calls


async def test_a_timeout_is_never_repeated(client_to: Callable[[Answer], ServiceClient]) -> None:
    tried: list[str] = []

    def hang(request: httpx.Request) -> httpx.Response:
        tried.append(request.method)
        raise httpx.ReadTimeout("too slow")

    with pytest.raises(ServiceUnavailable):
        await client_to(hang).get("/x")
    assert len(tried) == 1


async def test_data_keys_are_fetched_from_identity_in_one_call(client_to: Callable[[Answer], ServiceClient]) -> None:
    alive, erased = uuid4(), uuid4()
    asked: list[Any] = []

    def identity(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, request.content))
        keys = {str(alive): {"version": 2, "key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}, str(erased): None}
        return httpx.Response(200, json={"keys": keys})

    at: Runtime[Any] = Runtime(settings=None, database=None, kafka=None, clients={"identity": client_to(identity)})  # pyright: ignore[reportArgumentType]
    found = await remote_keys(at)([alive, erased])
    assert found == {UUID(str(alive)): DataKey(2, b"0123456789abcdef0123456789abcdef"), erased: None}
    assert [path for path, _ in asked] == ["/internal/data-keys"]
