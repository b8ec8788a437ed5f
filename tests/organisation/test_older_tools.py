"""What older tools knew of who works where: taken over where the organisation exists, kept until it does, never against the platform."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from shared.events.identity import ErasureStarted, LegacyAccountAttached, LegacyMembership
from tests.organisation.scenes import CONTACT, Scene, Someone, enterprise_number


async def attached(scene: Scene, person: Someone, number: str, *, trusted: bool = True, **membership: Any) -> None:
    keyring = scene.app.at.keyring
    await keyring.fetch([person.id])
    event = LegacyAccountAttached(
        account_id=person.id,
        version=3,
        legacy_tool_id="cibweb",
        attached_at=datetime.now(UTC),
        email=keyring.seal(person.id, "email", "lien@example.com"),
        memberships=(LegacyMembership(enterprise_number=number, **membership),),
        trusted=trusted,
    )
    await scene.hear(event)


async def number_of(scene: Scene, organisation_id: str) -> str:
    async with scene.app.at.database.acquire() as db:
        return await db.fetchval("SELECT enterprise_number FROM organisation WHERE id = $1", organisation_id)


async def mine(person: Someone) -> list[tuple[str, bool]]:
    return [(one["my_state"], one["manager"]) for one in await person.get("/api/organisations/mine")]


async def test_a_trusted_membership_holds_at_once(scene: Scene) -> None:
    organisation_id = await scene.organisation(scene.someone())
    person = scene.someone()
    number = await number_of(scene, organisation_id)
    await attached(scene, person, number, manager=True, employee_type="head")
    assert await mine(person) == [("active", True)]
    added = (await scene.published("EmployeeAdded"))[-1]
    assert (added["account_id"], added["manager"], added["employee_type"]) == (str(person.id), True, "head")
    assert added["added_by"] == added["account_id"]
    page = await person.get(f"/api/organisations/{organisation_id}/employees")
    assert "lien@example.com" in {employee["email"] for employee in page["employees"]}
    await attached(scene, person, number, manager=True)
    assert len(await scene.published("EmployeeAdded")) == 2, "and hearing it again changes nothing"


async def test_an_untrusted_membership_waits_for_a_manager_who_is_told(scene: Scene) -> None:
    organisation_id = await scene.organisation(scene.someone())
    person = scene.someone()
    await attached(scene, person, await number_of(scene, organisation_id), trusted=False, manager=True)
    assert await mine(person) == [("requested", False)]
    assert (await scene.published("EmployeeRequested"))[-1]["account_id"] == str(person.id)


async def test_who_waits_for_confirmation_is_confirmed_by_the_older_tools_word(scene: Scene) -> None:
    organisation_id = await scene.organisation(scene.someone())
    person = scene.someone()
    await person.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    await attached(scene, person, await number_of(scene, organisation_id))
    assert await mine(person) == [("active", False)]
    assert (await scene.published("EmployeeConfirmed"))[-1]["account_id"] == str(person.id)


async def test_what_the_platform_decided_since_holds_against_the_older_tool(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    number = await number_of(scene, organisation_id)
    blocked, removed = [await scene.employee(organisation_id, founder) for _ in range(2)]
    await founder.post(f"/api/organisations/{organisation_id}/employees/{blocked.id}/block", expect=204)
    await founder.post(f"/api/organisations/{organisation_id}/employees/{removed.id}/remove", expect=204)
    for person in (blocked, removed):
        await attached(scene, person, number, manager=True)
    assert await mine(blocked) == [("blocked", False)]
    assert await mine(removed) == []


async def test_an_organisation_that_is_not_there_yet_finds_its_people_when_it_is_created(scene: Scene) -> None:
    colleague, asking, creator = scene.someone(), scene.someone(), scene.someone()
    number = enterprise_number(scene.serial + 1)
    await attached(scene, colleague, number, manager=True)
    await attached(scene, asking, number, trusted=False)
    await attached(scene, creator, number, manager=False)
    assert await mine(colleague) == []
    organisation_id = await scene.organisation(creator)
    assert await number_of(scene, organisation_id) == number
    assert await mine(colleague) == [("active", True)]
    assert await mine(asking) == [("requested", False)]
    assert await mine(creator) == [("active", True)]
    async with scene.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM expected_employee") == 0


async def test_created_and_expected_at_the_same_moment_find_each_other(scene: Scene) -> None:
    for _ in range(5):
        person, creator = scene.someone(), scene.someone()
        number = enterprise_number(scene.serial + 1)
        await asyncio.gather(scene.organisation(creator), attached(scene, person, number))
        assert await mine(person) == [("active", False)]


async def test_who_is_erased_is_expected_nowhere(scene: Scene) -> None:
    person, number = scene.someone(), enterprise_number(scene.serial + 1)
    await attached(scene, person, number)
    await scene.hear(ErasureStarted(account_id=person.id, version=9, started_at=datetime.now(UTC)))
    await attached(scene, person, number)
    await scene.organisation(scene.someone())
    assert await mine(person) == []
