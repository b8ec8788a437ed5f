"""From claimed deliveries to what can be sent: addresses and names as they are now, looked up for many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from services.notify.digests.store import Told
from services.notify.digests.words import Part, digest_words
from services.notify.mails.invitations import INVITATION
from services.notify.mails.naming import names_in
from services.notify.mails.queue import Claimed
from services.notify.mails.render import Renderer, Words
from services.notify.mails.rules import Addressee
from services.notify.preferences.tokens import Unsubscribes
from services.notify.recipients.rules import Recipient
from shared.db import Database
from shared.sealed import Keyring, Sealed


@dataclass(frozen=True)
class Letter:
    """addressee: without an address where there is none. secret: the code that it shows, or what its link ends in.

    recipient: None while nothing is known of them. parts: what a digest is about, empty for every other mail.
    stop_url: by which the reader ends its like, empty where they may not.
    """

    claimed: Claimed
    addressee: Addressee
    recipient: Recipient | None
    params: dict[str, Any]
    secret: str | None
    parts: tuple[Part, ...] = ()
    stop_url: str = ""

    @property
    def domain(self) -> str:
        return self.addressee.email.rpartition("@")[2].lower()

    def is_over(self, now: datetime) -> bool:
        """Not worth sending any more. An invitation that ended took its key along."""
        delivery = self.claimed.delivery
        return delivery.is_expired(now) or (delivery.kind == INVITATION and not self.addressee.email)

    def awaits_address(self, now: datetime) -> bool:
        return self.claimed.delivery.awaits_address(self.recipient, now)

    @property
    def address_on_record(self) -> str:
        """Where it goes, if that is the person's address; empty for any other, such as one that is still to be confirmed."""
        known = self.recipient.email if self.recipient else ""
        return known if known == self.addressee.email else ""

    @property
    def is_undeliverable(self) -> bool:
        """Codes are tried all the same: without one nobody could sign in to give another address."""
        return (
            self.claimed.delivery.sealed_email is None
            and self.recipient is not None
            and self.recipient.is_undeliverable
        )

    def message(self, renderer: Renderer) -> EmailMessage:
        """Raises ValueError for an address that is none."""
        delivery = self.claimed.delivery
        if not self.addressee.email:
            raise ValueError("no address")
        return renderer.message(
            self._words(renderer),
            to=self.addressee.email,
            message_id=delivery.message_id(renderer.domain),
            sent_at=format_datetime(datetime.now(UTC)),
            stop_url=self.stop_url,
        )

    def _words(self, renderer: Renderer) -> Words:
        delivery = self.claimed.delivery
        if self.parts:
            return digest_words(renderer, self.addressee, self.parts)
        known = {**self.params, "expires_at": delivery.expires_at, "token": self.secret}
        code = "" if delivery.kind == INVITATION else self.secret or ""
        return renderer.words(delivery.kind, self.addressee, known, code=code)


async def write_letters(
    database: Database,
    keyring: Keyring,
    claimed: Sequence[Claimed],
    contents: Mapping[UUID, Sequence[Told]],
    unsubscribes: Unsubscribes,
) -> list[Letter]:
    """contents: what digests among them gather. Raises Unavailable when sealed addresses cannot be opened because identity is away."""
    sealed = [Sealed(one.delivery.sealed_email) for one in claimed if one.delivery.sealed_email is not None]
    if sealed:
        await keyring.fetch({email.subject for email in sealed})
    async with database.acquire() as db:
        names = await names_in(
            db,
            [
                *(one.delivery.params for one in claimed),
                *(told.params for gathered in contents.values() for told in gathered),
            ],
            also=[one.delivery.account_id for one in claimed],
        )
    letters: list[Letter] = []
    for one in claimed:
        email, secret = _opened(keyring, one)
        recipient = names.recipients.get(one.delivery.account_id)
        addressee = Addressee.of(one.delivery, recipient, email)
        params = names.of(one.delivery.params, addressee.language)
        gathered = contents.get(one.delivery.delivery_id, ())
        parts = tuple(Part(told.kind, names.of(told.params, addressee.language)) for told in gathered)
        kind = parts[0].kind if len(parts) == 1 else one.delivery.kind
        stop_url = unsubscribes.url(one.delivery.account_id, kind) or ""
        letters.append(Letter(one, addressee, recipient, params, secret, parts, stop_url))
    return letters


def _opened(keyring: Keyring, claimed: Claimed) -> tuple[str | None, str | None]:
    """Address and secret, where the delivery has its own; None where it has none, or the key is gone with whom it was about."""
    delivery = claimed.delivery
    if delivery.sealed_email is None:
        return None, None
    purpose = "token" if delivery.kind == INVITATION else "code"
    secret = keyring.open(Sealed(delivery.sealed_code), purpose) if delivery.sealed_code else None
    return keyring.open(Sealed(delivery.sealed_email), "email"), secret
