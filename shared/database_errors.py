"""What an unexpected error of PostgreSQL means to whoever asked."""

import asyncpg

from shared.db import is_database_away
from shared.errors import DatabaseUnavailable, Invalid, Problem, Unavailable
from shared.markers import N_


class ValueRefused(Invalid):
    """A value passed all checks of the form but cannot be stored, such as text with a NUL character or a number too large."""

    code = "value-refused"
    message = N_("A value holds characters or a size that cannot be stored.")


class Busy(Unavailable):
    code = "busy"
    message = N_("Others are changing the same thing. Try again.")


_CROSSED = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)


def problem_of(error: BaseException) -> Problem | None:
    """The problem that the error amounts to; None when it is simply a mistake of ours."""
    if isinstance(error, _CROSSED):
        return Busy()
    if isinstance(error, asyncpg.DataError) or (
        isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    ):
        return ValueRefused()
    if isinstance(
        error, asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError
    ) and is_database_away(error):
        return DatabaseUnavailable()
    return None
