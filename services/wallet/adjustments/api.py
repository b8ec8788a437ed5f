"""Wallets for those who work in support: look, correct, freeze. Each with a reason, and on the record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.wallet import audit
from services.wallet.access.store import is_closed
from services.wallet.adjustments import freezing, handlers, store
from services.wallet.adjustments.answers import (
    AdjustmentAnswer,
    LineAnswer,
    RecordedAnswer,
    SupportedAnswer,
    UnitAnswer,
    WaitingAnswer,
    adjustment_answer,
)
from services.wallet.adjustments.rules import (
    MAX_REASON_CHARS,
    STAFF_FRESH_S,
    STAFF_ROLE,
    Reason,
    Wish,
    clean_reason,
)
from services.wallet.at import At
from services.wallet.fields import Body, Unit
from services.wallet.ledger.handlers import get_wallet_of
from services.wallet.ledger.store import wallets_of
from services.wallet.statement.words import described, words_in
from shared.http import Language
from shared.tokens import Person, person

MAX_ROWS = 20
MAX_WAITING = 200

router = APIRouter(prefix="/api/support", tags=["support"])
Staff = Annotated[Person, person(acr="mfa", staff=STAFF_ROLE, fresh_s=STAFF_FRESH_S)]
Why = Annotated[str, Field(max_length=1_000)]


class AdjustmentBody(Body):
    """id: chosen by whoever asks; sent again, it is the same adjustment. amount_cents: cents, or whole credits; negative takes out.

    description: why; the organisation reads it too.
    """

    id: UUID
    unit: Unit = "EUR"
    amount_cents: Annotated[int, Field(ge=-(2**53), le=2**53)]
    reason: Reason
    description: Annotated[str, Field(max_length=MAX_REASON_CHARS, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ReasonBody(Body):
    reason: Why


@router.get("/wallets/{organisation_id}")
async def show(organisation_id: UUID, caller: Staff, at: At, language: Language) -> SupportedAnswer:
    """Raises WalletNotFound."""
    words = words_in(language)
    async with at.database.acquire() as db:
        wallet = await get_wallet_of(db, organisation_id)
        lines = await store.latest_lines(db, organisation_id, limit=MAX_ROWS)
        return SupportedAnswer(
            organisation_id=organisation_id,
            closed=await is_closed(db, organisation_id),
            frozen_at=wallet.frozen_at,
            low_threshold_cents=wallet.low_threshold_cents,
            limit_cents=at.settings.adjustment_limit_cents,
            limit_credits=at.settings.adjustment_limit_credits,
            wallets=[UnitAnswer.model_validate(one) for one in await wallets_of(db, organisation_id)],
            lines=[
                LineAnswer.model_validate(replace(line, description=described(line.kind, line.description, words)))
                for line in lines
            ],
            adjustments=[adjustment_answer(one) for one in await store.latest_of(db, organisation_id, limit=MAX_ROWS)],
            entries=[
                RecordedAnswer.model_validate(one) for one in await audit.latest(db, organisation_id, limit=MAX_ROWS)
            ],
        )


@router.post("/wallets/{organisation_id}/adjustments", status_code=201)
async def adjust(organisation_id: UUID, body: AdjustmentBody, caller: Staff, at: At) -> AdjustmentAnswer:
    """Booked at once, or `requested` until a second person decides."""
    wish = Wish(organisation_id, body.unit, body.amount_cents, body.reason, " ".join(body.description.split()))
    async with at.database.transaction() as db:
        made = await handlers.request(
            db,
            wish,
            body.id,
            by=caller.account_id,
            limits=at.settings.adjustment_limits,
            ttl=timedelta(hours=at.settings.adjustment_ttl_h),
            now=datetime.now(UTC),
        )
    return adjustment_answer(made)


@router.get("/adjustments")
async def list_waiting(caller: Staff, at: At) -> WaitingAnswer:
    """Those that wait for a second person, oldest first."""
    async with at.database.acquire() as db:
        found = await store.waiting(db, now=datetime.now(UTC), limit=MAX_WAITING)
    return WaitingAnswer(adjustments=[adjustment_answer(one) for one in found])


@router.get("/adjustments/{adjustment_id}")
async def show_adjustment(adjustment_id: UUID, caller: Staff, at: At) -> AdjustmentAnswer:
    async with at.database.transaction() as db:
        return adjustment_answer(await handlers.get_adjustment(db, adjustment_id))


@router.post("/adjustments/{adjustment_id}/approve", status_code=204)
async def approve(adjustment_id: UUID, caller: Staff, at: At) -> None:
    async with at.database.transaction() as db:
        await handlers.approve(db, adjustment_id, by=caller.account_id, now=datetime.now(UTC))


@router.post("/adjustments/{adjustment_id}/reject", status_code=204)
async def reject(adjustment_id: UUID, body: ReasonBody, caller: Staff, at: At) -> None:
    reason = clean_reason(body.reason)
    async with at.database.transaction() as db:
        await handlers.reject(db, adjustment_id, reason, by=caller.account_id, now=datetime.now(UTC))


@router.post("/adjustments/{adjustment_id}/withdraw", status_code=204)
async def withdraw(adjustment_id: UUID, caller: Staff, at: At) -> None:
    async with at.database.transaction() as db:
        await handlers.withdraw(db, adjustment_id, by=caller.account_id, now=datetime.now(UTC))


@router.post("/wallets/{organisation_id}/freeze", status_code=204)
async def freeze(organisation_id: UUID, body: ReasonBody, caller: Staff, at: At) -> None:
    reason = clean_reason(body.reason)
    async with at.database.transaction() as db:
        await freezing.freeze(db, organisation_id, reason, by=caller.account_id, now=datetime.now(UTC))


@router.post("/wallets/{organisation_id}/unfreeze", status_code=204)
async def unfreeze(organisation_id: UUID, body: ReasonBody, caller: Staff, at: At) -> None:
    reason = clean_reason(body.reason)
    async with at.database.transaction() as db:
        await freezing.unfreeze(db, organisation_id, reason, by=caller.account_id, now=datetime.now(UTC))
