"""What somebody asks the help desk, and the reference that both sides know it by."""

import secrets
from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.events.identity import Language

KEPT_DAYS = 14
"""A question that could not be mailed for so long is given up."""
MAX_PICTURE_CHARS = 2_800_000
_CONSONANTS, _VOWELS, _DIGITS = "BDFGKLMNPRSTVZ", "AEIOU", "23456789"

Fact = Annotated[str, Field(max_length=500)]


class Question(BaseModel):
    """email: where the answer goes. facts: what the form showed the person about browser and page. picture: WebP in base64, or empty."""

    email: str = Field(default="", max_length=254)
    name: str = Field(default="", max_length=200)
    text: str = Field(min_length=1, max_length=5000)
    facts: dict[Literal["page", "code", "reference", "browser", "system"], Fact] = {}
    picture: str = Field(default="", max_length=MAX_PICTURE_CHARS)
    language: Language


class Asked(Question):
    """account_id: of somebody signed in, who is answered at the address on record; None for whoever gave an address."""

    account_id: UUID | None = None


def new_reference(choose: Callable[[str], str] = secrets.choice) -> str:
    """Such as `KAVO-MILU-47`: can be said on the telephone in each of our languages, and is not guessed."""
    syllables = [choose(_CONSONANTS) + choose(_VOWELS) for _ in range(4)]
    return f"{''.join(syllables[:2])}-{''.join(syllables[2:])}-{choose(_DIGITS)}{choose(_DIGITS)}"
