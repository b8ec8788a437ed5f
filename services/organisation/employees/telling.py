"""What others are told when an employee's state or management changes. Pure."""

from uuid import UUID

from services.organisation.employees.rules import Action, Membership, State
from services.organisation.employees.store import Employee
from shared.events.organisation import (
    EmployeeActivated,
    EmployeeBlocked,
    EmployeeRemoved,
    ManagerAppointed,
    ManagerDismissed,
    OrganisationEvent,
)


def told(
    organisation_id: UUID, before: Employee, now: Membership, action: Action, by: UUID | None
) -> list[OrganisationEvent]:
    """Who manages no more is said before what became of them. by: None for nobody of the organisation, such as an erasure."""
    who = before.account_id
    events: list[OrganisationEvent] = []
    if before.manager and not now.manager:
        stays = now.state is State.ACTIVE
        events.append(
            ManagerDismissed(organisation_id=organisation_id, account_id=who, dismissed_by=by or who, stays=stays)
        )
    if now.manager and not before.manager:
        events.append(ManagerAppointed(organisation_id=organisation_id, account_id=who, appointed_by=by or who))
    if before.state is now.state:
        return events
    if action is Action.BLOCK:
        events.append(EmployeeBlocked(organisation_id=organisation_id, account_id=who, blocked_by=by or who))
    elif action is Action.ACTIVATE:
        events.append(EmployeeActivated(organisation_id=organisation_id, account_id=who, activated_by=by or who))
    elif now.state is State.REMOVED:
        reason = "account-erased" if action is Action.ERASE else "employee-removed"
        events.append(EmployeeRemoved(organisation_id=organisation_id, account_id=who, removed_by=by, reason=reason))
    return events
