"""R3, R5: the connector, and that only a sensible answer about the right person counts as one."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from datetime import date

import httpx
import pytest
from pydantic import SecretStr

from services.recognition.connectors.access import ClientCredentials, http_auth
from services.recognition.connectors.http import HttpRegistry
from services.recognition.inquiry_store import Feed
from services.recognition.rules import Entry, RegistryBusy, RegistryUnavailable
from tests.recognition.scenes import http_registry

NUMBER = "85073003328"
PERSON = {"national_number": NUMBER, "first_name": "Nora", "last_name": "Peeters"}
IPI = {"kind": "ipi", "number": "501234", "valid_from": "2020-01-01", "valid_until": "2030-01-01"}
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, *, timeout_s: float = 5.0) -> HttpRegistry:
    return http_registry(handler, timeout_s=timeout_s)


async def test_what_the_registry_knows_about_someone() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"person": PERSON, "recognitions": [IPI, {"kind": "cib"}]})

    assert (await client(answer).look_up(NUMBER)).entries == (
        Entry("ipi", "501234", date(2020, 1, 1), date(2030, 1, 1)),
        Entry("cib", None, None, None),
    )
    (request,) = requests
    assert str(request.url) == "http://registry/v1/lookup"
    assert request.headers["authorization"] == "Bearer secret"


async def test_changes_are_read_on_from_a_cursor_and_the_registry_is_spared_what_it_has_said() -> None:
    conditions: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        conditions.append(request.headers.get("if-none-match"))
        if request.headers.get("if-none-match") == '"7"':
            return httpx.Response(304)
        after = request.url.params.get("after", "nothing")
        numbers = [NUMBER] if after == "nothing" else []
        return httpx.Response(200, json={"cursor": 7, "national_numbers": numbers}, headers={"etag": '"7"'})

    registry = client(answer)
    first = await registry.changes(Feed())
    assert (first.feed, first.hashes) == (Feed("7"), [NUMBER.encode()])
    second = await registry.changes(first.feed)
    assert (second.feed, second.hashes) == (Feed("7", '"7"'), ())
    assert await registry.changes(second.feed) == second
    assert conditions == [None, None, '"7"']


async def test_a_registry_that_wants_to_be_left_alone_says_for_how_long() -> None:
    with pytest.raises(RegistryBusy) as refused:
        await client(lambda request: httpx.Response(429, headers={"retry-after": "17"})).look_up(NUMBER)
    assert refused.value.retry_after_s == 17


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def break_off(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("broken off")


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (refuse, "unreachable"),
        (break_off, "unreachable"),
        (lambda request: httpx.Response(500), "status-500"),
        (lambda request: httpx.Response(404), "status-404"),
        (lambda request: httpx.Response(302, headers={"location": "/maintenance"}), "status-302"),
        (lambda request: httpx.Response(200, text="<html>We are back at noon</html>"), "not-understood"),
        (lambda request: httpx.Response(200, text=""), "not-understood"),
        (lambda request: httpx.Response(200, json=[]), "not-understood"),
        (lambda request: httpx.Response(200, json={"person": PERSON}), "not-understood"),
        (
            lambda request: httpx.Response(
                200, json={"person": PERSON, "recognitions": [{**IPI, "valid_until": "one day"}]}
            ),
            "not-understood",
        ),
        (
            lambda request: httpx.Response(
                200, json={"person": {**PERSON, "national_number": "85010100105"}, "recognitions": [IPI]}
            ),
            "wrong-person",
        ),
        (lambda request: httpx.Response(200, json={"person": {}, "recognitions": [IPI]}), "not-understood"),
        (lambda request: httpx.Response(200, text=" " * 300_000), "too-large"),
    ],
)
async def test_everything_else_is_no_answer(handler: Handler, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(RegistryUnavailable) as refused:
        await client(handler).look_up(NUMBER)
    assert refused.value.params == {"reason": reason}
    assert NUMBER not in "".join(traceback.format_exception(refused.value))
    assert NUMBER not in caplog.text


async def test_a_registry_that_drips_is_left_alone_in_time() -> None:
    async def drip(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return httpx.Response(200)

    with pytest.raises(RegistryUnavailable) as refused:
        await client(drip, timeout_s=0.05).look_up(NUMBER)  # pyright: ignore[reportArgumentType]
    assert refused.value.params == {"reason": "slow"}


async def test_a_token_of_ones_own_is_asked_for_once_and_again_when_it_is_no_longer_taken() -> None:
    issued: list[str] = []
    taken: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "tokens":
            assert request.headers["authorization"].startswith("Basic ")
            issued.append(f"token-{len(issued)}")
            taken.add(issued[-1])
            return httpx.Response(200, json={"access_token": issued[-1], "expires_in": 3600})
        if request.headers["authorization"].removeprefix("Bearer ") not in taken:
            return httpx.Response(401)
        return httpx.Response(200, json={"person": PERSON, "recognitions": []})

    secret = SecretStr("secret")
    access = ClientCredentials(
        type="client-credentials", token_url="http://tokens/token", client_id="immo", client_secret=secret
    )
    registry = HttpRegistry("http://registry", http_auth(access), str.encode, transport=httpx.MockTransport(answer))
    await registry.look_up(NUMBER)
    await registry.look_up(NUMBER)
    assert issued == ["token-0"]
    taken.clear()
    await registry.look_up(NUMBER)
    assert issued == ["token-0", "token-1"]


async def test_without_a_token_nothing_is_asked_twice_over() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(500 if request.url.host == "tokens" else 401)

    secret = SecretStr("secret")
    access = ClientCredentials(
        type="client-credentials", token_url="http://tokens/token", client_id="immo", client_secret=secret
    )
    registry = HttpRegistry("http://registry", http_auth(access), str.encode, transport=httpx.MockTransport(answer))
    with pytest.raises(RegistryUnavailable) as refused:
        await registry.look_up(NUMBER)
    assert refused.value.reason == "status-401"
    assert asked == ["tokens", "registry", "tokens", "registry"]
