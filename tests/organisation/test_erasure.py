"""Letting go of a person: who stands in the way, what is closed, what stays, and what they get to read before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.events.identity import AccountErased, AccountPurged, ErasureStarted
from tests.organisation.scenes import CONTACT, Scene, Someone


async def outlook(scene: Scene, person: Someone) -> tuple[list[str], list[str]]:
    """The names of the organisations that stand in the way, and of those that would be closed."""
    found = await scene.peer("identity").get(f"/internal/erasures/{person.id}")
    return [one["name"] for one in found["blocked_by"]], [one["name"] for one in found["closing"]]


async def release(scene: Scene, person: Someone, *, expect: int = 204) -> Any:
    return await scene.peer("identity").post(f"/internal/erasures/{person.id}/release", expect=expect)


def started(person: Someone) -> ErasureStarted:
    return ErasureStarted(account_id=person.id, version=9, started_at=datetime.now(UTC))


async def reports(scene: Scene) -> list[tuple[str, bool]]:
    async with scene.app.at.database.acquire() as db:
        rows = await db.fetch("SELECT payload FROM outbox WHERE topic = 'identity.reports' ORDER BY id")
    found = [AccountPurged.model_validate_json(row["payload"]) for row in rows]
    return [(one.service, one.keeps) for one in found]


async def test_the_last_manager_of_others_is_not_let_go_and_hears_of_which_organisations(scene: Scene) -> None:
    founder = scene.someone()
    await scene.organisation(founder, "Alone")
    team = await scene.organisation(founder, "Team")
    await scene.employee(team, founder)
    assert await outlook(scene, founder) == (["Team"], ["Alone"])
    problem = await release(scene, founder, expect=409)
    assert problem["code"] == "last-manager-somewhere"
    assert "Team" in problem["detail"]
    assert "Alone" not in problem["detail"]
    mine = await founder.get("/api/organisations/mine")
    assert {one["my_state"] for one in mine} == {"active"}


async def test_with_another_manager_nothing_stands_in_the_way(scene: Scene) -> None:
    founder = scene.someone()
    team = await scene.organisation(founder, "Team")
    other = await scene.employee(team, founder, manager=True)
    assert await outlook(scene, founder) == ([], [])
    await release(scene, founder)
    assert (await other.get(f"/api/organisations/{team}"))["manager"]


async def test_an_organisation_without_anyone_else_is_closed_and_what_stood_in_it_falls(scene: Scene) -> None:
    founder = scene.someone()
    alone = await scene.organisation(founder, "Alone")
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.register(alone, founder)
    hopeful = scene.someone()
    await hopeful.post(f"/api/organisations/{alone}/requests", CONTACT)
    before = len(await scene.published())
    await release(scene, founder)
    gone = (await scene.published())[before:]
    assert gone[0]["type"] == "OrganisationClosed"
    removed = {event["account_id"]: event["removed_by"] for event in gone if event["type"] == "EmployeeRemoved"}
    assert removed == {str(founder.id): None, str(hopeful.id): str(founder.id)}
    assert [event["reason"] for event in gone if event["type"] == "RegistrationSuspended"] == ["account-erased"]
    async with scene.app.at.database.acquire() as db:
        assert tuple((await db.fetch("SELECT email, phone FROM organisation"))[0]) == ("", None)
        assert await db.fetchval("SELECT count(*) FROM employee WHERE state <> 'removed'") == 0


async def test_nobody_joins_a_closed_organisation(scene: Scene) -> None:
    founder, late = scene.someone(), scene.someone()
    alone = await scene.organisation(founder)
    await release(scene, founder)
    answer = await late.post(f"/api/organisations/{alone}/requests", CONTACT, expect=409)
    assert answer["code"] == "organisation-closed"


async def test_an_operator_opens_a_closed_organisation_for_who_represents_it_now(scene: Scene) -> None:
    founder, heir = scene.someone(), scene.someone()
    alone = await scene.organisation(founder)
    path, body = f"/internal/organisations/{alone}/reopen", {**CONTACT, "account_id": str(heir.id)}
    assert (await scene.peer("operator").post(path, body, expect=409))["code"] == "organisation-not-closed"
    await release(scene, founder)
    erased = {**body, "account_id": str(founder.id)}
    assert (await scene.peer("operator").post(path, erased, expect=409))["code"] == "person-erased"
    await scene.peer("operator").post(path, body, expect=204)
    assert (await heir.get(f"/api/organisations/{alone}"))["manager"]
    assert (await scene.types())[-2:] == ["OrganisationReopened", "EmployeeAdded"]


async def test_who_was_let_go_belongs_nowhere_again_whatever_token_they_still_have(scene: Scene) -> None:
    founder, other = scene.someone(), scene.someone()
    await scene.organisation(founder)
    elsewhere = await scene.organisation(other)
    await release(scene, founder)
    answer = await founder.post(f"/api/organisations/{elsewhere}/requests", CONTACT, expect=409)
    assert answer["code"] == "person-erased"
    with pytest.raises(AssertionError, match="person-erased"):
        await scene.organisation(founder)


async def test_it_may_all_be_said_twice_and_only_reports_grow(scene: Scene) -> None:
    founder = scene.someone()
    await scene.organisation(founder)
    await scene.hear(await scene.signed_up(founder, "Ada", "Weg"))
    await release(scene, founder)
    once = len(await scene.published())
    await release(scene, founder)
    await scene.hear(started(founder))
    await scene.hear(started(founder).model_copy(update={"version": 10}))
    await scene.hear(AccountErased(account_id=founder.id, version=11, erased_at=datetime.now(UTC)))
    after = await scene.published()
    assert [event["type"] for event in after[once:]] == ["AccountPurged", "AccountPurged"]
    assert await reports(scene) == [("organisation", True), ("organisation", True)]


async def test_who_never_belonged_anywhere_leaves_nothing_that_others_need(scene: Scene) -> None:
    person = scene.someone()
    await scene.hear(await scene.signed_up(person, "Ada", "Weg"))
    await scene.hear(started(person))
    assert await reports(scene) == [("organisation", False)]


async def test_an_event_that_comes_after_brings_nothing_back(scene: Scene) -> None:
    person = scene.someone()
    await scene.hear(started(person))
    await scene.hear(await scene.signed_up(person, "Ada", "Weg"))
    await scene.holds(person, "ipi")
    async with scene.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT first_name || last_name FROM person WHERE account_id = $1", person.id) == ""
        assert await db.fetchval("SELECT count(*) FROM recognition_held") == 0


async def test_one_reads_what_is_known_of_oneself_and_of_nobody_else(scene: Scene) -> None:
    founder, colleague = scene.someone(), scene.someone()
    team = await scene.organisation(founder, "Team")
    await scene.hear(await scene.signed_up(founder, "Ada", "Weg"))
    await scene.hear(await scene.signed_up(colleague, "Zoë", "Anders"))
    await scene.employee(team, founder, person=colleague)
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.register(team, founder)
    found = await scene.peer("gateway").get(f"/internal/export/{founder.id}")
    assert found["name"] == {"first_name": "Ada", "last_name": "Weg"}
    (membership,) = found["memberships"]
    assert (membership["organisation"], membership["manager"], membership["created_by_you"]) == ("Team", True, True)
    assert found["access"][0]["tool"] == "cadastrefinder"
    assert found["mandates"][0]["under_your_recognition"] == "ipi"
    assert {entry["action"] for entry in found["log"]} >= {"create-organisation", "confirm"}
    text = str(found)
    assert str(colleague.id) not in text
    assert "Anders" not in text
