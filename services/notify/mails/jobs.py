"""Sending one mail: look up what it says today, hand it to the mail server, write down that it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from services.notify.mails import handlers, store
from services.notify.mails.invitations import INVITATION
from services.notify.mails.naming import named
from services.notify.mails.render import Renderer
from services.notify.mails.rules import Addressee, Delivery
from services.notify.mails.smtp import Mailer, MailRefused
from services.notify.recipients import store as recipients
from shared.db import Database
from shared.jobs import Job, JobHandler, Retry
from shared.sealed import Keyring, Sealed

ADDRESS_PAUSE_S = 1.0


@dataclass(frozen=True)
class Post:
    """What a delivery needs besides the database."""

    renderer: Renderer
    mailer: Mailer


def deliver_job(database: Database, keyring: Keyring, post: Post) -> JobHandler:
    async def deliver(job: Job) -> None:
        """May run again after a crash: then the mail goes out twice at worst, with the same Message-ID."""
        async with database.acquire() as db:
            delivery = await store.find_waiting(db, UUID(job.payload["delivery_id"]))
        if delivery is not None:
            await _deliver(database, keyring, post, delivery)

    return deliver


async def _deliver(database: Database, keyring: Keyring, post: Post, delivery: Delivery) -> None:
    email, secret = await _opened(keyring, delivery)
    # An invitation that ended took its key along.
    if delivery.is_expired(datetime.now(UTC)) or (delivery.kind == INVITATION and email is None):
        async with database.transaction() as db:
            ended = (delivery.delivery_id, delivery.account_id, delivery.kind)
            await handlers.record_expired(db, *ended, datetime.now(UTC))
        return
    async with database.acquire() as db:
        known = (await recipients.find_recipients(db, [delivery.account_id])).get(delivery.account_id)
        if delivery.awaits_address(known, datetime.now(UTC)):
            raise Retry(ADDRESS_PAUSE_S)
        addressee = Addressee.of(delivery, known, email)
        params = await named(db, delivery.params, addressee.language)
    message_id = delivery.message_id(post.renderer.domain)
    try:
        await _send(post, delivery, addressee, params, secret=secret, message_id=message_id)
    except MailRefused as refused:
        await _write(database, delivery, message_id, reason=f"smtp-{refused.reply_code}")
    except ValueError:
        await _write(database, delivery, message_id, reason="address-invalid")
    else:
        await _write(database, delivery, message_id, reason=None)


async def _send(
    post: Post,
    delivery: Delivery,
    addressee: Addressee,
    params: Mapping[str, Any],
    *,
    secret: str | None,
    message_id: str,
) -> None:
    """secret: the code that it shows, or what its link ends in."""
    if not addressee.email:
        raise ValueError("no address")
    known = {**params, "expires_at": delivery.expires_at, "token": secret}
    code = "" if delivery.kind == INVITATION else secret or ""
    words = post.renderer.words(delivery.kind, addressee, known, code=code)
    sent_at = format_datetime(datetime.now(UTC))
    message = post.renderer.message(words, to=addressee.email, message_id=message_id, sent_at=sent_at)
    await post.mailer.send(message, kind=delivery.kind)


async def _write(database: Database, delivery: Delivery, message_id: str, *, reason: str | None) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as db:
        if reason is None:
            await handlers.record_sent(db, delivery.delivery_id, delivery.account_id, delivery.kind, message_id, now)
        elif delivery.kind == INVITATION:
            await handlers.record_invitation_refused(db, delivery, reason, now)
        else:
            await handlers.record_failed(
                db, delivery.delivery_id, delivery.account_id, delivery.kind, message_id, reason, now
            )


async def _opened(keyring: Keyring, delivery: Delivery) -> tuple[str | None, str | None]:
    """Address and secret, where the delivery has its own; None where it has none, or the key is gone with whom it was about."""
    if delivery.sealed_email is None:
        return None, None
    email = Sealed(delivery.sealed_email)
    await keyring.fetch([email.subject])
    purpose = "token" if delivery.kind == INVITATION else "code"
    secret = keyring.open(Sealed(delivery.sealed_code), purpose) if delivery.sealed_code else None
    return keyring.open(email, "email"), secret
