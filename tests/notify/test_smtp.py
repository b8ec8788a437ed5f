"""The way to the mail server: encrypted where it must be, and never a password in clear."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notify.mails.smtp import Line, MailDeferred, MailRefused, MailServer, MailServerUnavailable, as_smtp_url
from tests.notify.scenes import MailServer as Catcher


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")]), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    clear, format_ = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    file = tmp_path / "mail.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, format_, clear)
    )
    return file


@pytest_asyncio.fixture
async def strict(certificate: Path) -> AsyncIterator[Catcher]:
    """Takes mail after STARTTLS and a sign-in only."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = Catcher(tls=context, auth_required=True)
    await server.start()
    yield server
    await server.stop()


async def test_mail_is_sent_over_starttls_after_a_sign_in(strict: Catcher, certificate: Path) -> None:
    line = _line(f"smtp+starttls://immo:right@127.0.0.1:{strict.port}", ca_file=certificate)
    await line.send(_message(), kind="welcome")
    await line.send(_message(), kind="welcome")
    await line.quit()
    assert len(strict.mails) == 2
    assert strict.signed_in_over_tls == [True]


async def test_a_certificate_that_nobody_vouches_for_gets_no_password(strict: Catcher) -> None:
    line = _line(f"smtp+starttls://immo:right@127.0.0.1:{strict.port}")
    with pytest.raises(MailServerUnavailable):
        await line.send(_message(), kind="welcome")
    assert strict.signed_in_over_tls == []


async def test_where_encryption_is_a_must_a_server_without_it_gets_nothing(mail_server: Catcher) -> None:
    line = _line(f"smtp+starttls://127.0.0.1:{mail_server.port}")
    with pytest.raises(MailServerUnavailable):
        await line.send(_message(), kind="welcome")
    assert mail_server.mails == []


async def test_tls_from_the_first_byte(certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = Catcher(implicit_tls=context)
    await server.start()
    try:
        line = _line(f"smtps://127.0.0.1:{server.port}", ca_file=certificate)
        await line.send(_message(), kind="welcome")
        await line.quit()
    finally:
        await server.stop()
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("answer", "judged"),
    [("450 greylisted", MailDeferred), ("421 closing", MailServerUnavailable), ("550 never", MailRefused)],
)
async def test_answers_are_about_the_mail_or_about_the_server(
    mail_server: Catcher, answer: str, judged: type[Exception]
) -> None:
    mail_server.answer = answer
    line = _line(f"smtp://127.0.0.1:{mail_server.port}")
    with pytest.raises(judged):
        await line.send(_message(), kind="welcome")
    mail_server.answer = "250 OK"
    await line.send(_message(), kind="welcome")
    await line.quit()
    assert len(mail_server.mails) == 1


@pytest.mark.parametrize(
    ("url", "must_encrypt"),
    [
        ("smtp://mail.example:25", False),
        ("smtp://immo:secret@mail.example:587", True),
        ("smtp://immo:secret@127.0.0.1:587", False),
        ("smtp+starttls://mail.example:587", True),
    ],
)
def test_a_password_leaves_the_machine_encrypted_only(url: str, must_encrypt: bool) -> None:
    assert MailServer.of(url, timeout_s=1).must_encrypt is must_encrypt


def test_other_ways_than_smtp_are_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="smtps"):
        as_smtp_url("https://mail.example")


def _line(url: str, *, ca_file: Path | None = None) -> Line:
    return Line(MailServer.of(url, timeout_s=20, ca_file=None if ca_file is None else str(ca_file)))


def _message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@immo.example", "b@there.example", "Hello"
    message.set_content("Hello.")
    return message
