"""What is left of two memberships of one person in one organisation. Pure."""

from dataclasses import replace

from services.organisation.employees.rules import State
from services.organisation.employees.store import Employee

# A right that somebody has stays theirs; who is blocked gets round it neither by asking anew nor by being merged with who has.
_STRENGTH = {State.ACTIVE: 3, State.BLOCKED: 2, State.REQUESTED: 1, State.REMOVED: 0}


def united(into: Employee | None, merged: Employee) -> Employee:
    """The membership that is left: the contact data of the account that stays, with the stronger right of the two."""
    if into is None or into.state is State.REMOVED:
        return merged
    stronger = max(into, merged, key=lambda one: _STRENGTH[one.state])
    return replace(
        into,
        state=stronger.state,
        manager=stronger.state is State.ACTIVE and (into.manager or merged.manager),
    )
