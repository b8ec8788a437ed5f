"""The way out: a few connections to one mail server, kept open and used in turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from functools import partial
from urllib.parse import unquote, urlsplit

import aiosmtplib
from opentelemetry import trace

from shared.errors import Unavailable
from shared.markers import N_

AWAY = (
    OSError,
    TimeoutError,
    aiosmtplib.SMTPServerDisconnected,
    aiosmtplib.SMTPConnectError,
    aiosmtplib.SMTPTimeoutError,
)


class MailServerUnavailable(Unavailable):
    """The server is away, or refuses for now; the same mail may go through later."""

    code = "mail-server-unavailable"
    message = N_("The mail server does not answer.")


class MailRefused(Exception):
    """The server will never take this mail. reply_code: 500..599."""

    def __init__(self, reply_code: int) -> None:
        super().__init__(f"refused with {reply_code}")
        self.reply_code = reply_code


class Mailer:
    """url: as in NotifySettings.smtp. At most `connections` mails are under way at once; others wait their turn."""

    def __init__(self, url: str, *, connections: int, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._new = partial(
            aiosmtplib.SMTP,
            hostname=parts.hostname or "127.0.0.1",
            port=parts.port or (465 if parts.scheme == "smtps" else 25),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            timeout=timeout_s,
        )
        self._turns = asyncio.Semaphore(connections)
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, message: EmailMessage, *, kind: str) -> None:
        """Returns once the server has taken responsibility. Raises MailServerUnavailable, MailRefused."""
        with trace.get_tracer("immo").start_as_current_span("smtp send", attributes={"mail.kind": kind}):
            try:
                async with self._connection() as smtp:
                    await smtp.send_message(message)
            except aiosmtplib.SMTPRecipientsRefused as error:
                raise _judged(max(refused.code for refused in error.recipients)) from error
            except aiosmtplib.SMTPResponseException as error:
                raise _judged(error.code) from error
            except AWAY as error:
                raise MailServerUnavailable() from error

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            await _quit(self._idle.pop())

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A live connection; one that failed in use is not kept."""
        async with self._turns:
            smtp = await self._next()
            try:
                yield smtp
            except BaseException:
                smtp.close()
                raise
            self._idle.append(smtp)

    async def _next(self) -> aiosmtplib.SMTP:
        while self._idle:
            smtp = self._idle.pop()
            try:
                await smtp.noop()
            except (aiosmtplib.SMTPException, OSError):
                smtp.close()
            else:
                return smtp
        smtp = self._new()
        await smtp.connect()
        return smtp


def _judged(reply_code: int) -> Exception:
    return MailRefused(reply_code) if 500 <= reply_code < 600 else MailServerUnavailable()


async def _quit(smtp: aiosmtplib.SMTP) -> None:
    try:
        await smtp.quit()
    except (aiosmtplib.SMTPException, OSError):
        smtp.close()
