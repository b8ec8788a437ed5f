"""T3, T5: registering a tool, and what happens when recognitions come and go."""

from collections.abc import Set

import pytest

from services.organisation.employees.rules import State
from services.organisation.registrations.rules import Standing, judge
from services.organisation.tools.expressions import parse
from services.organisation.tools.needs import Circumstances
from shared.events.recognition import RecognitionGranted, RecognitionLapsed
from shared.ids import new_id
from tests.organisation.scenes import Scene, Someone, usage_mode

ANYONE = usage_mode("visitor", "", "")
BOTH = usage_mode("broker", "ipi and cib", "cib")


async def lapse(scene: Scene, person: Someone, kind: str) -> None:
    await scene.hear(RecognitionLapsed(account_id=person.id, version=new_id().int >> 80, kind=kind, source="demo"))


async def grant(scene: Scene, person: Someone, kind: str) -> None:
    await scene.hear(RecognitionGranted(account_id=person.id, version=new_id().int >> 80, kind=kind, source="demo"))


async def registered(scene: Scene, *kinds: str) -> tuple[str, Someone, str]:
    """An organisation, its manager who holds these, and a registration of the tool as agent."""
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, *kinds)
    return organisation_id, founder, await scene.register(organisation_id, founder)


async def test_the_usage_modes_say_what_is_needed_and_what_is_missing(scene: Scene) -> None:
    founder = scene.someone(language="fr")
    organisation_id = await scene.organisation(founder)
    await scene.tool(usage_mode("agent", "ipi or fs323", "ipi"), BOTH, ANYONE)
    await scene.holds(founder, "cib")
    agent, broker, visitor = await founder.get(f"/api/organisations/{organisation_id}/tools/cadastrefinder/usage-modes")
    assert agent["needs"] == "numéro IPI ou FS323"
    assert (agent["held"], agent["missing"], agent["allowed"]) == ([], [["ipi"], ["fs323"]], False)
    assert (broker["held"], broker["missing"], broker["allowed"]) == (["cib"], [["ipi"]], False)
    assert (visitor["missing"], visitor["allowed"], visitor["registered"]) == ([], True, False)


async def test_the_registering_manager_is_mandated_and_has_access(scene: Scene) -> None:
    organisation_id, founder, registration_id = await registered(scene, "ipi", "fs323")
    tool, granted = await scene.published("ToolRegistered", "AccessGranted")
    assert tool["registration_id"] == registration_id
    assert (tool["mandated_account_id"], tool["mandated_recognition"]) == (str(founder.id), "ipi")
    assert tool["terms_version"] == "2026-1"
    assert (granted["account_id"], granted["role"], granted["usable"]) == (str(founder.id), "user", True)
    decision = await scene.may_start(founder, organisation_id)
    assert decision["allowed"]
    assert decision["quality"]["recognitions"] == ["fs323", "ipi"]


async def test_without_the_recognition_it_stops_and_says_what_is_missing(scene: Scene) -> None:
    founder = scene.someone(language="nl")
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, "fs323")
    body = {"tool_id": "cadastrefinder", "usage_mode": "agent", "terms_version": "2026-1"}
    problem = await founder.post(f"/api/organisations/{organisation_id}/registrations", body, expect=409)
    assert (problem["code"], problem["params"]["missing"]) == ("recognition-missing", [["ipi"]])
    assert "BIV-nummer" in problem["detail"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"terms_version": "2025-9"}, 409, "terms-outdated"),
        ({"usage_mode": "unknown"}, 404, "usage-mode-not-found"),
        ({"tool_id": "unknown"}, 404, "tool-not-found"),
        ({"tool_id": "Not A Slug"}, 422, "invalid"),
    ],
)
async def test_a_wrong_registration_says_why(scene: Scene, changes: dict[str, str], status: int, code: str) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    body = {"tool_id": "cadastrefinder", "usage_mode": "agent", "terms_version": "2026-1", **changes}
    problem = await founder.post(f"/api/organisations/{organisation_id}/registrations", body, expect=status)
    assert problem["code"] == code


async def test_a_usage_mode_is_registered_once(scene: Scene) -> None:
    organisation_id, founder, _ = await registered(scene, "ipi")
    body = {"tool_id": "cadastrefinder", "usage_mode": "agent", "terms_version": "2026-1"}
    problem = await founder.post(f"/api/organisations/{organisation_id}/registrations", body, expect=409)
    assert problem["code"] == "already-registered"


async def test_only_a_manager_registers(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    await scene.tool(ANYONE)
    body = {"tool_id": "cadastrefinder", "usage_mode": "visitor", "terms_version": "2026-1"}
    await member.post(f"/api/organisations/{organisation_id}/registrations", body, expect=403)
    await scene.someone().post(f"/api/organisations/{organisation_id}/registrations", body, expect=404)


async def test_where_nothing_is_needed_nobody_is_mandated(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool(ANYONE)
    await scene.register(organisation_id, founder, usage_mode="visitor")
    (tool,) = await scene.published("ToolRegistered")
    assert (tool["mandated_account_id"], tool["mandated_recognition"]) == (None, None)


async def test_the_tools_page_shows_what_is_registered(scene: Scene) -> None:
    organisation_id, founder, registration_id = await registered(scene, "ipi")
    await lapse(scene, founder, "ipi")
    (tool,) = await founder.get(f"/api/organisations/{organisation_id}/tools")
    (registration,) = tool["registrations"]
    assert (registration["id"], registration["state"]) == (registration_id, "suspended")
    assert registration["suspended_reason"] == "mandate-lapsed"


async def test_a_lapsed_mandate_suspends_and_its_return_resumes(scene: Scene) -> None:
    organisation_id, founder, _ = await registered(scene, "ipi")
    before = len(await scene.published())
    await lapse(scene, founder, "ipi")
    assert (await scene.types(after=before)) == ["RegistrationSuspended", "AccessSuspended"]
    decision = await scene.may_start(founder, organisation_id)
    assert decision["reasons"] == ["registration-suspended", "recognition-missing"]
    assert decision["suspended_reason"] == "mandate-lapsed"
    await grant(scene, founder, "ipi")
    assert (await scene.types(after=before))[2:] == ["RegistrationResumed", "AccessResumed"]
    assert (await scene.may_start(founder, organisation_id))["allowed"]


async def test_all_who_depend_on_the_mandate_are_stopped_by_one_event(scene: Scene) -> None:
    organisation_id, founder, registration_id = await registered(scene, "ipi")
    people = [await scene.employee(organisation_id, founder) for _ in range(3)]
    for person in people:
        await scene.holds(person, "fs323")
    await scene.give(organisation_id, founder, registration_id, *people)
    before = len(await scene.published())
    await lapse(scene, founder, "ipi")
    assert (await scene.types(after=before)) == ["RegistrationSuspended", "AccessSuspended"]
    for person in people:
        assert (await scene.may_start(person, organisation_id))["reasons"] == ["registration-suspended"]


async def test_another_recognition_that_satisfies_takes_over(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool(usage_mode("agent", "ipi or cib", "ipi or cib"))
    await scene.holds(founder, "ipi", "cib")
    await scene.register(organisation_id, founder)
    before = len(await scene.published())
    await lapse(scene, founder, "ipi")
    (moved,) = (await scene.published())[before:]
    assert (moved["type"], moved["mandated_recognition"]) == ("MandateChanged", "cib")
    assert moved["changed_by"] == moved["mandated_account_id"] == str(founder.id)
    assert (await scene.may_start(founder, organisation_id))["allowed"]


async def test_what_needs_two_falls_with_either(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool(BOTH)
    await scene.holds(founder, "ipi", "cib")
    await scene.register(organisation_id, founder, usage_mode="broker")
    for kind in ("ipi", "cib"):
        before = len(await scene.published())
        await lapse(scene, founder, kind)
        assert "RegistrationSuspended" in await scene.types(after=before)
        await grant(scene, founder, kind)
        assert "RegistrationResumed" in await scene.types(after=before)


async def test_a_fetch_that_changes_nothing_says_nothing(scene: Scene) -> None:
    _, founder, _ = await registered(scene, "ipi")
    before = len(await scene.published())
    await scene.holds(founder, "ipi")
    await scene.holds(founder, "ipi", "something-else")
    assert len(await scene.published()) == before


async def test_news_that_comes_late_is_not_believed(scene: Scene) -> None:
    organisation_id, founder, _ = await registered(scene, "ipi")
    await scene.hear(RecognitionLapsed(account_id=founder.id, version=1, kind="ipi", source="demo"))
    assert (await scene.may_start(founder, organisation_id))["allowed"]


@pytest.mark.parametrize(("action", "reason"), [("block", "employee-blocked"), ("remove", "employee-removed")])
async def test_a_mandate_ends_with_its_holder_and_another_can_take_it(scene: Scene, action: str, reason: str) -> None:
    organisation_id, founder, registration_id = await registered(scene, "ipi")
    second = await scene.employee(organisation_id, founder, manager=True)
    await second.post(f"/api/organisations/{organisation_id}/employees/{founder.id}/{action}", expect=204)
    (suspended,) = await scene.published("RegistrationSuspended")
    assert suspended["reason"] == reason
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/mandate"
    problem = await second.put(path, {"account_id": str(second.id)}, expect=409)
    assert problem["code"] == "recognition-missing"
    await scene.holds(second, "ipi")
    await second.put(path, {"account_id": str(second.id)}, expect=204)
    assert (await scene.types())[-2:] == ["MandateChanged", "RegistrationResumed"]


async def test_a_mandated_employee_who_is_activated_again_lends_again(scene: Scene) -> None:
    organisation_id, founder, _ = await registered(scene, "ipi")
    second = await scene.employee(organisation_id, founder, manager=True)
    path = f"/api/organisations/{organisation_id}/employees/{founder.id}"
    await second.post(f"{path}/block", expect=204)
    await second.post(f"{path}/activate", expect=204)
    assert (await scene.types())[-2:] == ["EmployeeActivated", "RegistrationResumed"]


def standing(**changes: object) -> Standing:
    usual: dict[str, object] = {
        "registration_id": new_id(),
        "organisation_id": new_id(),
        "tool_id": "t",
        "usage_mode": "m",
        "register_rule": parse("ipi or cib"),
        "suspended_reason": None,
        "mandated_account_id": new_id(),
        "mandated_recognition": "ipi",
        "mandated_state": State.ACTIVE,
        "is_erased": False,
        "circumstances": Circumstances(frozenset({"ipi"})),
    }
    return Standing(**{**usual, **changes})  # pyright: ignore[reportArgumentType]


NOBODY: dict[str, object] = {
    "mandated_account_id": None,
    "mandated_recognition": None,
    "mandated_state": None,
    "circumstances": Circumstances(),
}


def holding(*kinds: str, lists: Set[str] = frozenset()) -> dict[str, object]:
    return {"circumstances": Circumstances(frozenset(kinds), lists=frozenset(lists))}


@pytest.mark.parametrize(
    ("changes", "reason", "recognition"),
    [
        ({}, None, "ipi"),
        (holding("ipi", "cib"), None, "ipi"),
        (holding("cib"), None, "cib"),
        (holding(), "mandate-lapsed", "ipi"),
        ({**holding(), "register_rule": parse("")}, None, "ipi"),
        ({"register_rule": parse("ipi and manager")}, "mandate-lapsed", "ipi"),
        ({"register_rule": parse("ipi and on list pilots")}, "organisation-not-listed", "ipi"),
        ({**holding(), "register_rule": parse("ipi and on list pilots")}, "organisation-not-listed", "ipi"),
        ({**holding("ipi", lists={"pilots"}), "register_rule": parse("ipi and on list pilots")}, None, "ipi"),
        ({**holding(lists={"pilots"}), "register_rule": parse("ipi or on list pilots")}, None, "ipi"),
        ({**NOBODY, "register_rule": parse("ipi")}, None, None),
        ({**NOBODY, "register_rule": parse("on list pilots")}, "organisation-not-listed", None),
        ({**NOBODY, "suspended_reason": "organisation-closed"}, "organisation-closed", None),
        ({**NOBODY, "suspended_reason": "organisation-not-listed"}, None, None),
        ({"register_rule": parse("ipi and cib")}, "mandate-lapsed", "ipi"),
        ({"mandated_state": State.BLOCKED}, "employee-blocked", "ipi"),
        ({"mandated_state": State.REMOVED}, "employee-removed", "ipi"),
        ({"mandated_state": State.REQUESTED}, "employee-removed", "ipi"),
        ({"mandated_state": State.REMOVED, "is_erased": True}, "account-erased", "ipi"),
    ],
)
def test_when_a_registration_stands(changes: dict[str, object], reason: str | None, recognition: str | None) -> None:
    before = standing(**changes)
    verdict = judge(before)
    assert (verdict.reason, verdict.recognition) == (reason, recognition)
    assert verdict.is_change == ((reason, recognition) != (before.suspended_reason, before.mandated_recognition))
