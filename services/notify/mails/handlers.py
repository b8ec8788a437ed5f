"""Having a mail sent: a row for each person, in the transaction of what it is about."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from services.notify.erasure.handlers import FAREWELL, forget
from services.notify.erasure.store import lock_recipient
from services.notify.mails import store
from services.notify.mails.catalogue import MAILS
from services.notify.mails.invitations import INVITATION
from services.notify.mails.pacing import URGENT, priority_of
from services.notify.mails.rules import Delivery
from shared import outbox
from shared.db import Connection
from shared.events.base import Event
from shared.events.notify import InvitationMailRefused, MailFailed, MailSent, SendCode, SendInvitation

DELIVER = "deliver"
"""The job by which a mail that was given up is sent after all."""
AT_WILL = [kind for kind, mail in MAILS.items() if mail.at_will]
QUIET_AFTER = 20
"""Mails at will that one person gets about one organisation in a day: 20 are more than a day's work brings, and few enough to bear."""


def cause_of(event: Event) -> str:
    return f"{event.producer}:{event.key}:{event.version}"


async def tell(
    db: Connection, account_ids: Collection[UUID], kind: str, cause: str, params: Mapping[str, object]
) -> None:
    """kind: of MAILS. params: ids and amounts only; names are looked up when the mail is made.

    Who has heard enough of an organisation for today hears no more of what its people can cause at will.
    """
    if MAILS[kind].at_will:
        about = str(params["organisation_id"])
        account_ids = await store.not_told_enough(db, account_ids, AT_WILL, about, limit=QUIET_AFTER)
    if await store.insert_deliveries(db, account_ids, kind, cause, params, priority=priority_of(len(account_ids))):
        db.mark("job")
        db.mark("notification")


async def tell_address(db: Connection, account_id: UUID, sealed_email: str, kind: str, cause: str) -> None:
    """At an address that is not, or no longer, the one on record."""
    if await store.insert_for_address(db, account_id, kind, cause, sealed_email=sealed_email):
        db.mark("job")


async def send_code(db: Connection, command: SendCode) -> None:
    """Before every other mail: somebody waits for it."""
    kind = f"code-{command.purpose}"
    if await store.insert_code(
        db,
        command.account_id,
        kind,
        f"{cause_of(command)}:{command.expires_at.isoformat()}",
        sealed_email=command.email,
        sealed_code=command.code,
        language=command.language,
        expires_at=command.expires_at,
        priority=URGENT,
    ):
        db.mark("job")


async def send_invitation(db: Connection, command: SendInvitation) -> None:
    """The delivery stands under the invitation's id: there may be no account."""
    params = {
        "organisation_id": command.organisation_id,
        "organisation_name": command.organisation_name,
        "account_id": command.invited_by,
        "mail": command.version,
    }
    if await store.insert_code(
        db,
        command.invitation_id,
        INVITATION,
        cause_of(command),
        sealed_email=command.email,
        sealed_code=command.token,
        language=command.language,
        expires_at=command.expires_at,
        params=params,
    ):
        db.mark("job")


async def record_sent(
    db: Connection, delivery_id: UUID, account_id: UUID, kind: str, message_id: str, now: datetime
) -> None:
    """Others hear of it where there is an account that they could know."""
    if await _ends(db, delivery_id, account_id, kind, "sent", now) and kind != INVITATION:
        version = await store.raise_mail_version(db, account_id)
        event = MailSent(account_id=account_id, version=version, kind=kind, message_id=message_id, sent_at=now)
        await outbox.append(db, event)
        await _end(db, account_id, kind)


async def record_failed(
    db: Connection, delivery_id: UUID, account_id: UUID, kind: str, message_id: str, reason: str, now: datetime
) -> None:
    """reason: without personal data, such as the code of the mail server's answer."""
    if await _ends(db, delivery_id, account_id, kind, "failed", now):
        version = await store.raise_mail_version(db, account_id)
        event = MailFailed(account_id=account_id, version=version, kind=kind, message_id=message_id, reason=reason)
        await outbox.append(db, event)
        await _end(db, account_id, kind)


async def record_invitation_refused(db: Connection, delivery: Delivery, reason: str, now: datetime) -> None:
    """Who invited hears it, and so does the organisation service, which shows it with the invitation."""
    if await store.end_delivery(db, delivery.delivery_id, "failed", now=now):
        await tell_of_refused_invitation(db, delivery.account_id, delivery.params, reason, now)


async def tell_of_refused_invitation(
    db: Connection, invitation_id: UUID, params: Mapping[str, object], reason: str, now: datetime
) -> None:
    """params: of its delivery."""
    mail, organisation_id = int(str(params["mail"])), UUID(str(params["organisation_id"]))
    refused = InvitationMailRefused(
        invitation_id=invitation_id, organisation_id=organisation_id, version=mail, reason=reason, refused_at=now
    )
    await outbox.append(db, refused)
    invited_by = UUID(str(params["account_id"]))
    await tell(db, [invited_by], "invitation-refused", cause_of(refused), {"organisation_id": organisation_id})


async def record_not_sent(
    db: Connection, delivery_id: UUID, account_id: UUID, kind: str, state: str, now: datetime
) -> None:
    if await _ends(db, delivery_id, account_id, kind, state, now):
        await _end(db, account_id, kind)


async def _ends(db: Connection, delivery_id: UUID, account_id: UUID, kind: str, state: str, now: datetime) -> bool:
    """The recipient is locked before the mail that is their last, as by everybody who lets go of them."""
    if kind == FAREWELL:
        await lock_recipient(db, account_id)
    return await store.end_delivery(db, delivery_id, state, now=now)


async def _end(db: Connection, account_id: UUID, kind: str) -> None:
    if kind == FAREWELL:
        await forget(db, account_id)
