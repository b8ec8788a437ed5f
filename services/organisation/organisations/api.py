"""Organisations over HTTP."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.data.rules import Address
from services.organisation.employees.contact import contact_of
from services.organisation.employees.rules import State
from services.organisation.fields import AddressBody, Answer, Body, ContactBody, Email, Name, Optional, TypedNumber
from services.organisation.organisations import store
from services.organisation.organisations.handlers import CreateOrganisation, create_organisation, search
from services.organisation.organisations.membership import Member
from services.organisation.organisations.rules import EnterpriseNotFound, normalise_enterprise_number
from services.organisation.pictures.store import picture_names
from services.organisation.register.port import Enterprise, propose
from services.organisation.registrations.request_store import count_for
from shared.http import Language
from shared.tokens import Person, person

router = APIRouter()
Caller = Annotated[Person, person()]
Number = Annotated[str, Query(alias="number", max_length=50)]


class BriefAnswer(Answer):
    id: UUID
    enterprise_number: str
    name: str


class FoundAnswer(BriefAnswer):
    """is_closed: nobody can join or use it."""

    is_closed: bool


class SearchAnswer(Answer):
    """proposal: from the company register, for a number that no organisation has yet."""

    enterprise_number: str
    organisation: FoundAnswer | None
    proposal: Enterprise | None
    my_state: State | None


class CreateBody(Body):
    enterprise_number: Annotated[str, Field(max_length=50)]
    name: Name
    address: AddressBody
    email: Email
    phone: Annotated[TypedNumber | None, Optional] = None
    employee: ContactBody


class CreatedAnswer(Answer):
    organisation_id: UUID


class OwnAnswer(Answer):
    id: UUID
    enterprise_number: str
    name: str
    my_state: State
    manager: bool
    awaiting: int


class AddressAnswer(Answer):
    street: str
    number: str | None
    box: str | None
    postal_code: str
    city: str
    country: str


class OrganisationAnswer(BriefAnswer):
    """manager: whether the caller is one. requests: for roles, that the caller may answer. logo, cover: the names of its pictures."""

    address: AddressAnswer
    email: str
    phone: str | None
    manager: bool
    requests: int
    logo: UUID | None
    cover: UUID | None


@router.get("/api/company-register/{number}")
async def look_up_enterprise(number: str, caller: Caller, at: At, language: Language) -> Enterprise:
    """Raises EnterpriseNumberInvalid, EnterpriseNotFound, CompanyRegisterUnavailable."""
    found = await at.own.register.find(normalise_enterprise_number(number), language)
    if found is None:
        raise EnterpriseNotFound()
    return found


@router.get("/api/organisations")
async def search_organisation(number: Number, caller: Caller, at: At, language: Language) -> SearchAnswer:
    """The one place where a stranger learns of an organisation, and no more than its name."""
    enterprise_number = normalise_enterprise_number(number)
    async with at.database.acquire() as db:
        found = await search(db, enterprise_number, caller.account_id)
    proposal = None if found.organisation else await propose(at.own.register, enterprise_number, language)
    return SearchAnswer(
        enterprise_number=enterprise_number,
        organisation=FoundAnswer.model_validate(found.organisation) if found.organisation else None,
        proposal=proposal,
        my_state=found.my_state,
    )


@router.post("/api/organisations", status_code=201)
@command
async def create(body: CreateBody, caller: Caller, at: At) -> CreatedAnswer:
    """Raises EnterpriseNumberInvalid, OrganisationExists."""
    wanted = _wanted(body)
    async with at.database.transaction() as db:
        return CreatedAnswer(organisation_id=await create_organisation(db, wanted, caller, now=datetime.now(UTC)))


@router.get("/api/organisations/mine")
async def mine(caller: Caller, at: At) -> list[OwnAnswer]:
    async with at.database.acquire() as db:
        found = await store.organisations_of(db, caller.account_id)
    return [OwnAnswer.model_validate(own) for own in found]


@router.get("/api/organisations/{organisation_id}")
async def show(organisation_id: UUID, caller: Caller, at: At) -> OrganisationAnswer:
    async with at.database.acquire() as db:
        member = await Member.of(db, organisation_id, caller)
        found = await store.get_organisation(db, member.organisation_id)
        pictures = await picture_names(db, member.organisation_id)
        requests = await count_for(db, member.organisation_id, member.account_id, is_manager=member.manager)
    return OrganisationAnswer(
        id=found.id,
        enterprise_number=found.enterprise_number,
        name=found.name,
        address=_address(found.address),
        email=found.email,
        phone=found.phone,
        manager=member.manager,
        requests=requests,
        logo=pictures.get("logo"),
        cover=pictures.get("cover"),
    )


def _wanted(body: CreateBody) -> CreateOrganisation:
    """Raises EnterpriseNumberInvalid."""
    return CreateOrganisation(
        enterprise_number=normalise_enterprise_number(body.enterprise_number),
        name=body.name,
        address=Address(**body.address.model_dump()),
        email=body.email,
        phone=body.phone,
        creator=contact_of(body.employee),
    )


def _address(address: Address) -> AddressAnswer:
    lines: dict[str, Any] = {**asdict(address), "number": address.number or None, "box": address.box or None}
    return AddressAnswer(**lines)
