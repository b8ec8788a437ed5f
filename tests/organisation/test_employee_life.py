"""The life of an employee: every state, action and actor, against the table that people agreed on (docs/employees.md)."""

import itertools
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organisation.employees.rules import (
    HEAD,
    TRANSITIONS,
    TYPES,
    Action,
    Actor,
    AlreadyEmployee,
    AlreadyMember,
    HeadIsForManagers,
    LastManager,
    Managing,
    Membership,
    NotYours,
    State,
    TransitionImpossible,
    actors,
    after,
    check_manager_remains,
    check_type,
    next_state,
    possible,
)
from services.organisation.invitations.rules import State as Outcome

PAGE = Path(__file__).parents[2] / "docs" / "employees.md"
ENDS = {
    Outcome.ACCEPTED: Action.ACCEPT,
    Outcome.OBSOLETE: Action.ACCEPT,
    Outcome.DECLINED: Action.DECLINE,
    Outcome.WITHDRAWN: Action.WITHDRAW,
    Outcome.EXPIRED: Action.EXPIRE,
}
OF = {"anybody": None, "managers": True, "others": False}
NOT_THEIRS = {Action.REQUEST: AlreadyMember, Action.ADD: AlreadyEmployee}


class Line(NamedTuple):
    of: bool | None
    by: frozenset[Actor]
    to: State
    managing: Managing


def documented() -> dict[tuple[State | None, Action], Line]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines() if "|" in line
    ]
    return {
        (None if state == "-" else State(state), Action(action)): Line(
            OF[of], frozenset(map(Actor, who.split(", "))), State(to), Managing(managing)
        )
        for state, action, of, who, to, managing in cells[2:]
    }


TABLE = documented()
MEMBERSHIPS = [None, *map(Membership, State), Membership(State.ACTIVE, manager=True)]
ACTORS = [frozenset(some) for count in range(len(Actor) + 1) for some in itertools.combinations(Actor, count)]


def test_the_page_says_what_the_rules_say() -> None:
    assert {key: Line(one.of, one.by, one.to, one.managing) for key, one in TRANSITIONS.items()} == TABLE


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("now", MEMBERSHIPS, ids=lambda now: f"{now.state}-{now.manager}" if now else "nobody")
def test_only_what_the_table_allows_happens(now: Membership | None, action: Action) -> None:
    line = TABLE.get((now.state if now else None, action))
    is_manager = now is not None and now.manager
    for by, chosen in itertools.product(ACTORS, (True, False)):
        if line is None or line.of not in (None, is_manager):
            with pytest.raises(NOT_THEIRS.get(action, TransitionImpossible)):
                after(now, action, by=by, chosen=chosen)
        elif not line.by & by:
            with pytest.raises(NotYours):
                after(now, action, by=by, chosen=chosen)
        else:
            manages = {"gained": True, "lost": False, "kept": is_manager, "chosen": chosen}[line.managing]
            assert after(now, action, by=by, chosen=chosen) == Membership(line.to, manager=manages)


@pytest.mark.parametrize("by", ACTORS, ids=lambda by: "+".join(sorted(by)) or "no-one")
def test_what_is_offered_is_what_can_be_done(by: frozenset[Actor]) -> None:
    for now in filter(None, MEMBERSHIPS):
        for action in Action:
            try:
                after(now, action, by=by)
            except (AlreadyMember, AlreadyEmployee, TransitionImpossible, NotYours):
                assert action not in possible(now, by=by)
            else:
                assert action in possible(now, by=by)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("others", [0, 1, 2])
def test_the_last_manager_stays_unless_the_account_is_erased_or_the_organisation_closed(
    action: Action, others: int
) -> None:
    everyone = frozenset(Actor)
    for was in filter(None, MEMBERSHIPS):
        try:
            now = after(was, action, by=everyone)
        except (AlreadyMember, AlreadyEmployee, TransitionImpossible):
            continue
        if was.manager and not now.manager and others == 0 and action not in (Action.ERASE, Action.CLOSE):
            with pytest.raises(LastManager):
                check_manager_remains(was=was, now=now, other_managers=others, action=action)
        else:
            check_manager_remains(was=was, now=now, other_managers=others, action=action)


def test_every_end_of_an_invitation_is_an_action_on_who_was_invited() -> None:
    """Its row is elsewhere and knows more: who accepts and belongs there already has accepted all the same."""
    invited = {action for state, action in TRANSITIONS if state is State.INVITED}
    assert set(ENDS) == set(Outcome) - {Outcome.OPEN}
    assert set(ENDS.values()) | {Action.CLOSE} == invited


def test_only_who_is_active_manages() -> None:
    for state in State:
        if state is not State.ACTIVE:
            with pytest.raises(ValueError, match="manager"):
                Membership(state, manager=True)


@pytest.mark.parametrize("before", TYPES)
@pytest.mark.parametrize("wanted", TYPES)
def test_only_a_manager_makes_someone_head_of_the_company(before: str, wanted: str) -> None:
    check_type(before=before, wanted=wanted, by=frozenset({Actor.MANAGER}))
    check_type(before=before, wanted=wanted, by=frozenset({Actor.MANAGER, Actor.SELF}))
    if wanted == HEAD and before != HEAD:
        with pytest.raises(HeadIsForManagers):
            check_type(before=before, wanted=wanted, by=frozenset({Actor.SELF}))
    else:
        check_type(before=before, wanted=wanted, by=frozenset({Actor.SELF}))


def test_a_manager_acts_on_themselves_as_both() -> None:
    assert actors(caller_is_employee=True, caller_is_manager=True) == {Actor.SELF, Actor.MANAGER}
    assert actors(caller_is_employee=False, caller_is_manager=False) == frozenset()


@given(st.lists(st.tuples(st.sampled_from(Action), st.sampled_from(ACTORS)), max_size=30))
def test_nobody_becomes_active_without_a_manager_founding_or_what_was_there_before(
    steps: list[tuple[Action, frozenset[Actor]]],
) -> None:
    state: State | None = None
    for action, by in steps:
        before = state
        try:
            state = next_state(state, action, by=by)
        except (TransitionImpossible, AlreadyMember, AlreadyEmployee, NotYours):
            continue
        if state is State.ACTIVE and before not in (None, State.ACTIVE):
            # An invitation is a manager's word; the platform brings over what older tools had, and reopens for an operator.
            vouched = before is State.INVITED or (action in (Action.ADOPT, Action.REOPEN) and Actor.PLATFORM in by)
            assert Actor.MANAGER in by or vouched
