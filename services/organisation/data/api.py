"""What an organisation tells of itself, over HTTP."""

from dataclasses import asdict
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.data import handlers, store
from services.organisation.data.rules import (
    MAX_ACTIVITY_CHARS,
    MAX_ADDRESSES,
    MAX_LINKS,
    Address,
    AddressKind,
    DescriptionInvalid,
    FurtherAddress,
    Language,
    LegalForm,
    Link,
    LinkKind,
    OrganisationData,
    clean_description,
)
from services.organisation.fields import AddressBody, Answer, Body, Email, Line, Name, Optional, TypedNumber
from services.organisation.organisations.membership import Manager, Member
from shared.contact import WEBSITE, FieldMissing, LinkInvalid, checked_page
from shared.errors import Invalid
from shared.problems import own_problem
from shared.tokens import Person, person

router = APIRouter(prefix="/api/organisations/{organisation_id}")
Caller = Annotated[Person, person()]
Text = Annotated[str, Field(max_length=10_000)]


def _page(value: str, kind: str) -> str:
    try:
        return checked_page(value, kind)
    except LinkInvalid as problem:
        raise own_problem(problem) from problem


def _website(value: str) -> str:
    return _page(value, WEBSITE)


def _description(value: str) -> str:
    try:
        return clean_description(value)
    except DescriptionInvalid as problem:
        raise own_problem(problem) from problem


def _activity(value: str) -> str:
    return " ".join(value.split())


def _once(values: tuple[Language, ...]) -> tuple[Language, ...]:
    return tuple(dict.fromkeys(values))


class FurtherAddressBody(AddressBody):
    absent: ClassVar[type[Invalid]] = FieldMissing

    kind: AddressKind


class LinkBody(Body):
    kind: LinkKind
    url: Text

    @field_validator("url")
    @classmethod
    def _check(cls, value: str, info: ValidationInfo) -> str:
        return _page(value, info.data.get("kind", WEBSITE))


class DataBody(Body):
    """The whole of it: what is left out is removed. version: as it was read; another one is refused. address: the registered seat."""

    version: Annotated[int, Field(ge=0, le=2**62)]
    name: Name
    legal_form: Annotated[LegalForm | None, Optional] = None
    activity: Annotated[Line, Field(max_length=MAX_ACTIVITY_CHARS), AfterValidator(_activity)] = ""
    description: Annotated[Text, AfterValidator(_description)] = ""
    languages: Annotated[tuple[Language, ...], Field(max_length=10), AfterValidator(_once)] = ()
    email: Email
    phone: Annotated[TypedNumber | None, Optional] = None
    fax: Annotated[TypedNumber | None, Optional] = None
    website: Annotated[Annotated[Text, AfterValidator(_website)] | None, Optional] = None
    address: AddressBody
    addresses: Annotated[tuple[FurtherAddressBody, ...], Field(max_length=MAX_ADDRESSES)] = ()
    links: Annotated[tuple[LinkBody, ...], Field(max_length=MAX_LINKS)] = ()


class AddressAnswer(Answer):
    street: str
    number: str
    box: str
    postal_code: str
    city: str
    country: str


class FurtherAddressAnswer(AddressAnswer):
    kind: AddressKind


class LinkAnswer(Answer):
    kind: LinkKind
    url: str


class DataAnswer(Answer):
    version: int
    name: str
    legal_form: LegalForm | None
    activity: str
    description: str
    languages: list[Language]
    email: str
    phone: str | None
    fax: str | None
    website: str | None
    address: AddressAnswer
    addresses: list[FurtherAddressAnswer]
    links: list[LinkAnswer]


@router.get("/data")
async def show_data(organisation_id: UUID, caller: Caller, at: At) -> DataAnswer:
    async with at.database.acquire() as db:
        member = await Member.of(db, organisation_id, caller)
        return _answer(await store.get_data(db, member.organisation_id))


@router.put("/data")
@command
async def change_data(organisation_id: UUID, body: DataBody, caller: Caller, at: At) -> DataAnswer:
    """Raises OrganisationChangedMeanwhile, and every problem of a field at once."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        return _answer(await handlers.change_data(db, manager, _data(body)))


def _data(body: DataBody) -> OrganisationData:
    given: dict[str, Any] = {name: getattr(body, name) for name in DataBody.model_fields}
    given["address"] = Address(**body.address.model_dump())
    given["addresses"] = tuple(FurtherAddress(**one.model_dump()) for one in body.addresses)
    given["links"] = tuple(Link(**link.model_dump()) for link in body.links)
    return OrganisationData(**given)


def _answer(data: OrganisationData) -> DataAnswer:
    return DataAnswer.model_validate(asdict(data))
