"""R3, R5: the connector, and that only a sensible answer about the right person counts as one."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from datetime import date

import httpx
import pytest

from services.recognition.registry import RegistryClient
from services.recognition.rules import Entry, RegistryUnavailable

NUMBER = "85073003328"
PERSON = {"national_number": NUMBER, "first_name": "Nora", "last_name": "Peeters"}
IPI = {"kind": "ipi", "number": "501234", "valid_from": "2020-01-01", "valid_until": "2030-01-01"}
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, *, timeout_s: float = 5.0) -> RegistryClient:
    return RegistryClient("http://registry/base", "secret", timeout_s=timeout_s, transport=httpx.MockTransport(handler))


async def test_what_the_registry_knows_about_someone() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"person": PERSON, "recognitions": [IPI, {"kind": "cib"}]})

    assert await client(answer).look_up(NUMBER) == [
        Entry("ipi", "501234", date(2020, 1, 1), date(2030, 1, 1)),
        Entry("cib", None, None, None),
    ]
    (request,) = requests
    assert str(request.url) == "http://registry/base/v1/lookup"
    assert request.headers["authorization"] == "Bearer secret"


async def test_changes_are_read_on_from_a_cursor() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after", "nothing")
        return httpx.Response(200, json={"cursor": 7, "national_numbers": [NUMBER] if after == "nothing" else []})

    registry = client(answer)
    first = await registry.changes(None)
    assert (first.cursor, first.numbers) == ("7", (NUMBER,))
    assert (await registry.changes(first.cursor)).numbers == ()


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
