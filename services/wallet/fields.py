"""The kinds of values that come in, with their limits."""

from typing import Annotated

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.wallet.ledger.rules import MAX_AMOUNT_CENTS

Cents = Annotated[int, Field(ge=0, le=MAX_AMOUNT_CENTS)]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Unit = Annotated[str, StringConstraints(min_length=3, max_length=100, pattern=r"^(EUR|credits/[\x21-\x7e]+)$")]
Description = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class Body(BaseModel):
    """What comes in. Fields that nobody knows are refused: they are a mistake of the caller's."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
