"""Whether a card may be linked to an account. Pure."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from services.identity.eid.cardholder import Cardholder
from shared.errors import Conflict, Invalid
from shared.markers import N_

Outcome = Literal["linked", "renewed", "unchanged"]


class EidLinkedElsewhere(Conflict):
    code = "eid-linked-elsewhere"
    message = N_(
        "This identity card is linked to another account already. Sign in with that account, or ask the support team."
    )


class EidOfAnotherPerson(Conflict):
    code = "eid-of-another-person"
    message = N_(
        "Your account is linked to the identity card of someone else. Use your own card, or ask the support team."
    )


class EidWithoutNumber(Invalid):
    code = "eid-without-number"
    message = N_("This card has no Belgian national number, so it cannot be linked.")


@dataclass(frozen=True)
class Link:
    """number_hash: of the national number, keyed; the number itself is kept nowhere."""

    account_id: UUID
    number_hash: bytes = field(repr=False)
    certificate_sha256: str


class NumberHasher:
    """HMAC-SHA-256: eleven digits are few enough to try them all, so a plain hash would hide nothing."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.key_id = hashlib.sha256(b"immo-identity:eid-hash-key:" + key).hexdigest()[:16]

    def hash(self, national_number: str) -> bytes:
        return hmac.digest(self._key, national_number.encode(), hashlib.sha256)


def number_of(holder: Cardholder) -> str:
    """Raises EidWithoutNumber."""
    if holder.national_number is None:
        raise EidWithoutNumber()
    return holder.national_number


def judge_link(
    account_id: UUID, holder: Cardholder, number_hash: bytes, *, own: Link | None, of_number: UUID | None
) -> Outcome:
    """own: the account's present link. of_number: the account to which this person is linked, if any.

    Raises EidLinkedElsewhere, EidOfAnotherPerson.
    """
    if of_number is not None and of_number != account_id:
        raise EidLinkedElsewhere()
    if own is None:
        return "linked"
    if not hmac.compare_digest(own.number_hash, number_hash):
        raise EidOfAnotherPerson()
    return "unchanged" if own.certificate_sha256 == holder.certificate_sha256 else "renewed"
