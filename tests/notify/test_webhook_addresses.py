"""Nobody gets our servers to call an address inside (SSRF), and what is called cannot keep them long."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notify.webhooks import outlet as module
from services.notify.webhooks.outlet import Outlet, check_url
from services.notify.webhooks.problems import AddressRefused
from services.notify.webhooks.rules import Answer
from tests.notify.webhook_scenes import Receiver, status

INSIDE = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
]


class Names:
    """A name server whose answers change from question to question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    await found.start()
    yield found
    await found.stop()


async def post(outlet: Outlet, url: str) -> Answer:
    try:
        return await outlet.post(url, {"content-type": "text/plain"}, b"hello")
    finally:
        await outlet.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://tool.example/",
        "http://127.0.0.1:8000/",
        "ftp://tool.example/",
        "//tool.example/",
        "tool.example",
        "https://",
        "https://user@tool.example/",
        "https://user:secret@tool.example/",
        "https://@tool.example/",
        "https://tool.example/#part",
        "https://tool.example:22/",
        "https://tool.example:99999/",
        "https://tool.example:x/",
        "https://localhost/",
        "https://localhost./",
        "https://db.internal/",
        "https://printer.local/",
        "https://intranet/",
        "https://2130706433/",
        "https://tool.example/ path",
        "https://tool.example/\r\nhost: other",
        "https://täol.example/",
        "https://[::1",
        "https://tool.example/" + "x" * 2000,
        *(f"https://[{address}]/" if ":" in address else f"https://{address}/" for address in INSIDE),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_when_it_is_registered(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, own_machine=False)


@pytest.mark.parametrize(
    "url",
    ["https://tool.example/hook?x=1", "https://tool.example:8443/", "https://1.1.1.1/", "https://xn--tol-rla.example/"],
)
def test_a_public_address_may_be_registered(url: str) -> None:
    check_url(url, own_machine=False)


def test_the_demo_may_call_this_machine_by_its_number_and_nothing_else_by_http() -> None:
    check_url("http://127.0.0.1:8090/hook", own_machine=True)
    for url in ("http://localhost:8090/", "http://127.0.0.2/", "http://tool.example/", "http://u@127.0.0.1/"):
        with pytest.raises(AddressRefused):
            check_url(url, own_machine=True)


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_leads_inside_is_not_called(address: str) -> None:
    answer = await post(Outlet(own_machine=False, resolve=Names([address])), "https://tool.example/")
    assert answer.error == "not called: the name leads to an address that is not public"


async def test_one_inside_address_among_public_ones_is_enough() -> None:
    answer = await post(Outlet(own_machine=False, resolve=Names(["1.1.1.1", "10.0.0.1"])), "https://tool.example/")
    assert answer.status is None
    assert "not public" in answer.error


async def test_a_name_whose_answer_changes_is_asked_once_and_called_where_it_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The classic rebinding: public when it is checked, inside when it is called."""
    called: list[str] = []

    async def connect(_: object, host: str, *others: object) -> None:
        called.append(host)
        raise OSError

    monkeypatch.setattr(module.httpcore.AnyIOBackend, "connect_tcp", connect)
    names = Names(["93.184.215.14"], ["127.0.0.1"])
    answer = await post(Outlet(own_machine=False, resolve=names), "https://tool.example/")
    assert (called, names.asked, answer.status) == (["93.184.215.14"], 1, None)


async def test_the_second_call_is_looked_at_again(receiver: Receiver) -> None:
    names = Names(["93.184.215.14"], ["127.0.0.1"])
    outlet = Outlet(own_machine=False, resolve=names)
    names.asked = 1
    answer = await post(outlet, f"https://tool.example/?port={receiver.port}")
    assert "not public" in answer.error
    assert receiver.connections == 0


def certificate(tmp_path: Path, name: str) -> Path:
    """With its key, signed by itself."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return file


async def test_the_certificate_is_that_of_the_name_though_a_number_is_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = certificate(tmp_path, "tool.example")
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(file))
    server.load_cert_chain(file)
    receiver = Receiver()
    await receiver.start(ssl=server)
    monkeypatch.setattr(module, "PORTS", (receiver.port,))
    for name, expected in (("tool.example", 204), ("other.example", None)):
        outlet = Outlet(own_machine=True, resolve=Names(["127.0.0.1"]), tls=client)
        assert (await post(outlet, f"https://{name}:{receiver.port}/")).status == expected
    assert [call.headers["host"] for call in receiver.calls] == [f"tool.example:{receiver.port}"]
    await receiver.stop()


async def test_no_redirect_is_followed(receiver: Receiver) -> None:
    receiver.answer = status(307, more=f"location: {receiver.url}/again\r\n")
    answer = await post(Outlet(own_machine=True), receiver.url)
    assert (answer.status, answer.is_taken, len(receiver.calls)) == (307, False, 1)


async def test_little_time_is_given(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.2)
    receiver.holds.clear()
    answer = await post(Outlet(own_machine=True), receiver.url)
    assert (answer.status, answer.is_taken) == (None, False)
    assert answer.error.startswith("no answer within")


async def test_an_endless_answer_is_cut_off(receiver: Receiver) -> None:
    receiver.answer = status(200, b"x" * (module.MAX_READ_BYTES * 4))
    answer = await asyncio.wait_for(post(Outlet(own_machine=True), receiver.url), 10)
    assert (answer.status, len(answer.text)) == (200, module.SHOWN_BYTES)


async def test_nobody_there_is_said_without_saying_where() -> None:
    answer = await post(Outlet(own_machine=True), "http://127.0.0.1:9/")
    assert answer.error == "no connection: ConnectError"
