"""HTTP of erasures: a person asks for their own, confirms, and may think better of it; an operator sees what hangs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.identity.accounts.handlers import get_account
from services.identity.context import At, own_of, utc_now
from services.identity.erasure import handlers, store
from services.identity.erasure.export import export_of
from services.identity.erasure.process import MAX_LISTED, policy_of
from services.identity.erasure.rules import Erasure, LastManagerSomewhere, State
from shared.errors import Problem
from shared.tokens import Person, peer, person

FRESH_S = 900

router = APIRouter(tags=["erasure"])
Caller = Annotated[Person, person()]
FreshCaller = Annotated[Person, person(fresh_s=FRESH_S)]


class ErasureView(BaseModel):
    """state: None where none was asked for. starts_at: from when it can no longer be cancelled; of one that is held, the next try."""

    state: State | None
    requested_at: datetime | None = None
    starts_at: datetime | None = None


class CodeSent(BaseModel):
    retry_after_s: int


class Confirmation(BaseModel):
    code: Annotated[str, Field(max_length=100)]


class Confirmed(BaseModel):
    starts_at: datetime


class ErasureReport(BaseModel):
    """waits_for: the services that have not reported. late: those of them that should have."""

    account_id: UUID
    state: State
    requested_at: datetime
    started_at: datetime | None
    next_at: datetime | None
    waits_for: list[str]
    late: list[str]


@router.get("/api/account/erasure")
async def show(caller: Caller, at: At) -> ErasureView:
    async with at.database.acquire() as db:
        erasure = await store.find_erasure(db, caller.account_id)
    if erasure is None:
        return ErasureView(state=None)
    has_date = erasure.state in (State.SCHEDULED, State.HELD)
    return ErasureView(
        state=erasure.state,
        requested_at=erasure.requested_at,
        starts_at=erasure.next_at if has_date else None,
    )


@router.post("/api/account/erasure", status_code=202)
async def request(caller: FreshCaller, at: At) -> CodeSent:
    """Raises LastManagerSomewhere, AlreadyScheduled, CodeTooSoon, Unavailable."""
    await _refuse_last_manager(at, caller.account_id)
    own = own_of(at)
    async with at.database.transaction() as db:
        retry_after_s = await handlers.request(
            db,
            caller.account_id,
            master=own.master,
            codes_policy=own.codes,
            policy=policy_of(at.settings),
            now=utc_now(),
        )
    return CodeSent(retry_after_s=retry_after_s)


@router.post("/api/account/erasure/confirm")
async def confirm(body: Confirmation, caller: FreshCaller, at: At) -> Confirmed:
    """Raises NoErasure, LastManagerSomewhere, Unavailable, and what is wrong with the code."""
    await _refuse_last_manager(at, caller.account_id)
    policy = policy_of(at.settings)
    async with at.database.transaction() as db:
        outcome = await handlers.confirm(
            db, caller.account_id, body.code, master=own_of(at).master, policy=policy, now=utc_now()
        )
    if isinstance(outcome, Problem):
        raise outcome
    return Confirmed(starts_at=outcome)


@router.delete("/api/account/erasure", status_code=204)
async def cancel(caller: Caller, at: At) -> None:
    """To stay asks for no fresh proof. Raises TooLateToCancel."""
    async with at.database.transaction() as db:
        await handlers.cancel(db, caller.account_id, now=utc_now())


@router.get("/internal/erasures", dependencies=[peer("operator")])
async def list_erasures(at: At, limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 100) -> list[ErasureReport]:
    """Those that have not ended, the oldest first."""
    async with at.database.acquire() as db:
        found = await store.open_erasures(db, limit=limit)
    return [_report(erasure, at) for erasure in found]


@router.post("/internal/erasures/{account_id}/repeat", status_code=202, dependencies=[peer("operator")])
async def repeat(account_id: UUID, at: At) -> None:
    """After a database was restored from before the erasure. Raises NoErasure."""
    async with at.database.transaction() as db:
        await handlers.repeat(db, account_id, now=utc_now())


@router.get("/internal/export/{account_id}", dependencies=[peer("gateway")])
async def export(account_id: UUID, at: At) -> dict[str, object]:
    """All that this service knows of the person; the keys are explained in docs/export.md. Raises AccountNotFound."""
    async with at.database.transaction() as db:
        await get_account(db, account_id)
        await handlers.record_export(db, account_id, now=utc_now())
        return await export_of(db, account_id, master=own_of(at).master)


async def _refuse_last_manager(at: At, account_id: UUID) -> None:
    """Said before anything is begun; whether it still holds then is asked again."""
    outlook = await at.client("organisation").get(f"/internal/erasures/{account_id}")
    if names := [organisation["name"] for organisation in outlook["blocked_by"]]:
        raise LastManagerSomewhere(organisations=", ".join(names))


def _report(erasure: Erasure, at: At) -> ErasureReport:
    return ErasureReport(
        account_id=erasure.account_id,
        state=erasure.state,
        requested_at=erasure.requested_at,
        started_at=erasure.started_at,
        next_at=erasure.next_at,
        waits_for=list(erasure.missing) if erasure.state is not State.TELLING else ["notify"],
        late=list(erasure.late(policy_of(at.settings), now=utc_now())),
    )
