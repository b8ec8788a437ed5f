"""Whose a transfer may be that names no wallet: communications that differ by one slip, and numbers in the text. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.wallet.bank.communications import MAX_TEXT, is_structured

Why = Literal["communication", "payer", "enterprise-number", "name"]
"""How a wallet was found, the surest first: nearly its communication; the same payer before; its number or its name in what was said."""

_LENGTH = 12
_MAX_RUNS = 20
_RUN = re.compile(r"[0-9](?:[ ./+*\-]{0,3}[0-9])*")
_ENTERPRISE = re.compile(r"(?<![0-9])[01](?:[ .]?[0-9]){9}(?![0-9])")


@dataclass(frozen=True)
class Suggestion:
    """A wallet, and why it may be meant."""

    organisation_id: UUID
    name: str | None
    enterprise_number: str | None
    why: Why


def near_communications(text: str) -> list[str]:
    """Right ones that come about by putting one slip right: a wrong digit, two swapped, one missing or one too many."""
    found: dict[str, None] = {}
    for match in list(_RUN.finditer(text[:MAX_TEXT]))[:_MAX_RUNS]:
        digits = re.sub("[^0-9]", "", match[0])
        if abs(len(digits) - _LENGTH) <= 1:
            found |= dict.fromkeys(one for one in _put_right(digits) if is_structured(one))
    return list(found)


def enterprise_numbers(text: str) -> list[str]:
    """Ten digits with the right check digits, in whatever way they are pointed."""
    found = (re.sub("[^0-9]", "", match[0]) for match in _ENTERPRISE.finditer(text[:MAX_TEXT]))
    return [one for one in dict.fromkeys(found) if 97 - int(one[:8]) % 97 == int(one[8:])]


def _put_right(digits: str) -> Iterator[str]:
    if len(digits) > _LENGTH:
        yield from (digits[:at] + digits[at + 1 :] for at in range(len(digits)))
    elif len(digits) < _LENGTH:
        yield from (digits[:at] + one + digits[at:] for at in range(len(digits) + 1) for one in "0123456789")
    else:
        yield digits
        yield from (digits[:at] + one + digits[at + 1 :] for at in range(_LENGTH) for one in "0123456789")
        yield from (digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in range(_LENGTH - 1))
