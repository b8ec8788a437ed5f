"""Closing an organisation: by its last manager, by support, and opening it again."""

import time
from typing import Any

from tests.organisation.scenes import CONTACT, Scene, Someone

REASON = {"reason": "The company was struck off the register."}


def staff(scene: Scene) -> Someone:
    someone = scene.someone()
    return Someone(someone.id, scene.mint.person(someone.id, acr="mfa", claims={"staff": "support"}), scene.app.http)


def support(organisation_id: str, action: str = "") -> str:
    return f"/api/support/organisations/{organisation_id}{action}"


async def closed_scene(scene: Scene) -> tuple[Someone, str, Someone, Someone]:
    """A manager with a registered tool, an employee who uses it, and somebody who has asked to join."""
    manager, hopeful = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(manager)
    employee = await scene.employee(organisation_id, manager)
    await scene.tool()
    await scene.holds(manager, "ipi")
    await scene.holds(employee, "fs323")
    registration = await scene.register(organisation_id, manager)
    await scene.give(organisation_id, manager, registration, employee)
    await hopeful.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    return manager, organisation_id, employee, hopeful


async def test_the_last_manager_closes_it_and_everything_in_it_ends(scene: Scene) -> None:
    manager, organisation_id, employee, hopeful = await closed_scene(scene)
    assert await manager.get(f"/api/organisations/{organisation_id}/closing") == {
        "employees": 1,
        "other_managers": 0,
        "waiting": 1,
        "registrations": 1,
        "invitations": 0,
    }
    assert (await scene.may_start(employee, organisation_id))["allowed"]
    before = len(await scene.published())
    await manager.post(f"/api/organisations/{organisation_id}/close", expect=204)
    told = (await scene.published())[before:]
    assert told[0]["type"] == "OrganisationClosed"
    (ended,) = [event for event in told if event["type"] == "RegistrationEnded"]
    assert ended["reason"] == "organisation-closed"
    lost = {event["account_id"]: event["reason"] for event in told if event["type"] == "AccessWithdrawn"}
    assert lost == dict.fromkeys((str(manager.id), str(employee.id)), "organisation-closed")
    removed = {event["account_id"]: event["reason"] for event in told if event["type"] == "EmployeeRemoved"}
    everyone = (manager, employee, hopeful)
    assert removed == {str(person.id): "organisation-closed" for person in everyone}
    assert not (await scene.may_start(employee, organisation_id))["allowed"]
    for person in everyone:
        assert await person.get("/api/organisations/mine") == []
        await person.get(f"/api/organisations/{organisation_id}", expect=404)


async def test_nobody_closes_it_over_the_head_of_another_manager(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    other = await scene.employee(organisation_id, manager, manager=True)
    problem = await other.post(f"/api/organisations/{organisation_id}/close", expect=409)
    assert (problem["code"], problem["params"]) == ("other-managers-remain", {"managers": 1})
    assert await scene.published("OrganisationClosed") == []


async def test_employees_and_strangers_cannot_close_it_nor_can_who_proved_long_ago_who_they_are(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    employee = await scene.employee(organisation_id, manager)
    path = f"/api/organisations/{organisation_id}/close"
    await employee.post(path, expect=403)
    await scene.someone().post(path, expect=404)
    stale = scene.mint.person(manager.id, claims={"auth_time": int(time.time()) - 3600})
    answer = await scene.app.http.post(path, headers=stale)
    assert (answer.status_code, answer.json()["code"]) == (403, "confirmation-needed")


async def test_a_search_says_that_it_is_closed_and_nobody_joins_it(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    number = (await manager.get("/api/organisations/mine"))[0]["enterprise_number"]
    await manager.post(f"/api/organisations/{organisation_id}/close", expect=204)
    found = await scene.someone().get("/api/organisations", number=number)
    assert found["organisation"]["is_closed"]
    answer = await scene.someone().post(f"/api/organisations/{organisation_id}/requests", CONTACT, expect=409)
    assert answer["code"] == "organisation-closed"


async def test_support_closes_it_with_a_reason_whoever_manages_it(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    await scene.employee(organisation_id, manager, manager=True)
    helper = staff(scene)
    problem = await helper.post(support(organisation_id, "/close"), {"reason": "gone"}, expect=422)
    assert problem["errors"][0]["code"] == "reason-missing"
    await helper.post(support(organisation_id, "/close"), REASON, expect=204)
    assert (await helper.post(support(organisation_id, "/close"), REASON, expect=409))["code"] == "organisation-closed"
    removed = await scene.published("EmployeeRemoved")
    assert {event["removed_by"] for event in removed} == {str(helper.id)}
    async with scene.app.at.database.acquire() as db:
        row = await db.fetchrow("SELECT actor, origin, details FROM audit_log WHERE action LIKE 'close-%'")
    assert row is not None
    assert (row["actor"], row["details"]) == (str(helper.id), REASON)
    assert row["origin"].startswith("support ")


async def test_support_finds_it_by_its_number_and_opens_it_again(scene: Scene) -> None:
    manager, organisation_id, _, hopeful = await closed_scene(scene)
    number = (await manager.get("/api/organisations/mine"))[0]["enterprise_number"]
    await manager.post(f"/api/organisations/{organisation_id}/close", expect=204)
    helper = staff(scene)
    found = await helper.get("/api/support/organisations", number=number)
    assert (found["id"], found["closed_at"] is None) == (organisation_id, False)
    body: dict[str, Any] = {**CONTACT, **REASON, "account_id": str(hopeful.id)}
    await helper.post(support(organisation_id, "/reopen"), body, expect=204)
    assert (await hopeful.get(f"/api/organisations/{organisation_id}"))["manager"]
    assert (await helper.get(support(organisation_id)))["closed_at"] is None
    await scene.holds(hopeful, "ipi")
    await scene.register(organisation_id, hopeful)


async def test_nobody_of_support_gives_an_organisation_to_themselves(scene: Scene) -> None:
    _, organisation_id, _, hopeful = await closed_scene(scene)
    helper = staff(scene)
    await helper.post(support(organisation_id, "/close"), REASON, expect=204)
    body: dict[str, Any] = {**CONTACT, **REASON}
    own = await helper.post(support(organisation_id, "/reopen"), {**body, "account_id": str(helper.id)}, expect=403)
    assert own["code"] == "own-account"
    await helper.get(f"/api/organisations/{organisation_id}", expect=404)
    await helper.post(support(organisation_id, "/reopen"), {**body, "account_id": str(hopeful.id)}, expect=204)


async def test_what_support_ended_names_nobody_in_the_history(scene: Scene) -> None:
    _, organisation_id, _, hopeful = await closed_scene(scene)
    helper = staff(scene)
    await helper.post(support(organisation_id, "/close"), REASON, expect=204)
    body: dict[str, Any] = {**CONTACT, **REASON, "account_id": str(hopeful.id)}
    await helper.post(support(organisation_id, "/reopen"), body, expect=204)
    path = f"/api/organisations/{organisation_id}/history"
    entries = (await hopeful.get(path))["entries"]
    by = {entry["action"]: entry["by"] for entry in entries}
    assert (by["end-registration"], by["close-organisation-by-support"]) == ("support", "support")
    assert str(helper.id) not in str(entries)
    assert (await hopeful.get(path, actor=str(helper.id)))["entries"] == []


async def test_what_support_does_is_for_support_alone(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    for path in (support(organisation_id), "/api/support/organisations?number=0123456749"):
        await manager.get(path, expect=403)
    await manager.post(support(organisation_id, "/close"), REASON, expect=403)
