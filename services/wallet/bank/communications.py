"""Structured communications (OGM-VCS): ten digits and their check number, `+++ddd/dddd/ddddd+++`. Source: Febelfin."""

import re

from stdnum.be import ogm_vcs

from shared.errors import Invalid
from shared.markers import N_

MAX_NUMBER = 9_999_999_999
MAX_TEXT = 2_000
"""Longer than what any bank passes on."""

_LENGTH = 12
_LETTERS = r"0-9A-Za-z"
_GAP = r"[ ./\-]{0,3}"
_ANY_GAPS = _GAP.join(["[0-9]"] * 12)
_BETWEEN_MARKS = re.compile(rf"([+*])\1{{0,4}}\s?({_ANY_GAPS})\s?\1{{1,5}}")
"""What the platform prints, and what people copy: `+++123/4567/89012+++`, `***123/4567/89012***`."""
_IN_GROUPS = re.compile(
    rf"(?<![{_LETTERS}/.\-])([0-9]{{3}}) ?/ ?([0-9]{{4}}) ?/ ?([0-9]{{5}})(?![{_LETTERS}/\-]|\.[0-9])"
)
_ALONE = re.compile(rf"(?<![{_LETTERS}/.\-])([0-9]{{12}})(?![{_LETTERS}/\-]|\.[0-9])")
_RUN = re.compile(rf"(?<![{_LETTERS}])[0-9](?:{_GAP}[0-9])*(?![{_LETTERS}])")
"""Digits that belong together, as many as there are."""
_IBAN = r"[A-Za-z]{2} ?[0-9]{2}(?:[ .\-]?[0-9A-Za-z]{4}){2,7}(?:[ .\-]?[0-9A-Za-z]{1,3})?"
_ACCOUNT = re.compile(rf"(?<![{_LETTERS}])(?:{_IBAN}|[0-9]{{3}}-[0-9]{{7}}-[0-9]{{2}})(?![{_LETTERS}])")
"""Account numbers: the old Belgian ones have check digits of the very same kind."""
_DIGITS = re.compile(r"[0-9]{12}")


class NumberTooLong(Invalid):
    code = "number-too-long"
    message = N_("The number of a structured communication has at most ten digits.")


def digits_of(number: int) -> str:
    """The twelve digits for a number of 0..9_999_999_999. The last two are number mod 97, 97 for 0. Raises NumberTooLong."""
    if not 0 <= number <= MAX_NUMBER:
        raise NumberTooLong()
    return f"{number:010}{number % 97 or 97:02}"


def structured_communication(number: int) -> str:
    """Return `+++ddd/dddd/ddddd+++` for a number of 0..9_999_999_999. Raises NumberTooLong."""
    return in_marks(digits_of(number))


def in_marks(digits: str) -> str:
    """`+++ddd/dddd/ddddd+++` for the twelve digits."""
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


def is_structured(digits: str) -> bool:
    """Whether these are twelve digits with the right check number."""
    return _DIGITS.fullmatch(digits) is not None and ogm_vcs.is_valid(digits)


def find_structured(text: str) -> str | None:
    """The twelve digits of the one communication that somebody typed into this text.

    None where there is none with a right check number, where its digits are part of a longer number or of an account number, and
    where there are several: what names two is for a person to decide.
    """
    text = text[:MAX_TEXT]
    if len(_bare(text)) < _LENGTH:
        return None
    bare = _ACCOUNT.sub("|", text)
    written = [*_between_marks(text), *_in_groups(text), *_ALONE.findall(bare)]
    for found in (written, _runs(bare)):
        right = {digits for digits in found if is_structured(digits)}
        if right:
            return right.pop() if len(right) == 1 else None
    return None


def _between_marks(text: str) -> list[str]:
    return [_bare(match[2]) for match in _BETWEEN_MARKS.finditer(text)]


def _in_groups(text: str) -> list[str]:
    return [match[1] + match[2] + match[3] for match in _IN_GROUPS.finditer(text)]


def _runs(text: str) -> list[str]:
    return [_bare(match[0]) for match in _RUN.finditer(text)]


def _bare(text: str) -> str:
    return re.sub("[^0-9]", "", text)
