"""Closing an organisation over HTTP: by its last manager, or by support, who can open it again too."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.organisation.at import At
from services.organisation.closing import handlers, store
from services.organisation.closing.handlers import By
from services.organisation.closing.rules import (
    FRESH_S,
    MAX_REASON_CHARS,
    STAFF_FRESH_S,
    STAFF_ROLE,
    OwnAccount,
    clean_reason,
)
from services.organisation.commands import command
from services.organisation.employees.contact import contact_of
from services.organisation.fields import Answer, Body, ContactBody
from services.organisation.organisations.membership import Manager
from services.organisation.organisations.rules import OrganisationNotFound, normalise_enterprise_number
from services.organisation.organisations.store import lock_organisation
from shared.tokens import Person, person

SUPPORT = "/api/support/organisations"

router = APIRouter(tags=["closing"])
Caller = Annotated[Person, person()]
Fresh = Annotated[Person, person(fresh_s=FRESH_S)]
Staff = Annotated[Person, person(acr="mfa", staff=STAFF_ROLE, fresh_s=STAFF_FRESH_S)]
Reason = Annotated[str, Field(max_length=MAX_REASON_CHARS)]


class OutlookAnswer(Answer):
    """What would end. employees: active ones besides the caller, other_managers among them; waiting: who has asked to join."""

    employees: int
    other_managers: int
    waiting: int
    registrations: int
    invitations: int


class SupportedAnswer(Answer):
    """closed_at: None for one that is open."""

    id: UUID
    enterprise_number: str
    name: str
    created_at: datetime
    closed_at: datetime | None
    outlook: OutlookAnswer


class CloseBody(Body):
    reason: Reason


class ReopenBody(ContactBody):
    """account_id: of the new manager."""

    account_id: UUID
    reason: Reason


@router.get("/api/organisations/{organisation_id}/closing")
async def look_ahead(organisation_id: UUID, caller: Caller, at: At) -> OutlookAnswer:
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await store.what_would_end(db, manager.organisation_id, manager.account_id)
    return OutlookAnswer.model_validate(found)


@router.post("/api/organisations/{organisation_id}/close", status_code=204)
@command
async def close(organisation_id: UUID, caller: Fresh, at: At) -> None:
    """There is no way back but support. Raises OtherManagersRemain."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        await handlers.close_by_manager(db, manager, now=datetime.now(UTC))


@router.get(SUPPORT)
async def find(number: Annotated[str, Query(max_length=50)], caller: Staff, at: At) -> SupportedAnswer:
    """Raises EnterpriseNumberInvalid, OrganisationNotFound."""
    async with at.database.acquire() as db:
        found = await store.find_for_support(db, normalise_enterprise_number(number))
        if found is None:
            raise OrganisationNotFound()
        return SupportedAnswer.model_validate({**found, "outlook": await store.what_would_end(db, found["id"], None)})


@router.get(f"{SUPPORT}/{{organisation_id}}")
async def show(organisation_id: UUID, caller: Staff, at: At) -> SupportedAnswer:
    async with at.database.acquire() as db:
        found = await store.get_for_support(db, organisation_id)
        if found is None:
            raise OrganisationNotFound()
        return SupportedAnswer.model_validate({**found, "outlook": await store.what_would_end(db, found["id"], None)})


@router.post(f"{SUPPORT}/{{organisation_id}}/close", status_code=204)
@command
async def close_by_support(organisation_id: UUID, body: CloseBody, caller: Staff, at: At) -> None:
    """Whoever manages it. Raises ReasonMissing, OrganisationNotFound, OrganisationIsClosed."""
    by = By.staff(caller, clean_reason(body.reason))
    async with at.database.transaction() as db:
        if await lock_organisation(db, organisation_id) is None:
            raise OrganisationNotFound()
        await handlers.close(db, organisation_id, by, "close-organisation-by-support", now=datetime.now(UTC))


@router.post(f"{SUPPORT}/{{organisation_id}}/reopen", status_code=204)
@command
async def reopen_by_support(organisation_id: UUID, body: ReopenBody, caller: Staff, at: At) -> None:
    """For somebody else. Raises OwnAccount, ReasonMissing, NotClosed, PersonErased."""
    if body.account_id == caller.account_id:
        raise OwnAccount(field="account_id")
    by = By.staff(caller, clean_reason(body.reason))
    async with at.database.transaction() as db:
        await handlers.reopen(db, organisation_id, body.account_id, contact_of(body), by, now=datetime.now(UTC))
