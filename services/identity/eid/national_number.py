"""What the Belgian national number says about its holder."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stdnum.be import bis, nn

Sex = Literal["male", "female"]
_ELEVEN_DIGITS = re.compile(r"[0-9]{11}")


@dataclass(frozen=True)
class NationalNumber:
    """number: eleven digits. birth_date: None where month or day were not known. sex: None for bis numbers without it."""

    number: str
    birth_date: date | None
    sex: Sex | None

    def __repr__(self) -> str:
        return "NationalNumber(...)"


def read_national_number(text: str) -> NationalNumber | None:
    """None unless it is eleven digits with a right check number: of the national register, or a bis number."""
    if _ELEVEN_DIGITS.fullmatch(text) is None:
        return None
    register = nn if nn.is_valid(text) else bis
    if not register.is_valid(text):
        return None
    gender = register.get_gender(text)
    return NationalNumber(
        number=text,
        birth_date=register.get_birth_date(text),
        sex=None if gender is None else "male" if gender == "M" else "female",
    )
