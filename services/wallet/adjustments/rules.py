"""What staff may correct by themselves, and what takes two of them. Pure: the time and the limits are arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.wallet.ledger.rules import EUR, MAX_AMOUNT_CENTS
from shared.errors import Conflict, Forbidden, Invalid, NotFound
from shared.markers import N_

STAFF_ROLE = "support"
STAFF_FRESH_S = 8 * 3600
MIN_REASON_CHARS, MAX_REASON_CHARS = 10, 200


class Reason(StrEnum):
    """The account in the book that an adjustment is booked against."""

    CORRECTION = "correction"
    GOODWILL = "goodwill"
    PAY_OUT = "pay-out"
    MOVED = "moved"
    OTHER_SYSTEM = "other-system"


class State(StrEnum):
    REQUESTED = "requested"
    BOOKED = "booked"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ReasonMissing(Invalid):
    """params: min_length."""

    code = "reason-missing"
    message = N_("Say why, in at least {min_length} characters: it is kept in the record.")


class AdjustsNothing(Invalid):
    code = "adjusts-nothing"
    message = N_("Enter an amount above or below zero.")


class AdjustmentTooLarge(Invalid):
    code = "adjustment-too-large"
    message = N_("This amount is too large.")


class UnitUnknown(Invalid):
    code = "unit-unknown"
    message = N_("This organisation has no credits of this tool.")


class AdjustmentNotFound(NotFound):
    code = "adjustment-not-found"
    message = N_("This adjustment does not exist.")


class AdjustmentDecided(Conflict):
    code = "adjustment-decided"
    message = N_("This adjustment has been decided upon already, or has expired.")


class AdjustmentMismatch(Conflict):
    code = "adjustment-mismatch"
    message = N_("An adjustment with this number was asked for before, and is another one.")


class SecondPersonNeeded(Forbidden):
    code = "second-person-needed"
    message = N_("Somebody else than the person who asked for it decides. Ask a colleague.")


class NotYourRequest(Forbidden):
    code = "not-your-request"
    message = N_("Only who asked for it can withdraw it.")


class AvailableShort(Conflict):
    """params: available, in cents or credits."""

    code = "available-short"
    message = N_("There is less in the wallet than is to be taken out.")


@dataclass(frozen=True)
class Wish:
    """amount_cents: cents or whole credits, negative to take something out. description: why; the organisation reads it too."""

    organisation_id: UUID
    unit: str
    amount_cents: int
    reason: Reason
    description: str

    def check(self) -> None:
        """Raises AdjustsNothing, AdjustmentTooLarge, ReasonMissing."""
        if self.amount_cents == 0:
            raise AdjustsNothing(field="amount_cents")
        if abs(self.amount_cents) > MAX_AMOUNT_CENTS:
            raise AdjustmentTooLarge(field="amount_cents")
        clean_reason(self.description, field="description")


@dataclass(frozen=True)
class Limits:
    """What one person may book by themselves in a wallet within a day, in each kind of unit."""

    cents: int
    credits: int

    def of(self, unit: str) -> int:
        return self.cents if unit == EUR else self.credits


@dataclass(frozen=True)
class Adjustment:
    """decided_by: who booked, rejected or withdrew it; None while it waits, and where it expired."""

    id: UUID
    wish: Wish
    needs_second: bool
    state: State
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None

    def check_second(self, account_id: UUID, *, now: datetime) -> None:
        """Raises AdjustmentDecided, SecondPersonNeeded."""
        self._check_open(now)
        if account_id == self.requested_by:
            raise SecondPersonNeeded()

    def check_own(self, account_id: UUID, *, now: datetime) -> None:
        """Raises AdjustmentDecided, NotYourRequest."""
        self._check_open(now)
        if account_id != self.requested_by:
            raise NotYourRequest()

    def _check_open(self, now: datetime) -> None:
        if self.state is not State.REQUESTED or now >= self.expires_at:
            raise AdjustmentDecided()


def needs_second(wish: Wish, limits: Limits, *, alone_lately: int) -> bool:
    """alone_lately: what was booked in this wallet and unit by one person alone in the last day: small steps do not get around it."""
    return abs(wish.amount_cents) + alone_lately > limits.of(wish.unit)


def clean_reason(text: str, *, field: str = "reason") -> str:
    """Raises ReasonMissing."""
    reason = " ".join(text.split())[:MAX_REASON_CHARS]
    if len(reason) < MIN_REASON_CHARS:
        raise ReasonMissing(field=field, min_length=MIN_REASON_CHARS)
    return reason


def details_of(adjustment: Adjustment) -> Mapping[str, str | int]:
    """For the record."""
    wish = adjustment.wish
    return {
        "adjustment_id": str(adjustment.id),
        "amount_cents": wish.amount_cents,
        "unit": wish.unit,
        "reason": wish.reason.value,
    }
