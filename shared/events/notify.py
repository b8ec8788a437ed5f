"""What the notify service publishes, and the commands that it accepts."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Event
from shared.events.identity import Language
from shared.sealed import Sealed


class NotifyEvent(Event):
    producer: ClassVar[str] = "notify"
    topic: ClassVar[str] = "notify.events"
    key_field: ClassVar[str] = "account_id"

    account_id: UUID


class MailSent(NotifyEvent):
    kind: str
    message_id: str
    sent_at: datetime


class MailFailed(NotifyEvent):
    kind: str
    message_id: str
    reason: str


class AddressBounced(NotifyEvent):
    """The address on record takes no mail: nothing but codes is sent there until AddressRestored."""

    bounced_at: datetime


class AddressRestored(NotifyEvent):
    """Another address counts, or the person says that theirs works again."""

    restored_at: datetime


class InvitationMailRefused(Event):
    """A mail server will never take the mail with this invitation, or the address is none. `version`: which mail about it that was."""

    producer: ClassVar[str] = "notify"
    topic: ClassVar[str] = "notify.events"
    key_field: ClassVar[str] = "invitation_id"

    invitation_id: UUID
    organisation_id: UUID
    reason: str = Field(examples=["smtp-550", "address-invalid"])
    refused_at: datetime


class SendCode(Event):
    """Mail a single-use code to an address. Goes before every other mail; never sent after `expires_at`."""

    producer: ClassVar[str] = "notify"
    topic: ClassVar[str] = "notify.commands"
    key_field: ClassVar[str] = "account_id"

    account_id: UUID
    purpose: Literal["activation", "email-change", "password-reset", "erasure"]
    email: Sealed
    code: Sealed
    language: Language
    expires_at: datetime


class SendInvitation(Event):
    """Mail somebody who may have no account the link to an invitation; never sent after `expires_at`. Sealed for the invitation.

    `version` counts the mails about one invitation: the token in the last of them counts.
    """

    producer: ClassVar[str] = "notify"
    topic: ClassVar[str] = "notify.commands"
    key_field: ClassVar[str] = "invitation_id"

    invitation_id: UUID
    organisation_id: UUID
    organisation_name: str
    invited_by: UUID
    email: Sealed
    token: Sealed
    language: Language
    expires_at: datetime


EVENTS: tuple[type[Event], ...] = (
    MailSent,
    MailFailed,
    AddressBounced,
    AddressRestored,
    InvitationMailRefused,
    SendCode,
    SendInvitation,
)
