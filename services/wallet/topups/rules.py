"""What becomes of a top-up. Pure: what the provider says and the time are arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from services.wallet.payments.port import Method, Payment, PaymentStatus
from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_

METHODS: tuple[Method, ...] = ("bancontact", "mastercard", "visa", "maestro")
MINIMUM_CENTS = 5_000
MAXIMUM_CENTS = 5_000_000

FIRST_CHECK = timedelta(minutes=1)
CHECKED_AGAIN_AFTER = timedelta(seconds=3)
_LATEST_CHECK = timedelta(hours=6)
_GIVEN_UP_AFTER = timedelta(days=30)
_NEVER_OPENED_AFTER = timedelta(minutes=15)

FailureReason = Literal["failed", "canceled", "expired", "amount-mismatch"]
_FINAL: dict[PaymentStatus, FailureReason] = {"failed": "failed", "canceled": "canceled", "expired": "expired"}


class AmountBelowMinimum(Invalid):
    code = "amount-below-minimum"
    message = N_("Top up at least {minimum_cents:money}.")


class AmountAboveMaximum(Invalid):
    code = "amount-above-maximum"
    message = N_("Top up at most {maximum_cents:money} at once.")


class ReturnUrlForeign(Invalid):
    code = "return-url-foreign"
    message = N_("This address does not belong to the platform.")


class TopUpEnded(Conflict):
    code = "top-up-ended"
    message = N_("This payment has ended already.")


class TopUpNotFound(NotFound):
    code = "top-up-not-found"
    message = N_("This top-up does not exist, or you have no access to it.")


class State(StrEnum):
    """created: the provider was not asked, or its answer is not known. pending: it waits for the payer."""

    CREATED = "created"
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class TopUp:
    """checkout_url: where the payer goes, once the provider has opened the payment. reason: why it failed.

    request_key: the same for one wish that is sent twice. is_cancelable: as the provider said when it was last asked.
    """

    id: UUID
    wallet_id: UUID
    amount_cents: int
    currency: str
    method: str
    provider: str
    reference: str | None
    checkout_url: str | None
    requested_by: UUID
    state: State
    reason: str | None
    created_at: datetime
    ended_at: datetime | None
    request_key: str | None = None
    expires_at: datetime | None = None
    is_cancelable: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in (State.CREATED, State.PENDING)


class Credit:
    """The money came in: book it."""


@dataclass(frozen=True)
class Fail:
    """No money will come, or not what was asked for."""

    reason: FailureReason

    @property
    def state(self) -> State:
        return State.EXPIRED if self.reason == "expired" else State.FAILED


def check_amount(amount_cents: int) -> None:
    """Raises AmountBelowMinimum, AmountAboveMaximum."""
    if amount_cents < MINIMUM_CENTS:
        raise AmountBelowMinimum(field="amount_cents", minimum_cents=MINIMUM_CENTS)
    if amount_cents > MAXIMUM_CENTS:
        raise AmountAboveMaximum(field="amount_cents", maximum_cents=MAXIMUM_CENTS)


def return_address(return_url: str, public_origin: str, top_up_id: UUID) -> str:
    """The page to return to, with `{top_up_id}` filled in. Raises ReturnUrlForeign unless it is below our own origin."""
    if not return_url.startswith(f"{public_origin}/") or not return_url.isprintable() or "\\" in return_url:
        raise ReturnUrlForeign(field="return_url")
    return return_url.replace("{top_up_id}", str(top_up_id))


def request_key(request_id: UUID | None, amount_cents: int, method: str) -> str | None:
    """What a form that is sent twice has in common, and one that is changed and sent again has not."""
    return f"{request_id}:{amount_cents}:{method}" if request_id else None


def preferred_method(last: str | None) -> Method:
    """How somebody paid last, if that is still possible."""
    return last if last in METHODS else METHODS[0]


def is_as_asked(top_up: TopUp, payment: Payment) -> bool:
    return (payment.amount_cents, payment.currency) == (top_up.amount_cents, top_up.currency)


def decide(top_up: TopUp, payment: Payment) -> Credit | Fail | None:
    """What to do now that the provider says this; None when nothing changes.

    Answers may come late, twice or out of order, so only one thing is final: money that was credited. A payment that is paid is
    credited even where it was thought to have failed.
    """
    if top_up.state is State.COMPLETED:
        return None
    if payment.status == "paid":
        if is_as_asked(top_up, payment):
            return Credit()
        return Fail("amount-mismatch") if top_up.is_open else None
    reason = _FINAL.get(payment.status)
    return Fail(reason) if reason and top_up.is_open else None


def next_check(top_up: TopUp, *, now: datetime) -> datetime | None:
    """When to ask the provider by ourselves: more and more rarely as it ages; None once it is given up or has ended."""
    age = now - top_up.created_at
    if not top_up.is_open or age >= _GIVEN_UP_AFTER:
        return None
    return now + min(max(FIRST_CHECK, age / 2), _LATEST_CHECK)


def was_never_opened(top_up: TopUp, *, now: datetime) -> bool:
    """Whether nobody can have seen its payment page: the provider's answer never reached us."""
    return top_up.reference is None and now - top_up.created_at >= _NEVER_OPENED_AFTER
