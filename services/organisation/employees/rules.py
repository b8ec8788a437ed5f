"""The life of an employee as one state machine: who may do what, from which state to which. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import Conflict, Forbidden, NotFound
from shared.markers import N_

TYPES = ("head", "employee", "self-employed", "trainee", "external")


class State(StrEnum):
    REQUESTED = "requested"
    ACTIVE = "active"
    BLOCKED = "blocked"
    REMOVED = "removed"


class Action(StrEnum):
    """`found`: create the organisation. `adopt`: an older tool vouched for it. `erase`: the account itself is gone."""

    FOUND = "found"
    REQUEST = "request"
    ADOPT = "adopt"
    CONFIRM = "confirm"
    BLOCK = "block"
    ACTIVATE = "activate"
    REMOVE = "remove"
    ERASE = "erase"


class Actor(StrEnum):
    """Who acts: the employee, a manager of the organisation (both, for a manager who acts on themselves), or the platform."""

    SELF = "self"
    MANAGER = "manager"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Transition:
    to: State
    by: frozenset[Actor]


_SELF = frozenset({Actor.SELF})
_MANAGER = frozenset({Actor.MANAGER})
_EITHER = _SELF | _MANAGER
_PLATFORM = frozenset({Actor.PLATFORM})

# None: not an employee yet. What is not in the table cannot happen.
TRANSITIONS: Mapping[tuple[State | None, Action], Transition] = {
    (None, Action.FOUND): Transition(State.ACTIVE, _SELF),
    (None, Action.REQUEST): Transition(State.REQUESTED, _SELF),
    (None, Action.ADOPT): Transition(State.ACTIVE, _PLATFORM),
    (State.REQUESTED, Action.ADOPT): Transition(State.ACTIVE, _PLATFORM),
    (State.REQUESTED, Action.CONFIRM): Transition(State.ACTIVE, _MANAGER),
    (State.REQUESTED, Action.BLOCK): Transition(State.BLOCKED, _MANAGER),
    (State.REQUESTED, Action.REMOVE): Transition(State.REMOVED, _EITHER),
    (State.REQUESTED, Action.ERASE): Transition(State.REMOVED, _PLATFORM),
    (State.ACTIVE, Action.BLOCK): Transition(State.BLOCKED, _MANAGER),
    (State.ACTIVE, Action.REMOVE): Transition(State.REMOVED, _EITHER),
    (State.ACTIVE, Action.ERASE): Transition(State.REMOVED, _PLATFORM),
    (State.BLOCKED, Action.ACTIVATE): Transition(State.ACTIVE, _MANAGER),
    # Someone who is blocked cannot leave: they could ask to join again, and nobody would see that they were blocked.
    (State.BLOCKED, Action.REMOVE): Transition(State.REMOVED, _MANAGER),
    (State.BLOCKED, Action.ERASE): Transition(State.REMOVED, _PLATFORM),
    (State.REMOVED, Action.REQUEST): Transition(State.REQUESTED, _SELF),
    (State.REMOVED, Action.ERASE): Transition(State.REMOVED, _PLATFORM),
}


class AlreadyMember(Conflict):
    """params: state."""

    code = "already-member"
    message = N_("You are an employee of this organisation already, or have asked to be.")


class TransitionImpossible(Conflict):
    """params: state, action."""

    code = "transition-impossible"
    message = N_("This cannot be done with this employee any more. Look at their present state.")


class NotYours(Forbidden):
    code = "not-yours-to-do"
    message = N_("This must be done by a manager of the organisation.")


class LastManager(Conflict):
    code = "last-manager"
    message = N_("An organisation cannot be without a manager. Make someone else a manager first.")


class EmployeeNotFound(NotFound):
    code = "employee-not-found"
    message = N_("This person is not an employee of the organisation.")


def next_state(state: State | None, action: Action, *, by: frozenset[Actor]) -> State:
    """Raises AlreadyMember, TransitionImpossible, NotYours."""
    transition = TRANSITIONS.get((state, action))
    if transition is None:
        if action is Action.REQUEST:
            raise AlreadyMember(state=state)
        raise TransitionImpossible(state=state, action=action)
    if not transition.by & by:
        raise NotYours()
    return transition.to


def check_manager_remains(*, is_manager: bool, other_managers: int, action: Action) -> None:
    """Every change of state ends someone's being manager. An erasure asks about all organisations at once, before it begins.

    Raises LastManager.
    """
    if is_manager and other_managers == 0 and action is not Action.ERASE:
        raise LastManager()


def actors(*, caller_is_employee: bool, caller_is_manager: bool) -> frozenset[Actor]:
    """As whom the caller acts on an employee."""
    found = {Actor.SELF: caller_is_employee, Actor.MANAGER: caller_is_manager}
    return frozenset(actor for actor, is_so in found.items() if is_so)
