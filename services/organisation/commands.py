"""Around endpoints that change something."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import asyncpg

from services.organisation.closing.rules import OrganisationIsClosed
from services.organisation.employees.rules import LastManager
from services.organisation.erasure.rules import PersonErased
from services.organisation.invitations.rules import InvitationOpen
from services.organisation.organisations.rules import OrganisationExists
from services.organisation.registrations.rules import AlreadyRegistered
from services.organisation.tools.rules import RoleInUse, UsageModeInUse
from shared.db import constraint_of
from shared.errors import Problem

ATTEMPTS = 3
_PROBLEMS: dict[str, type[Problem]] = {
    "organisation_exists": OrganisationExists,
    "employee_last_manager": LastManager,
    "employee_person_erased": PersonErased,
    "employee_organisation_closed": OrganisationIsClosed,
    "registration_exists": AlreadyRegistered,
    "invitation_open_once": InvitationOpen,
    "registration_usage_mode_in_use": UsageModeInUse,
    "access_role_in_use": RoleInUse,
}

P = ParamSpec("P")
T = TypeVar("T")


def command(endpoint: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Two transactions that crossed: the one that was rolled back runs again. A violated constraint: the problem that it stands for.

    The endpoint does nothing but its one transaction.
    """

    @wraps(endpoint)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        attempt = 1
        while True:
            try:
                return await endpoint(*args, **kwargs)
            except asyncpg.TransactionRollbackError:
                if attempt == ATTEMPTS:
                    raise
                attempt += 1
            except asyncpg.IntegrityConstraintViolationError as error:
                problem = _PROBLEMS.get(constraint_of(error) or "")
                if problem is None:
                    raise
                raise problem() from error

    return run
