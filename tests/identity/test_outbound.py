"""Addresses that others chose are called only where that can do no harm (SSRF)."""

import ssl

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from services.identity.oidc.outbound import MAX_BYTES, Outbound, OutboundFailed, OutboundRefused, is_public
from services.identity.oidc.registration import may_be_called
from tests.identity.test_oidc_logout import serving

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:0a00:0001::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_internet_is_told_apart(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "193.191.245.244", "2a00:1450:400e:80b::200e", "::ffff:1.1.1.1"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def outbound(*addresses: str, own_machine: bool = False) -> Outbound:
    """Whose names all have these addresses."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return Outbound(ssl.create_default_context(), own_machine=own_machine, resolve=resolve)


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_inside_is_not_called(address: str) -> None:
    with pytest.raises(OutboundRefused):
        await outbound(address).get_json("https://tool.example/keys")


async def test_one_inside_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(OutboundRefused):
        await outbound("1.1.1.1", "10.0.0.1").get_json("https://tool.example/keys")


async def test_the_demo_lets_this_machine_be_called_and_nothing_else_inside() -> None:
    with pytest.raises(OutboundRefused):
        await outbound("10.0.0.1", own_machine=True).get_json("https://tool.example/keys")
    with pytest.raises(OutboundRefused):
        await outbound("1.1.1.1", own_machine=True).get_json("http://tool.example/keys")


@pytest.mark.parametrize(
    "uri", ["http://tool.example/", "ftp://tool.example/", "file:///etc/passwd", "https://", "https://a@b/", "x"]
)
async def test_only_plain_https_addresses_are_called(uri: str) -> None:
    with pytest.raises(OutboundRefused):
        await outbound("1.1.1.1").get_json(uri)


async def test_the_connection_goes_to_the_address_that_was_checked_and_names_what_was_asked() -> None:
    """The name is resolved once. Whatever it says a moment later, nobody asks it again (DNS rebinding)."""
    asked: list[str] = []

    async def hello(request: Request) -> Response:
        return JSONResponse({"host": request.headers["host"]})

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with serving(Starlette(routes=[Route("/keys", hello)])) as port:
        calls = Outbound(ssl.create_default_context(), own_machine=True, resolve=resolve)
        answer = await calls.get_json(f"http://tool.example:{port}/keys")
    assert answer == {"host": f"tool.example:{port}"}
    assert asked == ["tool.example"]


async def test_redirects_are_not_followed_and_long_answers_not_read() -> None:
    async def away(request: Request) -> Response:
        return RedirectResponse("http://127.0.0.1:1/secret")

    async def long(request: Request) -> Response:
        return Response(b"[" + b"1," * MAX_BYTES + b"1]")

    async def packed(request: Request) -> Response:
        return Response(b"\x1f\x8b", headers={"content-encoding": "gzip"})

    routes = [Route("/away", away, methods=["GET", "POST"]), Route("/long", long), Route("/packed", packed)]
    async with serving(Starlette(routes=routes)) as port:
        calls = outbound("127.0.0.1", own_machine=True)
        for path in ("away", "long", "packed"):
            with pytest.raises(OutboundFailed):
                await calls.get_json(f"http://127.0.0.1:{port}/{path}")
        assert await calls.post_form(f"http://127.0.0.1:{port}/away", {"a": "b"}) == httpx.codes.TEMPORARY_REDIRECT


async def test_nobody_there_is_a_failure_that_says_so() -> None:
    with pytest.raises(OutboundFailed):
        await outbound("127.0.0.1", own_machine=True).get_json("http://127.0.0.1:1/keys")
    with pytest.raises(OutboundFailed):
        await outbound().get_json("https://tool.example/keys")


@pytest.mark.parametrize(
    "uri",
    [
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://metadata.google.internal/",
        "https://printer.local/",
        "https://intranet/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "http://tool.example/",
    ],
)
def test_what_leads_inside_cannot_even_be_registered(uri: str) -> None:
    assert not may_be_called(uri, own_machine=False)


def test_a_public_name_can_be_registered() -> None:
    assert may_be_called("https://tool.example/keys", own_machine=False)
    assert may_be_called("http://127.0.0.1:8090/logout", own_machine=True)
