"""A mail server that one can switch off, and the things that happen elsewhere."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from services.notify.consumers import NOTIFY
from shared.events import identity, organisation
from shared.events.base import Event
from shared.events.notify import SendCode
from shared.ids import new_id
from tests.support.apps import App


class MailServer:
    """Listens on a port of its own. answer: what it says to every mail, `250 OK` to take it.

    refuses_to: an address whose mails get `refusal` instead.
    hangs_on: a word in the subject of mails that it never answers. tls: the context for STARTTLS, which it then demands.
    implicit_tls: for TLS from the first byte.
    auth_required: takes mail only after a sign-in, with `right` as the password.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: ssl.SSLContext | None = None,
        auth_required: bool = False,
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.senders: list[str] = []
        self.answer = "250 OK"
        self.refuses_to = ""
        self.refusal = "450 come back later"
        self.dies_after_taking = 0
        self.hangs_on = ""
        self.hanging = False
        self.signed_in_over_tls: list[bool] = []
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._auth_required = auth_required
        self.port = _free_port()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self.port, ssl=self._implicit_tls)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if not self.answer.startswith("250"):
            return self.answer
        if self.refuses_to in envelope.rcpt_tos:
            return self.refusal
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        if self.hangs_on and self.hangs_on in str(message["Subject"]):
            self.hanging = True
            await asyncio.Event().wait()
        self.mails.append(message)
        self.recipients += [str(address) for address in envelope.rcpt_tos]
        self.senders.append(str(envelope.mail_from))
        if self.dies_after_taking:
            self.dies_after_taking -= 1
            server.transport.abort()
        return self.answer

    def _session(self) -> SMTP:
        return SMTP(
            self,
            enable_SMTPUTF8=True,
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            auth_required=self._auth_required,
            auth_require_tls=self._tls is not None,
            authenticator=self._authenticate if self._auth_required else None,
        )

    def _authenticate(self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.signed_in_over_tls.append(session.ssl is not None)
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == b"right", handled=False)

    def subjects_to(self, email: str) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails if str(mail["To"]) == email]


@dataclass(frozen=True)
class Someone:
    id: UUID
    first_name: str
    last_name: str
    email: str
    language: identity.Language


@dataclass
class Elsewhere:
    """What other services announce, handed to the handlers of notify in a transaction, as its consumer would."""

    app: App
    versions: dict[str, int] = field(default_factory=dict[str, int])

    async def happens(self, *events: Event) -> None:
        for event in events:
            self.versions[event.key] = self.versions.get(event.key, 0) + 1
            numbered = event.model_copy(update={"version": self.versions[event.key]})
            await self.app.at.keyring.fetch(numbered.sealed_subjects())
            async with self.app.at.database.transaction() as db:
                await NOTIFY.handlers[type(event)](db, numbered, self.app.at.keyring)

    async def someone(
        self, first_name: str = "Ada", last_name: str = "Lindeman", language: identity.Language = "en"
    ) -> Someone:
        account_id = new_id()
        email = f"{first_name.lower()}.{account_id.hex[-6:]}@example.com"
        seal = await self.sealer(account_id)
        await self.happens(
            identity.AccountCreated(
                account_id=account_id,
                username=seal("username", "ada.lindeman"),
                first_name=seal("first_name", first_name),
                last_name=seal("last_name", last_name),
                email=seal("email", email),
                language=language,
                created_at=datetime.now(UTC),
            )
        )
        return Someone(account_id, first_name, last_name, email, language)

    async def sealer(self, account_id: UUID) -> Any:
        await self.app.at.keyring.fetch([account_id])
        return lambda purpose, text: self.app.at.keyring.seal(account_id, purpose, text)

    async def code_for(self, someone: Someone, code: str = "K7M2PX", *, ttl: timedelta = timedelta(minutes=15)) -> None:
        seal = await self.sealer(someone.id)
        await self.happens(
            SendCode(
                account_id=someone.id,
                purpose="activation",
                email=seal("email", someone.email),
                code=seal("code", code),
                language=someone.language,
                expires_at=datetime.now(UTC) + ttl,
            )
        )

    async def organisation(self, managers: Sequence[Someone], name: str = "Lindeman Vastgoed") -> UUID:
        organisation_id = new_id()
        first = managers[0]
        await self.happens(
            organisation.OrganisationCreated(
                organisation_id=organisation_id, enterprise_number="0123456749", name=name, created_by=first.id
            ),
            added(organisation_id, first, by=first),
            *(added(organisation_id, manager, by=first) for manager in managers),
        )
        return organisation_id


def added(organisation_id: UUID, someone: Someone, *, by: Someone) -> organisation.EmployeeAdded:
    return organisation.EmployeeAdded(
        organisation_id=organisation_id, account_id=someone.id, employee_type="head", manager=True, added_by=by.id
    )


def requested(organisation_id: UUID, someone: Someone) -> organisation.EmployeeRequested:
    return organisation.EmployeeRequested(
        organisation_id=organisation_id, account_id=someone.id, employee_type="employee"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
