"""The kinds of values that come in, with their limits."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

_ON_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"


def _empty_is_none(value: Any) -> Any:
    """Forms send what was left out as an empty string."""
    return None if isinstance(value, str) and not value.strip() else value


def _one_line(max_length: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_length, pattern=_ON_ONE_LINE)


Optional = BeforeValidator(_empty_is_none)

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
Name = Annotated[str, _one_line(200)]
Short = Annotated[str, _one_line(100)]
Code = Annotated[str, _one_line(20)]
Country = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{2}$")]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^\s@<>,;\x00-\x1f\x7f]+@[^\s@<>,;\x00-\x1f\x7f]+\.[^\s@<>,;.\x00-\x1f\x7f]+$",
    ),
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=25, pattern=r"^\+?[0-9][0-9 ()./-]{5,23}$")]


class Body(BaseModel):
    """What comes in. Fields that nobody knows are refused: they are a mistake of the caller's."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class AddressBody(Body):
    street: Name
    number: Annotated[Code | None, Optional] = None
    box: Annotated[Code | None, Optional] = None
    postal_code: Code
    city: Short
    country: Country = "BE"


class ContactBody(Body):
    """A person's data in one organisation."""

    type: Annotated[str, Field(pattern=r"^(head|employee|self-employed|trainee|external)$")]
    email: Email
    phone: Annotated[Phone | None, Optional] = None
