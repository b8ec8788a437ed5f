"""Telephone numbers, as people type them into forms."""

import re
from typing import NamedTuple

import phonenumbers

from shared.errors import Invalid
from shared.markers import N_

HOME_REGION = "BE"
MAX_TYPED_CHARS = 100
MAX_EXTENSION_CHARS = 8


class PhoneInvalid(Invalid):
    """params: example, a number of that country as one writes it there."""

    code = "phone-invalid"
    message = N_("This is not a telephone number. Write it like {example}, or with + and the country in front.")


class Number(NamedTuple):
    """number: E.164. extension: digits, or empty."""

    number: str
    extension: str

    @property
    def written(self) -> str:
        """As one reads it aloud: +32 2 212 34 56."""
        return written(self.number) + (f" ext. {self.extension}" if self.extension else "")


def checked_number(typed: str, *, field: str, region: str = HOME_REGION) -> Number:
    """region: the country of a number without one. Raises PhoneInvalid."""
    try:
        number = phonenumbers.parse(typed[:MAX_TYPED_CHARS], region)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid(field=field, example=_example(region)) from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneInvalid(field=field, example=_example(region))
    digits = re.sub(r"\D", "", number.extension or "")
    return Number(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), digits[:MAX_EXTENSION_CHARS])


def written(number: str) -> str:
    """number: E.164."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _example(region: str) -> str:
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.FIXED_LINE)
    if number is None:
        return "+32 2 555 12 12"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
