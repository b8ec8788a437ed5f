"""The kinds of values that come in, with their limits."""

import re
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from shared.contact import ADDRESS_LINES, CountryUnknown, FieldMissing, checked_line
from shared.countries import is_country
from shared.errors import Invalid
from shared.markers import N_
from shared.phones import MAX_TYPED_CHARS, PhoneInvalid, checked_number
from shared.problems import Missing, own_problem

_ON_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_EMAIL = r"^[^\s@<>,;\x00-\x1f\x7f]+@[^\s@<>,;\x00-\x1f\x7f]+\.[^\s@<>,;.\x00-\x1f\x7f]+$"


def _empty_is_none(value: Any) -> Any:
    """Forms send what was left out as an empty string."""
    return None if isinstance(value, str) and not value.strip() else value


def _one_line(max_length: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_length, pattern=_ON_ONE_LINE)


Optional = BeforeValidator(_empty_is_none)


class EmailInvalid(Invalid):
    code = "email-invalid"
    message = N_("This is not an e-mail address. An address looks like name@example.be.")


def _email(value: str) -> str:
    if not re.fullmatch(_EMAIL, value):
        raise own_problem(EmailInvalid())
    return value


def _number(value: str) -> str:
    """As one reads it aloud."""
    try:
        return checked_number(value, field="").written
    except PhoneInvalid as problem:
        raise own_problem(problem) from problem


def _country(value: str) -> str:
    code = value.strip().upper()
    if not is_country(code):
        raise own_problem(CountryUnknown())
    return code


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
Name = Annotated[str, _one_line(200)]
Short = Annotated[str, _one_line(100)]
Country = Annotated[str, Field(max_length=10), AfterValidator(_country)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_ON_ONE_LINE)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=254),
    AfterValidator(_email),
    Field(json_schema_extra={"pattern": _EMAIL}),
]
TypedLine = Annotated[str, Field(max_length=400)]
TypedNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_TYPED_CHARS), AfterValidator(_number)
]
EmployeeType = Annotated[str, Field(pattern=r"^(head|employee|self-employed|trainee|external)$")]


class Body(BaseModel):
    """What comes in. Fields that nobody knows are refused: they are a mistake of the caller's."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class AddressBody(Body):
    """What belongs into an address depends on its country. absent: what is said where something is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
    absent: ClassVar[type[Invalid]] = Missing

    country: Country = "BE"
    street: TypedLine = ""
    number: TypedLine = ""
    box: TypedLine = ""
    postal_code: TypedLine = ""
    city: TypedLine = ""

    @field_validator(*ADDRESS_LINES)
    @classmethod
    def _check(cls, value: str, info: ValidationInfo) -> str:
        try:
            return checked_line(str(info.field_name), value, info.data.get("country", ""))
        except FieldMissing as problem:
            raise own_problem(cls.absent()) from problem
        except Invalid as problem:
            raise own_problem(problem) from problem


class ContactBody(Body):
    """A person's data in one organisation. Numbers: written as in Belgium, or with + and the country in front."""

    type: EmployeeType
    email: Email
    phone: Annotated[TypedNumber | None, Optional] = None
    fax: Annotated[TypedNumber | None, Optional] = None
