"""The life of an employee: every state, action and actor, against the table that people agreed on."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organisation.employees.rules import (
    Action,
    Actor,
    AlreadyMember,
    LastManager,
    NotYours,
    State,
    TransitionImpossible,
    actors,
    check_manager_remains,
    next_state,
)

# state | action: who may, and what it leads to
LIFE = """
    -         | found    | self         | active
    -         | request  | self         | requested
    -         | adopt    | platform     | active
    requested | adopt    | platform     | active
    requested | confirm  | manager      | active
    requested | block    | manager      | blocked
    requested | remove   | self manager | removed
    requested | erase    | platform     | removed
    active    | block    | manager      | blocked
    active    | remove   | self manager | removed
    active    | erase    | platform     | removed
    blocked   | activate | manager      | active
    blocked   | remove   | manager      | removed
    blocked   | erase    | platform     | removed
    removed   | request  | self         | requested
    removed   | erase    | platform     | removed
"""
TABLE = {
    (None if state == "-" else State(state), Action(action)): (frozenset(map(Actor, who.split())), State(to))
    for state, action, who, to in ([cell.strip() for cell in line.split("|")] for line in LIFE.strip().splitlines())
}
STATES = [None, *State]
ACTORS = [frozenset(some) for count in range(len(Actor) + 1) for some in itertools.combinations(Actor, count)]


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("by", ACTORS, ids=lambda by: "+".join(sorted(by)) or "nobody")
def test_only_what_the_table_allows_happens(state: State | None, action: Action, by: frozenset[Actor]) -> None:
    allowed = TABLE.get((state, action))
    if allowed is None:
        with pytest.raises(AlreadyMember if action is Action.REQUEST else TransitionImpossible):
            next_state(state, action, by=by)
    elif not allowed[0] & by:
        with pytest.raises(NotYours):
            next_state(state, action, by=by)
    else:
        assert next_state(state, action, by=by) is allowed[1]


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("others", [0, 1, 2])
@pytest.mark.parametrize("is_manager", [True, False])
def test_the_last_manager_stays_unless_the_account_is_erased(action: Action, others: int, is_manager: bool) -> None:
    if is_manager and others == 0 and action is not Action.ERASE:
        with pytest.raises(LastManager):
            check_manager_remains(is_manager=is_manager, other_managers=others, action=action)
    else:
        check_manager_remains(is_manager=is_manager, other_managers=others, action=action)


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
        except (TransitionImpossible, AlreadyMember, NotYours):
            continue
        if state is State.ACTIVE and before is not None:
            # The platform brings over what older tools and merged accounts had already.
            assert Actor.MANAGER in by or (action is Action.ADOPT and Actor.PLATFORM in by)
