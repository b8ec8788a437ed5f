"""For services that tools ask about people, or that tell them of people: who is meant by the `sub` that the tools of a sector know."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.identity.context import At, own_of
from services.identity.oidc.client_handlers import ClientUnknown
from services.identity.oidc.subject_store import accounts_of, remember_subjects
from services.identity.oidc.subjects import subject_of
from shared.tokens import peer

router = APIRouter(tags=["OpenID Connect"])


class Subjects(BaseModel):
    """sector: as the tool's own access token says (`sector`)."""

    sector: Annotated[str, Field(min_length=1, max_length=253)]
    subjects: Annotated[list[UUID], Field(max_length=200)]


class Accounts(BaseModel):
    """By subject; those that are nobody's are left out."""

    accounts: dict[UUID, UUID]


@router.post("/internal/subjects", dependencies=[peer("organisation")])
async def resolve(body: Subjects, at: At) -> Accounts:
    async with at.database.acquire() as db:
        return Accounts(accounts=await accounts_of(db, body.sector, body.subjects))


class TheClients(BaseModel):
    """accounts: none to ask about the client alone."""

    client_id: Annotated[str, Field(min_length=1, max_length=100)]
    accounts: Annotated[list[UUID], Field(max_length=1000)] = []


class KnownAs(BaseModel):
    """subjects: by account. Empty where the client knows people by their accounts' ids, is_pairwise false."""

    tool_id: str
    is_pairwise: bool
    subjects: dict[UUID, UUID]


@router.post("/internal/subjects/of-client", dependencies=[peer("notify")])
async def know(body: TheClients, at: At) -> KnownAs:
    """How this client knows, or will know, these people. Raises ClientUnknown, also for one that is switched off."""
    own = own_of(at)
    client = await own.clients.find(body.client_id)
    if client is None:
        raise ClientUnknown()
    if client.sector is None:
        return KnownAs(tool_id=client.tool_id, is_pairwise=False, subjects={})
    subjects = {account_id: UUID(subject_of(account_id, client, own.master)) for account_id in body.accounts}
    async with at.database.transaction() as db:
        await remember_subjects(db, client.sector, subjects)
    return KnownAs(tool_id=client.tool_id, is_pairwise=True, subjects=subjects)
