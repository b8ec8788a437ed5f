"""The way out: one connection to the mail server, kept open from mail to mail and opened anew where it was lost."""

import asyncio
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib
from opentelemetry import trace

from services.notify.bounces.rules import status_in
from services.notify.mails.metrics import SEND_S
from shared.errors import Unavailable
from shared.markers import N_

CLOSING = 421
IDLE_S = 20.0
"""Mail servers hang up on who is silent for minutes; a connection that rested longer than this is opened anew."""
_AWAY = (OSError, asyncio.TimeoutError, aiosmtplib.SMTPException)


class MailServerUnavailable(Unavailable):
    """It is away, or takes nothing from us for now: every mail must wait."""

    code = "mail-server-unavailable"
    message = N_("The mail server does not answer.")


class MailInterrupted(Exception):
    """The connection was lost, or fell silent, with the mail half way: the server may have taken it."""


class MailDeferred(Exception):
    """The server does not take this mail now; others it may. reply_code: 400..499, or a refusal of the sender."""

    def __init__(self, reply_code: int) -> None:
        super().__init__(f"deferred with {reply_code}")
        self.reply_code = reply_code


class MailRefused(Exception):
    """The server will never take this mail. reply_code: 500..599. status: its enhanced code, empty where it gave none."""

    def __init__(self, reply_code: int, status: str = "") -> None:
        super().__init__(f"refused with {reply_code}")
        self.reply_code = reply_code
        self.status = status


@dataclass(frozen=True)
class MailServer:
    """Where mail goes. must_encrypt: rather send nothing than in clear."""

    host: str
    port: int
    timeout_s: float
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    must_encrypt: bool = False
    ca_file: str | None = None

    @classmethod
    def of(cls, url: str, *, timeout_s: float, ca_file: str | None = None) -> "MailServer":
        """url: as in NotifySettings.smtp. A password never leaves this machine in clear."""
        parts = urlsplit(url)
        host, is_tls = parts.hostname or "127.0.0.1", parts.scheme == "smtps"
        return cls(
            host,
            parts.port or (465 if is_tls else 25),
            timeout_s,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            is_tls,
            parts.scheme == "smtp+starttls" or (parts.username is not None and not _is_here(host)),
            ca_file,
        )

    def client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            use_tls=self.is_tls,
            start_tls=None if self.is_tls or not self.must_encrypt else True,
            tls_context=ssl.create_default_context(cafile=self.ca_file),
            timeout=self.timeout_s,
        )


class Line:
    """One connection; one mail at a time."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: aiosmtplib.SMTP | None = None
        self._used_at = 0.0

    async def send(
        self, message: EmailMessage, *, kind: str, return_path: str | None = None, to: str | None = None
    ) -> None:
        """Returns once the server has taken responsibility. Raises MailServerUnavailable, MailInterrupted, MailDeferred,
        MailRefused.

        return_path: where a server reports that it did not arrive after all; None for the address in From. to: None for whom To
        names. Given both, nothing has to be read out of the message.
        """
        with trace.get_tracer("immo").start_as_current_span("smtp send", attributes={"mail.kind": kind}):
            smtp = await self._open()
            began = time.monotonic()
            try:
                await smtp.send_message(message, sender=return_path, recipients=to)
            except BaseException as error:
                judged = _judged(error)
                if judged is None or isinstance(judged, MailServerUnavailable | MailInterrupted):
                    self.close()
                if judged is None:
                    raise
                raise judged from error
            finally:
                self._used_at = time.monotonic()
                SEND_S.observe(self._used_at - began)

    async def quit(self) -> None:
        """Say goodbye."""
        if self._smtp is not None and self._smtp.is_connected:
            with suppress(*_AWAY):
                await self._smtp.quit()
        self.close()

    def close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    async def _open(self) -> aiosmtplib.SMTP:
        """Whatever goes wrong here says nothing about the mail."""
        if self._smtp is not None and self._smtp.is_connected and time.monotonic() - self._used_at < IDLE_S:
            return self._smtp
        self.close()
        smtp = self._server.client()
        try:
            await smtp.connect()
        except BaseException as error:
            smtp.close()
            if isinstance(error, _AWAY):
                raise MailServerUnavailable() from error
            raise
        self._smtp = smtp
        return smtp


def _judged(error: BaseException) -> Exception | None:
    """None for what is no answer of the server, such as being cancelled."""
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return MailRefused(553)  # an address that this server cannot write
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        worst = max(error.recipients, key=lambda refused: refused.code)
        return _by_code(worst.code, status_in(worst.message))
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return MailServerUnavailable() if error.code == CLOSING else MailDeferred(error.code)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _by_code(error.code, status_in(error.message))
    return MailInterrupted() if isinstance(error, _AWAY) else None


def _by_code(reply_code: int, status: str = "") -> Exception:
    if 500 <= reply_code < 600:
        return MailRefused(reply_code, status)
    return MailDeferred(reply_code) if 400 <= reply_code < 500 and reply_code != CLOSING else MailServerUnavailable()


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def as_smtp_url(url: str) -> str:
    """Raises ValueError for a scheme that is none of ours."""
    if urlsplit(url).scheme not in ("smtp", "smtp+starttls", "smtps"):
        raise ValueError("smtp://, smtp+starttls:// or smtps://")
    return url
