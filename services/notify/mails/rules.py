"""What a mail is made of, before it becomes bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.recipients.rules import Recipient

# Topics are read side by side: after an outage a person may be announced after what concerns them.
ADDRESS_AWAITED_FOR = timedelta(hours=1)
_UNBROKEN = "\u00a0\u202f"


@dataclass(frozen=True)
class Delivery:
    """One mail to one person, as it waits in its row. expires_at: not worth sending afterwards, None for ever."""

    delivery_id: UUID
    account_id: UUID
    kind: str
    params: Mapping[str, object]
    sealed_email: str | None
    sealed_code: str | None
    language: str | None
    created_at: datetime
    expires_at: datetime | None

    def awaits_address(self, recipient: Recipient | None, now: datetime) -> bool:
        """Whether the address is not known yet, and may still come."""
        if self.sealed_email is not None or now - self.created_at >= ADDRESS_AWAITED_FOR:
            return False
        return recipient is None or (not recipient.email and not recipient.is_erased)

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and now >= self.expires_at

    def message_id(self, domain: str) -> str:
        """The same however often it is sent, so that mail programs show a duplicate once."""
        return f"<{self.delivery_id}@{domain}>"


@dataclass(frozen=True)
class Addressee:
    """Whom it goes to, in which language. email: empty when nothing is known any more."""

    email: str
    language: str
    first_name: str

    @classmethod
    def of(cls, delivery: Delivery, recipient: Recipient | None, opened_email: str | None) -> "Addressee":
        """A code goes to the address in its command, which may not be the person's yet; everything else to the one on record."""
        email = opened_email or "" if delivery.sealed_email else (recipient.email if recipient else "")
        language = delivery.language or (recipient.language if recipient else "fr")
        return cls(email, language, recipient.first_name if recipient else "")


def on_one_line(text: str) -> str:
    """For a header: no line may end inside, whatever somebody chose as a name. Amounts keep their unbroken spaces."""
    kept = "".join(one if one.isprintable() or one in _UNBROKEN else " " for one in text)
    return " ".join(word for word in kept.split(" ") if word)
