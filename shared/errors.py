"""What can go wrong, as kinds and codes. `shared/problems.py` alone turns them into HTTP."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from shared.markers import N_


class Kind(StrEnum):
    """The family of a problem; decides how a caller should react."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    PAYMENT_REQUIRED = "payment-required"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_MANY = "too-many"
    UNAVAILABLE = "unavailable"


class Problem(Exception):
    """Derive from one of the kinds below; give it a `code` and a `message`.

    code: kebab-case, stable, what programs and tests look at.
    message: an English msgid (`N_("...")`) whose placeholders are names of params: `{tries_left}`, `{balance_cents:money}`,
    `{expires_at:datetime}`, `{day:date}`, `{count:number}`.
    field: the input field that it belongs to, in dots (`employee.email`).
    """

    kind: ClassVar[Kind]
    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, *, field: str | None = None, **params: object) -> None:
        super().__init__(self.code)
        self.field = field
        self.params = params


class Invalid(Problem):
    kind = Kind.INVALID
    code = "invalid"
    message = N_("This is not valid.")


class Unauthenticated(Problem):
    kind = Kind.UNAUTHENTICATED
    code = "unauthenticated"
    message = N_("Sign in first.")


class PaymentRequired(Problem):
    kind = Kind.PAYMENT_REQUIRED
    code = "payment-required"
    message = N_("This must be paid first.")


class Forbidden(Problem):
    kind = Kind.FORBIDDEN
    code = "forbidden"
    message = N_("You may not do this.")


class NotFound(Problem):
    kind = Kind.NOT_FOUND
    code = "not-found"
    message = N_("This does not exist.")


class Conflict(Problem):
    kind = Kind.CONFLICT
    code = "conflict"
    message = N_("This cannot be done in the present state.")


class Gone(Problem):
    kind = Kind.GONE
    code = "gone"
    message = N_("This is no longer here.")


class TooMany(Problem):
    """retry_after_s: seconds to wait, at least 1; also sent as the Retry-After header."""

    kind = Kind.TOO_MANY
    code = "too-many"
    message = N_("Too many attempts. Try again in {retry_after_s} seconds.")

    def __init__(self, *, retry_after_s: int, field: str | None = None, **params: object) -> None:
        super().__init__(field=field, retry_after_s=max(1, retry_after_s), **params)


class Unavailable(Problem):
    kind = Kind.UNAVAILABLE
    code = "unavailable"
    message = N_("This is not available at the moment. Try again later.")


class Violations(Invalid):
    """Several problems of one input, each with its field."""

    code = "invalid"
    message = N_("Please check the fields that are marked.")

    def __init__(self, errors: Sequence[Problem]) -> None:
        if not errors:
            raise ValueError("Violations needs at least one error")
        super().__init__()
        self.errors = list(errors)


class DatabaseUnavailable(Unavailable):
    code = "database-unavailable"
