"""What can be wrong with an account, and the sentence for each."""

from shared.errors import Conflict, Invalid, NotFound, TooMany
from shared.markers import N_


class NameMissing(Invalid):
    code = "name-missing"
    message = N_("Enter this name as it stands on your identity card.")


class NameInvalid(Invalid):
    code = "name-invalid"
    message = N_("Use only letters, spaces, hyphens and apostrophes, at most 100.")


class UsernameTooShort(Invalid):
    """params: min_length."""

    code = "username-too-short"
    message = N_("A username has at least {min_length} characters.")


class UsernameInvalid(Invalid):
    """params: max_length."""

    code = "username-invalid"
    message = N_(
        "Use plain letters, digits, dots, hyphens and underscores, at most {max_length}; begin and end with a letter or digit."
    )


class UsernameTaken(Conflict):
    code = "username-taken"
    message = N_("This username is taken. If it is yours, sign in instead.")


class EmailInvalid(Invalid):
    code = "email-invalid"
    message = N_("This is not a valid e-mail address.")


class EmailTaken(Conflict):
    code = "email-taken"
    message = N_("This address cannot be used for a new account. If it is yours, sign in instead.")


class PasswordTooShort(Invalid):
    """params: min_length."""

    code = "password-too-short"
    message = N_("A password has at least {min_length} characters.")


class PasswordTooLong(Invalid):
    """params: max_length."""

    code = "password-too-long"
    message = N_("A password has at most {max_length} characters.")


class PasswordTooWeak(Invalid):
    code = "password-too-weak"
    message = N_("This password is too easy to guess. Add a few words that do not belong together.")


class PasswordBreached(Invalid):
    code = "password-breached"
    message = N_("This password was stolen somewhere and stands in lists that attackers try first. Choose another.")


class CodeWrong(Invalid):
    """params: tries_left, at least 1."""

    code = "code-wrong"
    message = N_("This code is not right. Tries left: {tries_left}.")


class CodeExpired(Invalid):
    code = "code-expired"
    message = N_("This code is no longer valid. Have a new one sent.")


class CodeExhausted(Invalid):
    code = "code-exhausted"
    message = N_("This code was tried too often. Have a new one sent.")


class CodeTooSoon(TooMany):
    code = "too-soon"
    message = N_("A code was sent only just now. Wait {retry_after_s} seconds before you ask for another.")


class AlreadyActive(Conflict):
    code = "already-active"
    message = N_("This account is active already.")


class AccountNotFound(NotFound):
    code = "account-not-found"
    message = N_("There is no such account.")


class AccountsUnmergeable(Conflict):
    code = "accounts-unmergeable"
    message = N_("Only two different accounts that are both active can become one.")


class EidsOfDifferentPeople(Conflict):
    code = "eids-of-different-people"
    message = N_("These two accounts are linked to identity cards of different people.")
