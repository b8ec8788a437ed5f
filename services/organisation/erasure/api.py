"""What identity asks before it erases someone."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter

from services.organisation.at import At
from services.organisation.closing.handlers import OPERATOR
from services.organisation.closing.handlers import reopen as reopen_closed
from services.organisation.commands import command
from services.organisation.employees.contact import contact_of
from services.organisation.erasure import handlers
from services.organisation.erasure.export import export_of
from services.organisation.fields import Answer, ContactBody
from shared.tokens import peer

router = APIRouter(tags=["erasure"])


class OrganisationAnswer(Answer):
    id: UUID
    enterprise_number: str
    name: str


class OutlookAnswer(Answer):
    """blocked_by: would be left without a manager. closing: nobody else belongs to them, so they are closed."""

    blocked_by: list[OrganisationAnswer]
    closing: list[OrganisationAnswer]


class ReopenBody(ContactBody):
    """account_id: of the new manager."""

    account_id: UUID


@router.get("/internal/erasures/{account_id}", dependencies=[peer("identity", "gateway")])
async def look_ahead(account_id: UUID, at: At) -> OutlookAnswer:
    async with at.database.acquire() as db:
        return OutlookAnswer.model_validate(await handlers.look_ahead(db, account_id))


@router.post("/internal/erasures/{account_id}/release", status_code=204, dependencies=[peer("identity")])
@command
async def release(account_id: UUID, at: At) -> None:
    """There is no way back: whoever asks has decided to erase the account. Raises LastManagerSomewhere."""
    async with at.database.transaction() as db:
        await handlers.erase_person(db, account_id, now=datetime.now(UTC))


@router.post("/internal/organisations/{organisation_id}/reopen", status_code=204, dependencies=[peer("operator")])
@command
async def reopen(organisation_id: UUID, body: ReopenBody, at: At) -> None:
    """Raises NotClosed, PersonErased."""
    contact = contact_of(body)
    async with at.database.transaction() as db:
        await reopen_closed(db, organisation_id, body.account_id, contact, OPERATOR, now=datetime.now(UTC))


@router.get("/internal/export/{account_id}", dependencies=[peer("identity", "gateway")])
async def export(account_id: UUID, at: At) -> dict[str, object]:
    """All that this service knows of the person; the keys are explained in docs/export.md."""
    async with at.database.acquire() as db:
        return await export_of(db, account_id)
