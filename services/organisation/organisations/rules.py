"""Enterprise numbers, and what can be wrong with an organisation. Pure."""

import re

from shared.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from shared.markers import N_

DIGITS = 10
_SEPARATORS = re.compile(r"[\s.\-/]+")
_COUNTRY = re.compile(r"^BE(?=[\s.\d])", re.IGNORECASE)


class EnterpriseNumberInvalid(Invalid):
    """params: reason, one of `characters`, `length`, `first-digit`, `check-digits`."""

    code = "enterprise-number-invalid"
    message = N_("This is not an enterprise number.")
    reason = "characters"

    def __init__(self, *, field: str | None = "enterprise_number") -> None:
        super().__init__(field=field, reason=self.reason)


class EnterpriseNumberCharacters(EnterpriseNumberInvalid):
    message = N_("An enterprise number consists of digits; spaces, dots and BE in front are fine too.")


class EnterpriseNumberLength(EnterpriseNumberInvalid):
    reason = "length"
    message = N_("An enterprise number has ten digits, or nine in its older form.")


class EnterpriseNumberFirstDigit(EnterpriseNumberInvalid):
    reason = "first-digit"
    message = N_("An enterprise number starts with 0 or 1.")


class EnterpriseNumberCheckDigits(EnterpriseNumberInvalid):
    reason = "check-digits"
    message = N_("The last two digits do not fit the others: one of the digits must be wrong.")


class OrganisationNotFound(NotFound):
    """Also the answer to strangers: whether they guessed right is not told."""

    code = "organisation-not-found"
    message = N_("This organisation does not exist, or you do not belong to it.")


class OrganisationExists(Conflict):
    code = "organisation-exists"
    message = N_("This organisation exists already. Ask to join it.")


class EnterpriseNotFound(NotFound):
    code = "enterprise-not-found"
    message = N_("The company register does not know this number.")


class CompanyRegisterUnavailable(Unavailable):
    code = "company-register-unavailable"
    message = N_("The company register does not answer. Fill in the data yourself, or try again later.")


class MembershipAwaitsConfirmation(Forbidden):
    code = "membership-awaits-confirmation"
    message = N_("A manager of this organisation must confirm you first.")


class MembershipBlocked(Forbidden):
    code = "membership-blocked"
    message = N_("A manager of this organisation has blocked you.")


class NotAManager(Forbidden):
    code = "not-a-manager"
    message = N_("Only managers of the organisation can do this.")


def normalise_enterprise_number(text: str) -> str:
    """Return the ten digits of `BE 0123.456.749` and the like; an older number of nine digits gets its 0 in front.

    Raises EnterpriseNumberInvalid. The last two digits are 97 - (the first eight mod 97), so 01 to 97: never 00, which
    some libraries accept. Numbers are given out in the series 0 and 1.
    """
    digits = _SEPARATORS.sub("", _COUNTRY.sub("", text.strip()))
    if not (digits.isascii() and digits.isdigit()):
        raise EnterpriseNumberCharacters()
    if len(digits) == DIGITS - 1:
        digits = f"0{digits}"
    if len(digits) != DIGITS:
        raise EnterpriseNumberLength()
    if digits[0] not in "01":
        raise EnterpriseNumberFirstDigit()
    if digits[8:] != check_digits(digits[:8]):
        raise EnterpriseNumberCheckDigits()
    return digits


def check_digits(first_eight: str) -> str:
    return f"{97 - int(first_eight) % 97:02}"
