"""The life of an employee as one state machine: who may do what, from which state to which. Pure. Shown in docs/employees.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import Conflict, Forbidden, NotFound, Problem
from shared.markers import N_

TYPES = ("head", "employee", "self-employed", "trainee", "external")
HEAD = "head"


class State(StrEnum):
    """`invited`: by mail, without an account that is known; a row of `invitation`, not of `employee`."""

    INVITED = "invited"
    REQUESTED = "requested"
    ACTIVE = "active"
    BLOCKED = "blocked"
    REMOVED = "removed"


class Action(StrEnum):
    """`found`: create the organisation. `adopt`: an older tool vouched for it. `close`, `reopen`: the organisation, with all in it.

    `erase`: the account itself is gone. `remove`, `dismiss` are done to others; `leave` (also: take back what one asked), `step-down`
    to oneself.
    """

    FOUND = "found"
    REQUEST = "request"
    ADOPT = "adopt"
    CONFIRM = "confirm"
    ADD = "add"
    INVITE = "invite"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    EDIT = "edit"
    PROMOTE = "promote"
    DISMISS = "dismiss"
    STEP_DOWN = "step-down"
    BLOCK = "block"
    ACTIVATE = "activate"
    REMOVE = "remove"
    LEAVE = "leave"
    CLOSE = "close"
    REOPEN = "reopen"
    ERASE = "erase"


class Actor(StrEnum):
    """Who acts: the employee, another who manages the organisation, or the platform. A manager who acts on themselves is both."""

    SELF = "self"
    MANAGER = "manager"
    PLATFORM = "platform"


class Managing(StrEnum):
    """What becomes of being a manager. `chosen`: as whoever acts decides; by an older tool's word, or an invitation's, as that says."""

    KEPT = "kept"
    CHOSEN = "chosen"
    GAINED = "gained"
    LOST = "lost"


@dataclass(frozen=True)
class Transition:
    """of: None for anybody; True only for managers, False only for others."""

    to: State
    by: frozenset[Actor]
    managing: Managing = Managing.LOST
    of: bool | None = None


@dataclass(frozen=True)
class Membership:
    """Only who is active can manage. There is none of who is not an employee and never was."""

    state: State
    manager: bool = False

    def __post_init__(self) -> None:
        if self.manager and self.state is not State.ACTIVE:
            raise ValueError(self)


_SELF = frozenset({Actor.SELF})
_MANAGER = frozenset({Actor.MANAGER})
_EITHER = _SELF | _MANAGER
_PLATFORM = frozenset({Actor.PLATFORM})
_KEPT, _CHOSEN, _GAINED = Managing.KEPT, Managing.CHOSEN, Managing.GAINED

# What is not in the table cannot happen.
TRANSITIONS: Mapping[tuple[State | None, Action], Transition] = {
    (None, Action.FOUND): Transition(State.ACTIVE, _SELF, _GAINED),
    (None, Action.REQUEST): Transition(State.REQUESTED, _SELF),
    (None, Action.ADOPT): Transition(State.ACTIVE, _PLATFORM, _CHOSEN),
    (None, Action.ADD): Transition(State.ACTIVE, _MANAGER, _CHOSEN),
    (None, Action.INVITE): Transition(State.INVITED, _MANAGER),
    (None, Action.REOPEN): Transition(State.ACTIVE, _PLATFORM, _GAINED),
    (State.INVITED, Action.ACCEPT): Transition(State.ACTIVE, _SELF, _CHOSEN),
    (State.INVITED, Action.DECLINE): Transition(State.REMOVED, _SELF),
    # The platform withdraws what somebody wrote who manages no more.
    (State.INVITED, Action.WITHDRAW): Transition(State.REMOVED, _MANAGER | _PLATFORM),
    (State.INVITED, Action.EXPIRE): Transition(State.REMOVED, _PLATFORM),
    (State.INVITED, Action.CLOSE): Transition(State.REMOVED, _PLATFORM),
    (State.REQUESTED, Action.ADOPT): Transition(State.ACTIVE, _PLATFORM, _CHOSEN),
    (State.REQUESTED, Action.CONFIRM): Transition(State.ACTIVE, _MANAGER, _CHOSEN),
    # An invitation that is accepted counts more than a request that still waits.
    (State.REQUESTED, Action.ADD): Transition(State.ACTIVE, _MANAGER, _CHOSEN),
    (State.REQUESTED, Action.EDIT): Transition(State.REQUESTED, _EITHER),
    (State.REQUESTED, Action.BLOCK): Transition(State.BLOCKED, _MANAGER),
    (State.REQUESTED, Action.REMOVE): Transition(State.REMOVED, _MANAGER),
    (State.REQUESTED, Action.LEAVE): Transition(State.REMOVED, _SELF),
    (State.REQUESTED, Action.CLOSE): Transition(State.REMOVED, _PLATFORM),
    (State.REQUESTED, Action.ERASE): Transition(State.REMOVED, _PLATFORM),
    (State.ACTIVE, Action.EDIT): Transition(State.ACTIVE, _EITHER, _KEPT),
    (State.ACTIVE, Action.PROMOTE): Transition(State.ACTIVE, _MANAGER, _GAINED, of=False),
    (State.ACTIVE, Action.DISMISS): Transition(State.ACTIVE, _MANAGER, of=True),
    (State.ACTIVE, Action.STEP_DOWN): Transition(State.ACTIVE, _SELF, of=True),
    (State.ACTIVE, Action.BLOCK): Transition(State.BLOCKED, _MANAGER),
    (State.ACTIVE, Action.REMOVE): Transition(State.REMOVED, _MANAGER),
    (State.ACTIVE, Action.LEAVE): Transition(State.REMOVED, _SELF),
    (State.ACTIVE, Action.CLOSE): Transition(State.REMOVED, _PLATFORM),
    (State.ACTIVE, Action.ERASE): Transition(State.REMOVED, _PLATFORM),
    (State.BLOCKED, Action.EDIT): Transition(State.BLOCKED, _MANAGER),
    (State.BLOCKED, Action.ACTIVATE): Transition(State.ACTIVE, _MANAGER),
    # Someone who is blocked cannot leave: they could ask to join again, and nobody would see that they were blocked.
    (State.BLOCKED, Action.REMOVE): Transition(State.REMOVED, _MANAGER),
    (State.BLOCKED, Action.CLOSE): Transition(State.REMOVED, _PLATFORM),
    (State.BLOCKED, Action.ERASE): Transition(State.REMOVED, _PLATFORM),
    (State.REMOVED, Action.REQUEST): Transition(State.REQUESTED, _SELF),
    (State.REMOVED, Action.ADD): Transition(State.ACTIVE, _MANAGER, _CHOSEN),
    (State.REMOVED, Action.INVITE): Transition(State.INVITED, _MANAGER),
    (State.REMOVED, Action.REOPEN): Transition(State.ACTIVE, _PLATFORM, _GAINED),
    (State.REMOVED, Action.ERASE): Transition(State.REMOVED, _PLATFORM),
}


class AlreadyMember(Conflict):
    """params: state."""

    code = "already-member"
    message = N_("You are an employee of this organisation already, or have asked to be.")


class AlreadyEmployee(Conflict):
    """params: state."""

    code = "already-employee"
    message = N_("This person is an employee of the organisation already.")


class TransitionImpossible(Conflict):
    """params: state, action."""

    code = "transition-impossible"
    message = N_("This cannot be done with this employee any more. Look at their present state.")


class EmployeeChangedMeanwhile(Conflict):
    code = "employee-changed-meanwhile"
    message = N_("Someone else has changed this meanwhile. Look at what it is now, and change that.")


class NotYours(Forbidden):
    code = "not-yours-to-do"
    message = N_("This must be done by a manager of the organisation.")


class HeadIsForManagers(Forbidden):
    code = "head-is-for-managers"
    message = N_("Only a manager can say that someone is head of the company.")


class LastManager(Conflict):
    code = "last-manager"
    message = N_("An organisation cannot be without a manager. Make someone else a manager first.")


class EmployeeNotFound(NotFound):
    code = "employee-not-found"
    message = N_("This person is not an employee of the organisation.")


def after(now: Membership | None, action: Action, *, by: frozenset[Actor], chosen: bool = False) -> Membership:
    """What the person is after the action. chosen: whether they are to manage, where the table leaves the choice.

    Raises AlreadyMember, AlreadyEmployee, TransitionImpossible, NotYours.
    """
    state, manager = (now.state, now.manager) if now else (None, False)
    transition = TRANSITIONS.get((state, action))
    if transition is None or transition.of not in (None, manager):
        raise _impossible(state, action)
    if not transition.by & by:
        raise NotYours()
    manages = {_KEPT: manager, _CHOSEN: chosen, _GAINED: True, Managing.LOST: False}
    return Membership(transition.to, manages[transition.managing])


def next_state(state: State | None, action: Action, *, by: frozenset[Actor]) -> State:
    """The state alone, of who does not manage. Raises what `after` raises."""
    return after(Membership(state) if state else None, action, by=by).state


def _impossible(state: State | None, action: Action) -> Problem:
    if action is Action.REQUEST:
        return AlreadyMember(state=state)
    if action is Action.ADD:
        return AlreadyEmployee(state=state)
    return TransitionImpossible(state=state, action=action)


def possible(now: Membership, *, by: frozenset[Actor]) -> tuple[Action, ...]:
    """What these could do at present. Who is the last manager is not known here."""
    return tuple(
        action
        for (state, action), one in TRANSITIONS.items()
        if state == now.state and one.of in (None, now.manager) and one.by & by
    )


def check_manager_remains(*, was: Membership, now: Membership, other_managers: int, action: Action) -> None:
    """An erasure asks about all organisations at once, before it begins; a closed organisation needs no manager.

    Raises LastManager.
    """
    is_lost = was.manager and not now.manager
    if is_lost and other_managers == 0 and action not in (Action.ERASE, Action.CLOSE):
        raise LastManager()


def check_type(*, before: str, wanted: str, by: frozenset[Actor]) -> None:
    """Employees say themselves what they are, but not that they stand for the company. Raises HeadIsForManagers."""
    if wanted == HEAD != before and Actor.MANAGER not in by:
        raise HeadIsForManagers(field="type")


def actors(*, caller_is_employee: bool, caller_is_manager: bool) -> frozenset[Actor]:
    """As whom the caller acts on an employee."""
    found = {Actor.SELF: caller_is_employee, Actor.MANAGER: caller_is_manager}
    return frozenset(actor for actor, is_so in found.items() if is_so)
