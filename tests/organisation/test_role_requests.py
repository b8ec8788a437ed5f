"""T7: employees ask for roles; managers and tool managers answer."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.organisation.registrations import request_store
from services.organisation.registrations.requests import MAX_PER_DAY
from services.organisation.registrations.rules import takes_at_once
from services.organisation.tools.handlers import follow_rules
from tests.organisation.scenes import Scene, Someone, usage_mode
from tests.organisation.test_access import office


async def shop(scene: Scene, **mode: Any) -> tuple[str, str, Someone, Someone]:
    """Organisation, path of its registration, its manager and an employee. mode: changes of the usage mode."""
    organisation_id, founder, registration_id, member = await office(scene)
    await scene.tool({**usage_mode("agent", "ipi", "ipi or fs323"), **mode})
    return organisation_id, f"/api/organisations/{organisation_id}/registrations/{registration_id}", founder, member


async def ask(who: Someone, path: str, role: str = "user", *, expect: int = 200) -> Any:
    return await who.post(f"{path}/requests", {"role": role}, expect=expect)


async def answer(who: Someone, path: str, person: Someone, *, granted: bool, why: str = "", expect: int = 204) -> Any:
    body = {"granted": granted, "answer": why}
    return await who.post(f"{path}/requests/{person.id}/answer", body, expect=expect)


async def mine(who: Someone, organisation_id: str) -> Any:
    (one,) = await who.get(f"/api/organisations/{organisation_id}/registrations/mine")
    return one


async def outcomes(scene: Scene) -> list[tuple[str, str]]:
    return [(event["role"], event["outcome"]) for event in await scene.published("RoleRequestEnded")]


async def test_a_request_waits_and_gives_nothing_yet(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene)
    assert (await ask(member, path)) == {"outcome": "requested"}
    (event,) = await scene.published("RoleRequested")
    assert (event["account_id"], event["role"]) == (str(member.id), "user")
    assert (await scene.may_start(member, organisation_id))["reasons"] == ["role-not-held", "recognition-missing"]
    assert (await mine(member, organisation_id))["requested"] == "user"
    assert (await mine(founder, organisation_id))["requests"] == 1
    (request,) = (await founder.get(f"{path}/access"))["requests"]
    assert (request["account_id"], request["missing"]) == (str(member.id), [["ipi"], ["fs323"]])


async def test_a_granted_request_is_access(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene)
    await scene.holds(member, "fs323")
    await ask(member, path)
    await answer(founder, path, member, granted=True)
    assert (await scene.types())[-2:] == ["AccessGranted", "RoleRequestEnded"]
    assert await outcomes(scene) == [("user", "granted")]
    assert (await scene.may_start(member, organisation_id))["allowed"]
    assert (await answer(founder, path, member, granted=True, expect=404))["code"] == "role-request-not-found"


async def test_a_refusal_says_why_to_the_person_only(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene)
    await ask(member, path)
    await answer(founder, path, member, granted=False, why="  First the training in May. ")
    own = await mine(member, organisation_id)
    assert (own["requested"], own["ended"]["outcome"]) == (None, "refused")
    assert own["ended"]["answer"] == "First the training in May."
    assert "training" not in str(await scene.published())
    async with scene.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM audit_log WHERE details::text LIKE '%training%'") == 0
    assert await outcomes(scene) == [("user", "refused")]


async def test_who_asks_again_asks_once(scene: Scene) -> None:
    _, path, _, member = await shop(scene)
    await asyncio.gather(*(ask(member, path) for _ in range(3)))
    assert len(await scene.published("RoleRequested")) == 1
    await ask(member, path, "admin")
    assert await outcomes(scene) == [("user", "withdrawn")]
    assert [event["role"] for event in await scene.published("RoleRequested")] == ["user", "admin"]


async def test_a_request_is_taken_back(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene)
    await ask(member, path)
    await member.post(f"{path}/requests/withdraw", expect=204)
    assert await outcomes(scene) == [("user", "withdrawn")]
    await member.post(f"{path}/requests/withdraw", expect=404)
    assert (await mine(founder, organisation_id))["requests"] == 0


async def test_a_tool_manager_answers_and_others_do_not(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene)
    tool_manager, other = [await scene.employee(organisation_id, founder) for _ in range(2)]
    body = {"changes": [], "tool_managers": [{"account_id": str(tool_manager.id), "is_tool_manager": True}]}
    await founder.put(f"{path}/access", body)
    await ask(member, path)
    assert (await mine(tool_manager, organisation_id))["requests"] == 1
    assert (await mine(other, organisation_id))["requests"] == 0
    await answer(other, path, member, granted=True, expect=403)
    await answer(member, path, member, granted=True, expect=403)
    await answer(tool_manager, path, member, granted=True)
    assert (await scene.published("RoleRequestEnded"))[0]["answered_by"] == str(tool_manager.id)


async def test_a_role_that_is_given_on_the_access_page_answers_the_request(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene)
    await ask(member, path)
    await scene.give(organisation_id, founder, path.rsplit("/", 1)[1], member, role="admin")
    assert await outcomes(scene) == []
    await scene.give(organisation_id, founder, path.rsplit("/", 1)[1], member, role="user")
    assert await outcomes(scene) == [("user", "granted")]


async def test_a_manager_takes_at_once_what_nobody_holds_where_that_is_allowed(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene, is_self_service=True)
    roles = {role["id"]: role["is_at_once"] for role in (await mine(founder, organisation_id))["roles"]}
    assert roles == {"user": False, "admin": True}
    assert (await ask(founder, path, "admin")) == {"outcome": "granted"}
    assert (await mine(founder, organisation_id))["role"] == "admin"
    assert (await ask(member, path, "user")) == {"outcome": "requested"}
    second = await scene.employee(organisation_id, founder, manager=True)
    assert (await ask(second, path, "admin")) == {"outcome": "requested"}


def test_when_a_role_is_there_for_the_taking() -> None:
    taken = [
        (service, manager, held)
        for service in (True, False)
        for manager in (True, False)
        for held in (True, False)
        if takes_at_once(is_self_service=service, is_manager=manager, is_held=held)
    ]
    assert taken == [(True, True, False)]


@pytest.mark.parametrize(
    ("role", "status", "code"), [("user", 409, "role-held-already"), ("king", 404, "role-not-found")]
)
async def test_what_cannot_be_asked_for(scene: Scene, role: str, status: int, code: str) -> None:
    organisation_id, path, founder, member = await shop(scene)
    await scene.give(organisation_id, founder, path.rsplit("/", 1)[1], member)
    assert (await ask(member, path, role, expect=status))["code"] == code


async def test_strangers_and_blocked_employees_ask_for_nothing(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene)
    await ask(scene.someone(), path, expect=404)
    await founder.post(f"/api/organisations/{organisation_id}/employees/{member.id}/block", expect=204)
    await ask(member, path, expect=403)
    await member.get(f"/api/organisations/{organisation_id}/registrations/mine", expect=403)


@pytest.mark.parametrize("how", ["block", "remove", "end", "catalogue"])
async def test_a_request_ends_when_nobody_can_grant_it_any_more(scene: Scene, how: str) -> None:
    organisation_id, path, founder, member = await shop(scene)
    await ask(member, path, "admin")
    if how == "end":
        await founder.post(f"{path}/end", expect=204)
    elif how == "catalogue":
        await scene.tool(usage_mode("agent", "ipi", "ipi or fs323", "user"))
        async with scene.app.at.database.acquire() as db:
            jobs = await db.fetchval("SELECT count(*) FROM job WHERE kind = 'reassess-tool'")
        assert jobs == 1
        await follow_rules(scene.app.at.database, "cadastrefinder", today=datetime.now(UTC).date())
    else:
        await founder.post(f"/api/organisations/{organisation_id}/employees/{member.id}/{how}", expect=204)
    assert await outcomes(scene) == [("admin", "obsolete")]


async def test_mails_to_managers_have_an_end(scene: Scene) -> None:
    _, path, _, member = await shop(scene)
    for turn in range(MAX_PER_DAY):
        await ask(member, path, ("user", "admin")[turn % 2])
    problem = await ask(member, path, "user", expect=429)
    assert problem["code"] == "too-many-role-requests"


async def test_one_of_two_answers_counts(scene: Scene) -> None:
    organisation_id, path, founder, member = await shop(scene)
    second = await scene.employee(organisation_id, founder, manager=True)
    await ask(member, path)
    url = f"{path}/requests/{member.id}/answer"
    answers = await asyncio.gather(
        founder.http.post(url, json={"granted": True}, headers=founder.headers),
        second.http.post(url, json={"granted": False}, headers=second.headers),
    )
    assert sorted(one.status_code for one in answers) == [204, 404]
    assert len(await outcomes(scene)) == 1


async def test_answers_are_forgotten_in_time_and_what_waits_is_not(scene: Scene) -> None:
    _, path, founder, member = await shop(scene)
    await ask(member, path)
    await answer(founder, path, member, granted=False)
    await ask(member, path)
    later = datetime.now(UTC) + timedelta(days=1)
    async with scene.app.at.database.transaction() as db:
        assert await request_store.prune(db, later) == 1
        assert await db.fetchval("SELECT count(*) FROM role_request") == 1
