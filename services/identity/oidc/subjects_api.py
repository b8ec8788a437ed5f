"""For services that tools ask about people: who is meant by the `sub` that the tools of a sector know."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.identity.context import At
from services.identity.oidc.subject_store import accounts_of
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
