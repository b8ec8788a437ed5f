"""Who sees a wallet, and when it counts as low, over HTTP: for its managers."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter

from services.wallet import audit
from services.wallet.access import handlers, viewer_store
from services.wallet.access.managers import Manager
from services.wallet.at import At
from services.wallet.fields import Answer, Body, Cents
from shared.tokens import Person, person

MAX_ENTRIES = 20

router = APIRouter(prefix="/api/wallets/{organisation_id}")
Caller = Annotated[Person, person()]


class AllowedAnswer(Answer):
    account_id: UUID
    allowed_by: UUID
    allowed_at: datetime


class ViewersAnswer(Answer):
    """Besides the managers, who see it anyway."""

    viewers: list[AllowedAnswer]


class ThresholdBody(Body):
    """threshold_cents: below it the balance is announced as low; 0 for never."""

    threshold_cents: Cents


class EntryAnswer(Answer):
    """actor: None for support, which is not named. account_id: on whom."""

    at: datetime
    action: str
    actor: UUID | None
    account_id: UUID | None
    details: dict[str, Any]


class RecordAnswer(Answer):
    """Latest first."""

    entries: list[EntryAnswer]


@router.get("/viewers")
async def list_viewers(organisation_id: UUID, caller: Caller, at: At) -> ViewersAnswer:
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await viewer_store.viewers_of(db, manager.wallet_id)
    return ViewersAnswer(viewers=[AllowedAnswer.model_validate(one) for one in found])


@router.put("/viewers/{account_id}", status_code=204)
async def allow_viewer(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """They see the wallet and can top it up. Raises EmployeeNotFound."""
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        await handlers.allow(db, manager, account_id, now=datetime.now(UTC))


@router.delete("/viewers/{account_id}", status_code=204)
async def dismiss_viewer(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """Also of somebody who is none: then nothing happens."""
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        await handlers.dismiss(db, manager, account_id, now=datetime.now(UTC))


@router.put("/threshold", status_code=204)
async def set_threshold(organisation_id: UUID, body: ThresholdBody, caller: Caller, at: At) -> None:
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        await handlers.set_threshold(db, manager, body.threshold_cents, now=datetime.now(UTC))


@router.get("/record")
async def read_record(organisation_id: UUID, caller: Caller, at: At) -> RecordAnswer:
    """The latest decisions about the wallet; what moved money is in its transactions."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await audit.latest(db, manager.wallet_id, limit=MAX_ENTRIES)
    return RecordAnswer(
        entries=[
            EntryAnswer(
                at=one.at,
                action=one.action,
                actor=None if one.by_staff else one.actor,
                account_id=one.account_id,
                details=one.details,
            )
            for one in found
        ]
    )
