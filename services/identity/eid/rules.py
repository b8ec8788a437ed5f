"""Whether a card may be linked to an account, and whether it opens one. Pure: time is an argument."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.identity.eid.cardholder import Cardholder
from shared.errors import Conflict, Forbidden, Invalid, NotFound
from shared.markers import N_

Outcome = Literal["linked", "renewed", "unchanged"]
Kind = Literal["belgian", "foreign"]

BELGIUM = "BE"
# Whoever keeps the sealed number keeps it longer than this, so that nobody who uses their card is forgotten.
NUMBER_IS_SENT_EVERY = timedelta(days=30)
_OPEN_STATES = frozenset({"pending", "active"})


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


class EidLinkTooOld(Conflict):
    """The link was made under a key that is gone, so nobody can say any more whose card it is to."""

    code = "eid-link-too-old"
    message = N_("Your identity card was linked too long ago to recognise it. Ask the support team to undo the link.")


class EidWithoutNumber(Invalid):
    code = "eid-without-number"
    message = N_("This card has no Belgian national number, so it cannot be linked.")


class EidNotLinked(NotFound):
    code = "eid-not-linked"
    message = N_("No identity card is linked to your account.")


class AccountClosed(Forbidden):
    code = "account-closed"
    message = N_("This account can no longer be used. The support team can tell you more.")


@dataclass(frozen=True)
class Subject:
    """Who the holder of a card is, as far as links are concerned. text: a national number, or a country and what it calls the holder."""

    kind: Kind
    text: str = field(repr=False)


@dataclass(frozen=True)
class Presented:
    """A card that was believed. revocation: "unavailable" where nobody could say whether it was revoked, and a linked card is let in."""

    holder: Cardholder
    subject: Subject
    revocation: Literal["good", "unavailable", "off"] = "good"


@dataclass(frozen=True)
class Link:
    """number_hash: of the subject, keyed; the number itself is kept nowhere. valid_until: of the card that was used last."""

    account_id: UUID
    number_hash: bytes = field(repr=False)
    certificate_sha256: str
    hash_key_id: str = ""
    kind: Kind = "belgian"
    certificate_ending: str = ""
    valid_until: datetime | None = None
    linked_at: datetime | None = None
    used_at: datetime | None = None
    number_sent_at: datetime | None = None


class NumberHasher:
    """HMAC-SHA-256: eleven digits are few enough to try them all, so a plain hash would hide nothing.

    others: keys under which links may still stand (earlier ones), or will soon (the next one).
    """

    def __init__(self, key: bytes, others: Sequence[bytes] = ()) -> None:
        self._keys = {key_id(each): each for each in (key, *others)}
        self.key_id = key_id(key)

    @property
    def key_ids(self) -> list[str]:
        """The current one first."""
        return list(self._keys)

    def hash(self, text: str) -> bytes:
        """Under the current key."""
        return self.hashes(text)[0]

    def hashes(self, text: str) -> list[bytes]:
        """Under each key, the current one first."""
        return [hmac.digest(key, text.encode(), hashlib.sha256) for key in self._keys.values()]


def key_id(key: bytes) -> str:
    """Says which key a hash was made with, and nothing about the key."""
    return hashlib.sha256(b"immo-identity:eid-hash-key:" + key).hexdigest()[:16]


def belgian_subject(holder: Cardholder) -> Subject:
    """Raises EidWithoutNumber."""
    if holder.national_number is None:
        raise EidWithoutNumber()
    return Subject("belgian", holder.national_number)


def foreign_subject(holder: Cardholder) -> Subject:
    """Of a card that another country's authority vouches for, whatever it says. Raises EidWithoutNumber.

    The country stands in front, so that no identifier, eleven digits or not, can be a Belgian number's hash.
    """
    country = (holder.issuer_country or BELGIUM).upper()
    if holder.identifier is None or country == BELGIUM:
        raise EidWithoutNumber()
    return Subject("foreign", f"{country}/{holder.identifier}")


def judge_link(
    account_id: UUID, holder: Cardholder, hashes: Sequence[bytes], *, own: Link | None, of_number: UUID | None
) -> Outcome:
    """hashes: of the card's holder, under every key. own: the account's present link. of_number: the account to which this
    person is linked, if any.

    Raises EidLinkedElsewhere, EidOfAnotherPerson.
    """
    if of_number is not None and of_number != account_id:
        raise EidLinkedElsewhere()
    if own is None:
        return "linked"
    if not any(hmac.compare_digest(own.number_hash, number_hash) for number_hash in hashes):
        raise EidOfAnotherPerson()
    return "unchanged" if own.certificate_sha256 == holder.certificate_sha256 else "renewed"


def require_readable(own: Link | None, hasher: NumberHasher) -> None:
    """Raises EidLinkTooOld."""
    if own is not None and own.hash_key_id not in hasher.key_ids:
        raise EidLinkTooOld()


def is_number_due(link: Link, *, now: datetime) -> bool:
    """Whether the sealed number must be published again. Other countries' numbers are nobody's business but ours."""
    if link.kind == "foreign":
        return False
    return link.number_sent_at is None or now - link.number_sent_at >= NUMBER_IS_SENT_EVERY


def require_open(state: str) -> None:
    """Raises AccountClosed for the account of someone who was erased, merged or shut out."""
    if state not in _OPEN_STATES:
        raise AccountClosed()
