"""What support is told of wallets and adjustments."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.adjustments.rules import Adjustment
from services.wallet.fields import Answer


class UnitAnswer(Answer):
    """unit: EUR, with amounts in cents, or credits/<tool>."""

    unit: str
    balance_cents: int
    held_cents: int
    available_cents: int


class LineAnswer(Answer):
    number: int
    id: UUID
    kind: str
    tool_id: str | None
    description: str
    unit: str
    amount_cents: int
    balance_after_cents: int
    at: datetime


class AdjustmentAnswer(Answer):
    id: UUID
    organisation_id: UUID
    unit: str
    amount_cents: int
    reason: str
    description: str
    needs_second: bool
    state: str
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None


class WaitingAnswer(Answer):
    adjustments: list[AdjustmentAnswer]


class RecordedAnswer(Answer):
    at: datetime
    actor: UUID
    by_staff: bool
    action: str
    account_id: UUID | None
    reason: str | None
    details: dict[str, Any]


class SupportedAnswer(Answer):
    """lines: in all units, latest first. limit_cents, limit_credits: up to which one person adjusts alone in a day."""

    organisation_id: UUID
    closed: bool
    frozen_at: datetime | None
    low_threshold_cents: int
    limit_cents: int
    limit_credits: int
    wallets: list[UnitAnswer]
    lines: list[LineAnswer]
    adjustments: list[AdjustmentAnswer]
    entries: list[RecordedAnswer]


def adjustment_answer(adjustment: Adjustment) -> AdjustmentAnswer:
    wish = adjustment.wish
    return AdjustmentAnswer(
        id=adjustment.id,
        organisation_id=wish.organisation_id,
        unit=wish.unit,
        amount_cents=wish.amount_cents,
        reason=wish.reason.value,
        description=wish.description,
        needs_second=adjustment.needs_second,
        state=adjustment.state.value,
        requested_by=adjustment.requested_by,
        requested_at=adjustment.requested_at,
        expires_at=adjustment.expires_at,
        decided_by=adjustment.decided_by,
        decided_at=adjustment.decided_at,
    )
