"""Refunds of top-ups. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.wallet.payments.port import Refund
from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_

MAX_REASON_CHARS = 200
_FIRST_CHECK = timedelta(hours=1)
_LATEST_CHECK = timedelta(hours=12)
_GIVEN_UP_AFTER = timedelta(days=60)


class TopUpNotRefundable(Conflict):
    code = "top-up-not-refundable"
    message = N_("Only a completed online top-up can be refunded.")


class RefundTooMuch(Invalid):
    code = "refund-too-much"
    message = N_("Of this top-up at most {left_cents:money} can still be refunded.")


class RefundMismatch(Conflict):
    code = "refund-mismatch"
    message = N_("This refund was asked for already, with another amount or of another top-up.")


class StrayNotFound(NotFound):
    code = "stray-payment-not-found"
    message = N_("There is no such payment, or somebody has settled it already.")


class RefundState(StrEnum):
    """requested: taken from the wallet, the provider is being asked. pending: the provider has it. failed: back in the wallet."""

    REQUESTED = "requested"
    PENDING = "pending"
    REFUNDED = "refunded"
    FAILED = "failed"


@dataclass(frozen=True)
class TopUpRefund:
    """requested_by: None where it was asked for at the provider itself. reference: the provider's, once it has it."""

    id: UUID
    top_up_id: UUID
    amount_cents: int
    reason: str
    requested_by: UUID | None
    provider: str
    reference: str | None
    state: RefundState
    created_at: datetime
    ended_at: datetime | None
    transaction_id: UUID
    void_transaction_id: UUID | None


def part_of(refund: Refund) -> str:
    """By what its effects on the book are known."""
    return str(refund.refund_id) if refund.refund_id else refund.reference


def left_cents(amount_cents: int, refunds: Sequence[TopUpRefund], charged_back_cents: int) -> int:
    """What of a top-up did not go back yet."""
    refunded = sum(refund.amount_cents for refund in refunds if refund.state is not RefundState.FAILED)
    return max(amount_cents - refunded - charged_back_cents, 0)


def step(state: RefundState, at_provider: Refund) -> RefundState | None:
    """What becomes of a refund now that the provider says this; None when nothing changes.

    A bank may send money back that had gone through. What failed stays so: its money is in the wallet again, and may be spent.
    """
    if state is RefundState.FAILED:
        return None
    if at_provider.is_void:
        return RefundState.FAILED
    if at_provider.status == "refunded":
        return RefundState.REFUNDED if state is not RefundState.REFUNDED else None
    return RefundState.PENDING if state is RefundState.REQUESTED else None


def next_check(created_at: datetime, *, now: datetime) -> datetime | None:
    """When to ask about a pending refund by ourselves: more and more rarely, and one day no more."""
    age = now - created_at
    if age >= _GIVEN_UP_AFTER:
        return None
    return now + min(max(_FIRST_CHECK, age / 2), _LATEST_CHECK)
