"""T4: the access page, and who can use what they were given."""

import pytest

from shared.ids import new_id
from tests.organisation.scenes import Scene, Someone


async def office(scene: Scene) -> tuple[str, Someone, str, Someone]:
    """An organisation, its manager, a registration of the tool as agent, and an employee without access."""
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    registration_id = await scene.register(organisation_id, founder)
    return organisation_id, founder, registration_id, await scene.employee(organisation_id, founder)


async def test_the_access_page_shows_who_holds_and_lacks_what(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    await scene.holds(member, "unrelated")
    await scene.is_called(founder, "Anna", "Aerts")
    await scene.is_called(member, "Bart", "Bos")
    page = await founder.get(f"/api/organisations/{organisation_id}/registrations/{registration_id}/access")
    assert (page["needs"], page["kinds"]) == ("IPI number or FS323", ["fs323", "ipi"])
    first, second = page["employees"]
    assert (first["name"], first["role"], first["held"], first["missing"]) == ("Anna Aerts", "user", ["ipi"], [])
    assert (second["name"], second["role"], second["held"], second["missing"]) == (
        "Bart Bos",
        None,
        [],
        [["ipi"], ["fs323"]],
    )
    assert (first["manager"], second["manager"], first["tool_manager"], page["total"]) == (True, False, False, 2)
    assert (page["mandate"]["name"], page["mandate"]["recognition"]) == ("Anna Aerts", "ipi")


async def test_access_without_the_recognitions_waits_for_them(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    await scene.give(organisation_id, founder, registration_id, member)
    granted = (await scene.published())[-1]
    assert (granted["type"], granted["usable"]) == ("AccessGranted", False)
    decision = await scene.may_start(member, organisation_id)
    assert (decision["reasons"], decision["missing"]) == (["recognition-missing"], [["ipi"], ["fs323"]])
    await scene.holds(member, "fs323")
    assert (await scene.published())[-1]["type"] == "AccessResumed"
    assert (await scene.may_start(member, organisation_id))["quality"]["recognitions"] == ["fs323"]
    await scene.holds(member)
    suspended = (await scene.published())[-1]
    assert (suspended["type"], suspended["missing"]) == ("AccessSuspended", [["ipi"], ["fs323"]])


async def test_another_role_ends_the_old_one(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    await scene.give(organisation_id, founder, registration_id, member, role="admin")
    before = len(await scene.published())
    await scene.give(organisation_id, founder, registration_id, member, role="user")
    withdrawn, granted = (await scene.published())[before:]
    assert (withdrawn["type"], withdrawn["role"], withdrawn["reason"]) == ("AccessWithdrawn", "admin", "role-withdrawn")
    assert (granted["type"], granted["role"]) == ("AccessGranted", "user")
    await scene.give(organisation_id, founder, registration_id, member, role=None)
    assert (await scene.published())[-1]["type"] == "AccessWithdrawn"
    assert (await scene.may_start(member, organisation_id))["reasons"][0] == "role-not-held"


async def test_saving_what_is_there_already_says_nothing(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    await scene.give(organisation_id, founder, registration_id, member)
    before = len(await scene.published())
    await scene.give(organisation_id, founder, registration_id, member)
    assert len(await scene.published()) == before


async def test_all_changes_are_saved_or_none(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/access"
    changes = [{"account_id": str(member.id), "role": "user"}, {"account_id": str(new_id()), "role": "user"}]
    problem = await founder.put(path, {"changes": changes}, expect=404)
    assert problem["code"] == "employee-not-found"
    assert [row["role"] for row in (await founder.get(path))["employees"]].count("user") == 1


async def test_who_is_blocked_gets_nothing_new_and_has_what_was_there_on_return(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    await scene.holds(member, "ipi")
    await scene.give(organisation_id, founder, registration_id, member)
    path = f"/api/organisations/{organisation_id}/employees/{member.id}"
    await founder.post(f"{path}/block", expect=204)
    assert (await scene.may_start(member, organisation_id))["reasons"] == ["employee-blocked"]
    access = f"/api/organisations/{organisation_id}/registrations/{registration_id}/access"
    body = {"changes": [{"account_id": str(member.id), "role": "admin"}]}
    assert (await founder.put(access, body, expect=409))["code"] == "employee-not-active"
    await founder.post(f"{path}/activate", expect=204)
    assert (await scene.may_start(member, organisation_id))["allowed"]


async def test_removal_takes_access_for_good(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    await scene.holds(member, "ipi")
    await scene.give(organisation_id, founder, registration_id, member)
    await founder.post(f"/api/organisations/{organisation_id}/employees/{member.id}/remove", expect=204)
    assert (await scene.types())[-2:] == ["EmployeeRemoved", "AccessWithdrawn"]
    await scene.employee(organisation_id, founder, person=member)
    assert (await scene.may_start(member, organisation_id))["reasons"] == ["role-not-held"]


@pytest.mark.parametrize("who", ["member", "stranger"])
async def test_only_managers_see_and_change_access(scene: Scene, who: str) -> None:
    organisation_id, _, registration_id, member = await office(scene)
    caller, status = (member, 403) if who == "member" else (scene.someone(), 404)
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/access"
    await caller.get(path, expect=status)
    await caller.put(path, {"changes": []}, expect=status)


async def test_nobody_is_remembered_who_does_not_work_there(scene: Scene) -> None:
    organisation_id, founder, registration_id, _ = await office(scene)
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/access"
    problem = await founder.put(path, {"changes": [{"account_id": str(new_id()), "role": None}]}, expect=404)
    assert problem["code"] == "employee-not-found"
    async with scene.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM holder") == 2


async def test_a_registration_of_another_organisation_is_not_there(scene: Scene) -> None:
    _, _, registration_id, _ = await office(scene)
    other = scene.someone()
    elsewhere = await scene.organisation(other)
    path = f"/api/organisations/{elsewhere}/registrations/{registration_id}"
    await other.get(f"{path}/access", expect=404)
    await other.put(f"{path}/mandate", {"account_id": str(other.id)}, expect=404)
    body = {"changes": [{"account_id": str(other.id), "role": "user"}]}
    await other.put(f"{path}/access", body, expect=404)
