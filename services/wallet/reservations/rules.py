"""What a reservation may still become. Pure: the time is an argument."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.wallet.charges.rules import CreditsHaveNoVat, check_vat
from services.wallet.ledger.rules import EUR
from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_

USUALLY_VALID_S = 3_600
MAX_VALID_DAYS = 30
MAX_VALID_S = MAX_VALID_DAYS * 86_400


class ReservationNotFound(NotFound):
    code = "reservation-not-found"
    message = N_("This reservation does not exist.")


class ReservationExpired(Conflict):
    code = "reservation-expired"
    message = N_("This reservation has expired: the money is no longer set aside. Charge or reserve it anew.")


class ReservationEnded(Conflict):
    """Params: state, "captured" or "released"."""

    code = "reservation-ended"
    message = N_("This reservation was captured or released before.")


class CaptureTooLarge(Invalid):
    """Params: reserved_cents."""

    code = "capture-too-large"
    message = N_("No more than what was reserved can be taken.")


class NothingAsked(Invalid):
    code = "nothing-asked"
    message = N_("The amount must be more than nothing.")


class ValidityTooLong(Invalid):
    code = "validity-too-long"
    message = N_("Money is set aside for {most_days:number} days at most.")


class State(StrEnum):
    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True)
class ReserveRequest:
    """As a charge's, see ChargeRequest; the money is only set aside, for valid_s."""

    wallet_id: UUID
    tool_id: str
    idempotency_key: str
    amount_excl_cents: int
    amount_incl_cents: int
    vat_rate_bp: int
    description: str
    account_id: UUID | None = None
    unit: str = EUR
    valid_s: int | None = None


@dataclass(frozen=True)
class CaptureRequest:
    wallet_id: UUID
    tool_id: str
    idempotency_key: str
    reservation_id: UUID
    amount_excl_cents: int
    amount_incl_cents: int


@dataclass(frozen=True)
class ReleaseRequest:
    wallet_id: UUID
    tool_id: str
    idempotency_key: str
    reservation_id: UUID


@dataclass(frozen=True)
class Reservation:
    """wallet_id: the organisation's. charge_id: what it was captured by."""

    id: UUID
    wallet_id: UUID
    unit: str
    tool_id: str
    amount_excl_cents: int
    amount_incl_cents: int
    vat_rate_bp: int
    description: str
    account_id: UUID | None
    state: State
    reserved_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    charge_id: UUID | None

    def is_due(self, now: datetime) -> bool:
        return self.state is State.OPEN and now >= self.expires_at


def opened(reservation_id: UUID, request: ReserveRequest, *, at: datetime, expires_at: datetime) -> Reservation:
    return Reservation(
        id=reservation_id,
        wallet_id=request.wallet_id,
        unit=request.unit,
        tool_id=request.tool_id,
        amount_excl_cents=request.amount_excl_cents,
        amount_incl_cents=request.amount_incl_cents,
        vat_rate_bp=request.vat_rate_bp,
        description=request.description,
        account_id=request.account_id,
        state=State.OPEN,
        reserved_at=at,
        expires_at=expires_at,
        ended_at=None,
        charge_id=None,
    )


def valid_s(request: ReserveRequest) -> int:
    """How long it holds. Raises NothingAsked, ValidityTooLong."""
    if request.amount_incl_cents <= 0:
        raise NothingAsked(field="amount_incl_cents")
    if request.valid_s is None:
        return USUALLY_VALID_S
    if not 0 < request.valid_s <= MAX_VALID_S:
        raise ValidityTooLong(field="valid_s", most_days=MAX_VALID_DAYS)
    return request.valid_s


def check_open(reservation: Reservation, *, now: datetime) -> None:
    """Raises ReservationExpired, also when nobody has written that down yet, and ReservationEnded."""
    if reservation.state is State.EXPIRED or reservation.is_due(now):
        raise ReservationExpired()
    if reservation.state is not State.OPEN:
        raise ReservationEnded(state=reservation.state.value)


def check_capture(reservation: Reservation, excl_cents: int, incl_cents: int) -> None:
    """Raises NothingAsked, CaptureTooLarge, VatMismatch (the rate is the reservation's), CreditsHaveNoVat."""
    if incl_cents <= 0:
        raise NothingAsked(field="amount_incl_cents")
    if incl_cents > reservation.amount_incl_cents:
        raise CaptureTooLarge(field="amount_incl_cents", reserved_cents=reservation.amount_incl_cents)
    if reservation.unit == EUR:
        check_vat(excl_cents, incl_cents, reservation.vat_rate_bp)
    elif excl_cents != incl_cents:
        raise CreditsHaveNoVat(field="amount_excl_cents")
