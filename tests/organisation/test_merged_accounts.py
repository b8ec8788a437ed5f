"""Two accounts of one person become one: nothing they could do is lost, nothing is gained, and no organisation loses its manager."""

import itertools

import pytest

from services.organisation.employees.rules import State
from services.organisation.employees.store import Employee
from services.organisation.merging.rules import united
from shared.events.identity import AccountsMerged
from shared.ids import new_id
from tests.organisation.scenes import CONTACT, Scene, Someone

STATES = [state for state in State if state is not State.INVITED]


async def merge(scene: Scene, into: Someone, merged: Someone) -> None:
    await scene.hear(AccountsMerged(account_id=into.id, merged_account_id=merged.id, version=5))


async def mine(person: Someone) -> list[tuple[str, bool]]:
    return [(one["my_state"], one["manager"]) for one in await person.get("/api/organisations/mine")]


async def test_the_last_manager_hands_their_organisation_to_themselves(scene: Scene) -> None:
    into, merged = scene.someone(), scene.someone()
    await scene.organisation(merged)
    await merge(scene, into, merged)
    assert (await mine(into), await mine(merged)) == ([("active", True)], [])
    assert (await scene.types())[2:] == ["EmployeeAdded", "ManagerDismissed", "EmployeeRemoved"]
    before = await scene.types()
    await merge(scene, into, merged)
    assert await scene.types() == before, "hearing it again changes nothing"


async def test_of_two_memberships_the_stronger_right_stays(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    into, merged = scene.someone(), scene.someone()
    await scene.employee(organisation_id, founder, person=into)
    await scene.employee(organisation_id, founder, person=merged, manager=True)
    await merge(scene, into, merged)
    assert await mine(into) == [("active", True)]
    assert (await scene.types())[-3:] == ["ManagerAppointed", "ManagerDismissed", "EmployeeRemoved"]


async def test_asking_anew_and_merging_is_no_way_round_a_block(scene: Scene) -> None:
    founder, into, merged = scene.someone(), scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.employee(organisation_id, founder, person=merged)
    await founder.post(f"/api/organisations/{organisation_id}/employees/{merged.id}/block", expect=204)
    await into.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    await merge(scene, into, merged)
    assert await mine(into) == [("blocked", False)]


async def test_roles_mandates_and_what_was_held_go_over_and_tools_go_on(scene: Scene) -> None:
    founder, into, colleague = scene.someone(), scene.someone(), scene.someone()
    await scene.tool()
    await scene.holds(founder, "ipi")
    organisation_id = await scene.organisation(founder)
    registration_id = await scene.register(organisation_id, founder)
    await scene.employee(organisation_id, founder, person=colleague)
    await scene.holds(colleague, "fs323")
    await scene.give(organisation_id, founder, registration_id, colleague)
    await merge(scene, into, founder)
    assert (await scene.may_start(into, organisation_id))["allowed"]
    assert (await scene.may_start(colleague, organisation_id))["allowed"]
    assert not (await scene.may_start(founder, organisation_id))["allowed"]
    assert (await scene.published("MandateChanged"))[-1]["mandated_account_id"] == str(into.id)
    assert not await scene.published("RegistrationSuspended")
    (withdrawn,) = await scene.published("AccessWithdrawn")
    assert withdrawn["account_id"] == str(founder.id)


async def test_a_token_that_is_still_good_brings_the_merged_account_nowhere(scene: Scene) -> None:
    founder, into, merged = scene.someone(), scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await merge(scene, into, merged)
    answer = await merged.http.post(
        f"/api/organisations/{organisation_id}/requests", json=CONTACT, headers=merged.headers
    )
    assert answer.is_client_error


@pytest.mark.parametrize(("one", "other"), list(itertools.product(STATES, STATES)))
def test_united_is_as_strong_as_the_stronger_and_no_stronger(one: State, other: State) -> None:
    strength = [State.REMOVED, State.REQUESTED, State.BLOCKED, State.ACTIVE]
    into, merged = (
        Employee(new_id(), "employee", "", None, state, manager=state is State.ACTIVE, version=1)
        for state in (one, other)
    )
    found = united(into, merged)
    assert found.state is max(one, other, key=strength.index)
    assert found.manager is (State.ACTIVE in (one, other))
