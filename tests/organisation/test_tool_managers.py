"""T4: who besides the managers decides on access."""

from typing import Any

import pytest

from tests.organisation.scenes import Scene, Someone
from tests.organisation.test_access import office


async def managed(scene: Scene) -> tuple[str, str, Someone, Someone, Someone]:
    """Organisation, path of its registration, its manager, the tool manager, and an employee without access."""
    organisation_id, founder, registration_id, member = await office(scene)
    tool_manager = await scene.employee(organisation_id, founder)
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}"
    saved = await appoint(founder, path, tool_manager)
    assert saved == {"access": 0, "tool_managers": 1}
    return organisation_id, path, founder, tool_manager, member


async def appoint(by: Someone, path: str, person: Someone, *, is_one: bool = True, expect: int = 200) -> Any:
    body = {"changes": [], "tool_managers": [{"account_id": str(person.id), "is_tool_manager": is_one}]}
    return await by.put(f"{path}/access", body, expect=expect)


async def give(by: Someone, path: str, person: Someone, role: str | None = "user", *, expect: int = 200) -> Any:
    return await by.put(f"{path}/access", {"changes": [{"account_id": str(person.id), "role": role}]}, expect=expect)


async def test_a_tool_manager_decides_on_access_there_and_nowhere_else(scene: Scene) -> None:
    organisation_id, path, founder, tool_manager, member = await managed(scene)
    page = await tool_manager.get(f"{path}/access")
    assert page["is_manager"] is False
    await give(tool_manager, path, member)
    (granted,) = [event for event in await scene.published("AccessGranted") if event["account_id"] == str(member.id)]
    assert granted["granted_by"] == str(tool_manager.id)
    await scene.tool(tool_id="other")
    other = await scene.register(organisation_id, founder, "other")
    elsewhere = f"/api/organisations/{organisation_id}/registrations/{other}"
    assert (await give(tool_manager, elsewhere, member, expect=403))["code"] == "not-an-access-editor"


async def test_a_tool_manager_appoints_nobody_ends_nothing_and_chooses_no_mandate(scene: Scene) -> None:
    _, path, _, tool_manager, member = await managed(scene)
    assert (await appoint(tool_manager, path, member, expect=403))["code"] == "not-a-manager"
    await tool_manager.get(f"{path}/end", expect=403)
    await tool_manager.post(f"{path}/end", expect=403)
    await tool_manager.get(f"{path}/mandate", expect=403)
    await tool_manager.put(f"{path}/mandate", {"account_id": str(tool_manager.id)}, expect=403)


async def test_being_appointed_twice_is_being_appointed(scene: Scene) -> None:
    _, path, founder, tool_manager, _ = await managed(scene)
    before = len(await scene.published())
    assert (await appoint(founder, path, tool_manager))["tool_managers"] == 0
    assert len(await scene.published()) == before


async def test_a_dismissed_tool_manager_decides_nothing_any_more(scene: Scene) -> None:
    _, path, founder, tool_manager, member = await managed(scene)
    await appoint(founder, path, tool_manager, is_one=False)
    (dismissed,) = await scene.published("ToolManagerDismissed")
    assert (dismissed["account_id"], dismissed["dismissed_by"]) == (str(tool_manager.id), str(founder.id))
    await give(tool_manager, path, member, expect=403)


@pytest.mark.parametrize("action", ["block", "remove"])
async def test_who_is_blocked_or_removed_manages_no_tool_also_on_return(scene: Scene, action: str) -> None:
    organisation_id, path, founder, tool_manager, _ = await managed(scene)
    employee = f"/api/organisations/{organisation_id}/employees/{tool_manager.id}"
    await founder.post(f"{employee}/{action}", expect=204)
    (dismissed,) = await scene.published("ToolManagerDismissed")
    assert (dismissed["account_id"], dismissed["dismissed_by"]) == (str(tool_manager.id), None)
    if action == "block":
        await founder.post(f"{employee}/activate", expect=204)
    else:
        await scene.employee(organisation_id, founder, person=tool_manager)
    await tool_manager.get(f"{path}/access", expect=403)


@pytest.mark.parametrize("state", ["blocked", "stranger"])
async def test_only_active_employees_can_manage_a_tool(scene: Scene, state: str) -> None:
    organisation_id, path, founder, _, member = await managed(scene)
    if state == "blocked":
        await founder.post(f"/api/organisations/{organisation_id}/employees/{member.id}/block", expect=204)
        assert (await appoint(founder, path, member, expect=409))["code"] == "employee-not-active"
    else:
        assert (await appoint(founder, path, scene.someone(), expect=404))["code"] == "employee-not-found"


async def test_appointing_and_dismissing_are_on_record(scene: Scene) -> None:
    _, path, founder, tool_manager, _ = await managed(scene)
    await appoint(founder, path, tool_manager, is_one=False)
    async with scene.app.at.database.acquire() as db:
        rows = await db.fetch("SELECT action, actor FROM audit_log WHERE action LIKE '%tool-manager' ORDER BY id")
    assert [(row["action"], row["actor"]) for row in rows] == [
        ("appoint-tool-manager", str(founder.id)),
        ("dismiss-tool-manager", str(founder.id)),
    ]
