"""HTTP of the support console, and of the operator who says who works there."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.identity.accounts.rules import Account
from services.identity.context import At, own_of, utc_now
from services.identity.support import handlers, rules, store
from services.identity.support.rules import Case
from shared.tokens import Person, peer, person

router = APIRouter(tags=["support"])
Staff = Annotated[Person, person(acr="mfa", staff=rules.ROLE, fresh_s=rules.FRESH_S)]


class Query(BaseModel):
    """query: an account's id, address or username, or a name."""

    query: Annotated[str, Field(min_length=1, max_length=400)]


class Opening(BaseModel):
    account_id: UUID
    reason: Annotated[str, Field(max_length=2000)]


class FoundView(BaseModel):
    """email: masked; the whole of it is in the case."""

    id: UUID
    username: str
    first_name: str
    last_name: str
    email: str
    state: str
    eid_linked: bool


class CaseView(BaseModel):
    case_id: UUID


class OpenCase(BaseModel):
    id: UUID
    reason: str
    opened_at: datetime
    username: str
    first_name: str
    last_name: str


class CodeView(BaseModel):
    purpose: str
    sent_at: datetime
    expires_at: datetime
    tries_left: int
    used_at: datetime | None


class AuditView(BaseModel):
    at: datetime
    action: str
    actor: str
    reason: str | None


class AccountState(BaseModel):
    """What one needs to know to help, and no more: no number of the card, no addresses of browsers, no birth date."""

    id: UUID
    username: str
    first_name: str
    last_name: str
    email: str
    language: str
    state: str
    created_at: datetime
    activated_at: datetime | None
    terms_version: str
    terms_accepted_at: datetime
    eid_linked_at: datetime | None
    eid_kind: str | None
    eid_valid_until: datetime | None
    eid_certificate_ending: str | None
    passkeys: int
    has_totp: bool
    sessions: int
    last_seen_at: datetime | None
    codes: list[CodeView]
    audit: list[AuditView]


class CaseState(BaseModel):
    id: UUID
    reason: str
    opened_at: datetime
    expires_at: datetime
    account: AccountState


class CaseFacts(BaseModel):
    account_id: UUID
    reason: str


class Merging(BaseModel):
    """other: the account that ends, by its id, address or username."""

    other: Annotated[str, Field(min_length=1, max_length=400)]


class Ended(BaseModel):
    sessions: int


class Appointment(BaseModel):
    role: Literal["support"] = rules.ROLE


class StaffView(BaseModel):
    account_id: UUID
    username: str
    role: str
    appointed_at: datetime


@router.post("/api/support/search")
async def search(body: Query, caller: Staff, at: At) -> list[FoundView]:
    async with at.database.transaction() as db:
        found = await handlers.search(db, caller.account_id, body.query, now=utc_now())
    return [FoundView(**row) for row in found]


@router.get("/api/support/cases")
async def list_cases(caller: Staff, at: At) -> list[OpenCase]:
    async with at.database.acquire() as db:
        await handlers.require_staff(db, caller.account_id)
        return [OpenCase(**row) for row in await store.find_cases_of(db, caller.account_id, now=utc_now())]


@router.post("/api/support/cases", status_code=201)
async def open_case(body: Opening, caller: Staff, at: At) -> CaseView:
    async with at.database.transaction() as db:
        case = await handlers.open_case(db, caller.account_id, body.account_id, body.reason, now=utc_now())
    return CaseView(case_id=case.id)


@router.get("/api/support/cases/{case_id}")
async def read_case(case_id: UUID, caller: Staff, at: At) -> CaseState:
    now = utc_now()
    async with at.database.acquire() as db:
        case, account = await handlers.get_case(db, caller.account_id, case_id, now=now)
        facts = await store.find_facts(db, account.id, now=now)
        codes, entries = await store.find_codes(db, account.id), await store.find_audit(db, account.id)
    return _view(case, account, {**facts, "codes": codes, "audit": entries})


@router.post("/api/support/cases/{case_id}/unlink-card", status_code=204)
async def unlink_card(case_id: UUID, caller: Staff, at: At) -> None:
    now = utc_now()
    async with at.database.transaction() as db:
        case, _ = await handlers.get_case(db, caller.account_id, case_id, now=now)
        await handlers.unlink_card(db, case, now=now)


@router.post("/api/support/cases/{case_id}/activation-code", status_code=204)
async def send_activation_code(case_id: UUID, caller: Staff, at: At) -> None:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        case, account = await handlers.get_case(db, caller.account_id, case_id, now=now)
        await handlers.send_activation_code(db, case, account, master=own.master, policy=own.codes, now=now)


@router.post("/api/support/cases/{case_id}/end-sessions")
async def end_sessions(case_id: UUID, caller: Staff, at: At) -> Ended:
    now = utc_now()
    async with at.database.transaction() as db:
        case, _ = await handlers.get_case(db, caller.account_id, case_id, now=now)
        return Ended(sessions=await handlers.end_sessions(db, case, now=now))


@router.post("/api/support/cases/{case_id}/merge", status_code=204)
async def merge(case_id: UUID, body: Merging, caller: Staff, at: At) -> None:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        case, _ = await handlers.get_case(db, caller.account_id, case_id, now=now)
        await handlers.merge_other(db, case, body.other, master=own.master, now=now)


@router.get("/internal/support/cases/{case_id}/{staff_id}", dependencies=[peer("recognition")])
async def vouch_for_case(case_id: UUID, staff_id: UUID, at: At) -> CaseFacts:
    """For a service in which the staff acts too. Raises CaseEnded, WrongCaller."""
    async with at.database.acquire() as db:
        case, _ = await handlers.get_case(db, staff_id, case_id, now=utc_now())
    return CaseFacts(account_id=case.account_id, reason=case.reason)


@router.get("/internal/staff", dependencies=[peer("operator")])
async def list_staff(at: At) -> list[StaffView]:
    async with at.database.acquire() as db:
        return [StaffView(**row) for row in await store.find_staff(db)]


@router.put("/internal/staff/{username}", status_code=204, dependencies=[peer("operator")])
async def appoint(username: str, body: Appointment, at: At) -> None:
    async with at.database.transaction() as db:
        await handlers.appoint(db, username, body.role, now=utc_now())


@router.delete("/internal/staff/{username}", status_code=204, dependencies=[peer("operator")])
async def dismiss(username: str, at: At) -> None:
    async with at.database.transaction() as db:
        await handlers.dismiss(db, username, now=utc_now())


def _view(case: Case, account: Account, facts: dict[str, Any]) -> CaseState:
    shown = ("id", "username", "first_name", "last_name", "email", "language", "state")
    return CaseState(
        id=case.id,
        reason=case.reason,
        opened_at=case.opened_at,
        expires_at=case.expires_at,
        account=AccountState(**{name: getattr(account, name) for name in shown}, **facts),
    )
