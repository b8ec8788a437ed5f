"""The life of an invitation, and what stands against one. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from shared.errors import Conflict, Forbidden, NotFound, TooMany
from shared.markers import N_

_ADDRESSES = UUID("6f0b2c1e-8f0e-4f43-9d51-3b8f0a6f3f11")


class State(StrEnum):
    """`obsolete`: who wanted to accept it belonged to the organisation already."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OBSOLETE = "obsolete"


@dataclass(frozen=True)
class Policy:
    """lives: from the last mail. mails_per_day: of one organisation, and of one manager over all of theirs.

    mails_per_address: a day, whoever invites.
    kept: after the end, until the address is forgotten.
    """

    lives: timedelta = timedelta(days=14)
    resend_after: timedelta = timedelta(seconds=60)
    mails_per_day: int = 100
    mails_per_address: int = 10
    kept: timedelta = timedelta(days=30)


@dataclass(frozen=True)
class Invitation:
    """mails_asked, mails_sent: how often it was to go out, and did. account_id: who accepted it.

    refused_at: when a mail server refused the last of these mails for good.
    """

    id: UUID
    organisation_id: UUID
    email: str
    type: str
    manager: bool
    language: str
    state: State
    invited_by: UUID
    invited_at: datetime
    asked_at: datetime
    mails_asked: int
    mails_sent: int
    expires_at: datetime
    ended_at: datetime | None
    account_id: UUID | None
    refused_at: datetime | None = None

    def state_at(self, now: datetime) -> State:
        """As it counts: one that has expired has, whether it was written down yet or not."""
        return State.EXPIRED if self.state is State.OPEN and now >= self.expires_at else self.state

    def check_open(self, now: datetime) -> None:
        """Raises InvitationOver."""
        state = self.state_at(now)
        if state is not State.OPEN:
            raise InvitationOver(state=state.value)

    def check_pause(self, policy: Policy, now: datetime) -> None:
        """Raises InvitationSentJustNow."""
        wait = self.asked_at + policy.resend_after - now
        if wait > timedelta():
            raise InvitationSentJustNow(retry_after_s=int(wait.total_seconds()) + 1)


class InvitationNotFound(NotFound):
    code = "invitation-not-found"
    message = N_("There is no such invitation. Perhaps a later mail holds a newer one.")


class InvitationOver(Conflict):
    """params: state."""

    code = "invitation-over"
    message = N_("This invitation no longer counts: it was answered or withdrawn, or has expired.")


class InvitationOpen(Conflict):
    code = "invitation-open"
    message = N_("This address has been invited already. You can send the invitation again.")


class InvitationOfAnotherAddress(Forbidden):
    code = "invitation-of-another-address"
    message = N_(
        "This invitation went to another address than that of your account. Sign in with the account of that address, "
        "or ask to be invited at yours."
    )


class InvitationSentJustNow(TooMany):
    code = "invitation-sent-just-now"
    message = N_("The invitation went out a moment ago. You can send it again in {retry_after_s} seconds.")


class TooManyInvitations(TooMany):
    """params: mails_per_day."""

    code = "too-many-invitations"
    message = N_("No more than {mails_per_day} invitations are mailed a day. Go on tomorrow.")


class TooManyInvitationsThere(TooMany):
    code = "too-many-invitations-there"
    message = N_("This address has been sent many invitations today. Send the next one tomorrow.")


def email_key(email: str) -> str:
    """By which one address is invited once only. Identity alone says whether an account has it."""
    return email.strip().casefold()


def addressee_id(email: str) -> UUID:
    """By which the mails to one address are counted, without keeping it."""
    return uuid5(_ADDRESSES, email_key(email))


def hash_token(token: str) -> bytes:
    """Enough for what is long and random."""
    return hashlib.sha256(token.encode()).digest()
