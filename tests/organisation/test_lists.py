"""T6: a usage mode for the organisations on the tool's own list only."""

import asyncio
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organisation.lists.handlers import reassess_listed
from services.organisation.lists.rules import BadLine, difference, read_list
from shared.formats import BRUSSELS
from tests.organisation.scenes import Scene, Someone, enterprise_number, usage_mode

RESTRICTED = {**usage_mode("pilot", "", "", "user"), "is_restricted": True}
BOTH = {**usage_mode("agent", "ipi", ""), "is_restricted": True}
NAMED = usage_mode("early", "ipi or on list friends", "manager or on list friends", "user")
REASON = "The tool's owner sent a new list."


async def number_of(scene: Scene, organisation_id: str) -> str:
    async with scene.app.at.database.acquire() as db:
        return await db.fetchval("SELECT enterprise_number FROM organisation WHERE id = $1", organisation_id)


async def take(
    scene: Scene, *numbers: str, name: str = "pilot", expect: int = 200, **more: object
) -> dict[str, object]:
    """The operator's import, and what follows it."""
    body = {"text": "\n".join(numbers), **more}
    answer = await scene.peer("operator").post(f"/internal/tools/cadastrefinder/lists/{name}", body, expect=expect)
    await follow(scene)
    return answer


async def follow(scene: Scene) -> None:
    async with scene.app.at.database.transaction() as db:
        rows = await db.fetch("DELETE FROM job WHERE kind = 'reassess-listed' RETURNING payload")
    for row in rows:
        ids = [UUID(one) for one in row["payload"]["organisation_ids"]]
        await reassess_listed(
            scene.app.at.database, row["payload"]["tool_id"], ids, today=datetime.now(BRUSSELS).date()
        )


async def start(scene: Scene, *modes: dict[str, object]) -> tuple[Someone, str, str]:
    """A manager, their organisation and its number."""
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool(*modes)
    return founder, organisation_id, await number_of(scene, organisation_id)


async def try_to_register(founder: Someone, organisation_id: str, mode: str = "pilot") -> dict[str, object]:
    body = {"tool_id": "cadastrefinder", "usage_mode": mode, "terms_version": "2026-1"}
    return await founder.post(f"/api/organisations/{organisation_id}/registrations", body, expect=409)


async def test_who_is_not_on_the_list_is_told_before_and_refused(scene: Scene) -> None:
    founder, organisation_id, _ = await start(scene, RESTRICTED)
    (mode,) = await founder.get(f"/api/organisations/{organisation_id}/tools/cadastrefinder/usage-modes")
    assert (mode["allowed"], mode["missing"]) == (False, [["list:pilot"]])
    (check,) = mode["checks"]
    assert (check["is_met"], check["text"]) == (False, "an organisation on the list of CadastreFinder (en)")
    assert "help@cadastrefinder.example" in check["advice"][0]
    problem = await try_to_register(founder, organisation_id)
    assert problem["code"] == "organisation-not-listed"
    assert "help@cadastrefinder.example" in str(problem["detail"])


async def test_who_is_on_the_list_registers(scene: Scene) -> None:
    founder, organisation_id, number = await start(scene, RESTRICTED)
    await take(scene, number)
    (mode,) = await founder.get(f"/api/organisations/{organisation_id}/tools/cadastrefinder/usage-modes")
    assert (mode["allowed"], mode["checks"][0]["is_met"]) == (True, True)
    await scene.register(organisation_id, founder, usage_mode="pilot")
    assert (await scene.may_start(founder, organisation_id, usage_mode="pilot"))["allowed"]


async def test_the_list_does_not_replace_the_recognition(scene: Scene) -> None:
    founder, organisation_id, number = await start(scene, BOTH)
    assert (await try_to_register(founder, organisation_id, "agent"))["code"] == "organisation-not-listed"
    await take(scene, number, name="agent")
    assert (await try_to_register(founder, organisation_id, "agent"))["code"] == "recognition-missing"


@pytest.mark.parametrize("mode", [RESTRICTED, BOTH], ids=["without a mandate", "under a recognition"])
async def test_off_the_list_suspends_and_back_on_it_resumes(scene: Scene, mode: dict[str, object]) -> None:
    founder, organisation_id, number = await start(scene, mode)
    name = str(mode["id"])
    await scene.holds(founder, "ipi")
    await take(scene, number, enterprise_number(1), enterprise_number(2), name=name)
    await scene.register(organisation_id, founder, usage_mode=name)
    answer = await take(scene, enterprise_number(1), enterprise_number(2), name=name)
    assert [one["enterprise_number"] for one in answer["losing"]] == [number]  # pyright: ignore
    (suspended,) = await scene.published("RegistrationSuspended")
    assert (suspended["reason"], suspended["usage_mode"]) == ("organisation-not-listed", name)
    decision = await scene.may_start(founder, organisation_id, usage_mode=name)
    assert (decision["reasons"], decision["suspended_reason"]) == (
        ["registration-suspended"],
        "organisation-not-listed",
    )
    await take(scene, number, name=name, confirmed=True)
    assert len(await scene.published("RegistrationResumed")) == 1
    assert (await scene.may_start(founder, organisation_id, usage_mode=name))["allowed"]


async def test_a_lapse_does_not_hide_the_list_nor_the_other_way_round(scene: Scene) -> None:
    founder, organisation_id, number = await start(scene, BOTH)
    await scene.holds(founder, "ipi")
    await take(scene, number, name="agent")
    await scene.register(organisation_id, founder, usage_mode="agent")
    await take(scene, enterprise_number(1), name="agent", confirmed=True)
    await scene.holds(founder)
    await take(scene, number, name="agent", confirmed=True)
    reasons = [event["reason"] for event in await scene.published("RegistrationSuspended")]
    assert reasons == ["organisation-not-listed", "mandate-lapsed"]
    await scene.holds(founder, "ipi")
    assert len(await scene.published("RegistrationResumed")) == 1


async def test_a_mode_that_becomes_restricted_suspends_who_is_not_listed(scene: Scene) -> None:
    founder, organisation_id, number = await start(scene, {**RESTRICTED, "is_restricted": False})
    await scene.register(organisation_id, founder, usage_mode="pilot")
    await scene.tool(RESTRICTED)
    async with scene.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT register_rule FROM usage_mode WHERE id = 'pilot'") == "on list pilot"
        assert await db.fetchval("SELECT count(*) FROM job WHERE kind = 'reassess-tool'") == 1
    await take(scene, number, enterprise_number(1))
    assert await scene.published("RegistrationSuspended") == []


async def test_a_rule_may_ask_for_a_list_by_name_and_for_managers(scene: Scene) -> None:
    founder, organisation_id, number = await start(scene, NAMED)
    lists = await scene.peer("operator").get("/internal/tools/cadastrefinder/lists")
    assert [(one["name"], list(one["usage_modes"]), one["version"]) for one in lists] == [("friends", ["early"], 0)]
    await take(scene, number, enterprise_number(1), name="friends")
    registration_id = await scene.register(organisation_id, founder, usage_mode="early")
    member = await scene.employee(organisation_id, founder)
    await scene.give(organisation_id, founder, registration_id, member)
    assert (await scene.may_start(member, organisation_id, usage_mode="early"))["allowed"]
    await scene.holds(founder, "ipi")
    await take(scene, enterprise_number(1), name="friends")
    stopped = await scene.may_start(member, organisation_id, usage_mode="early")
    assert stopped["missing"] == [["manager"], ["list:friends"]]
    (suspended,) = await scene.published("AccessSuspended")
    assert (suspended["account_id"], suspended["missing"]) == (str(member.id), [["manager"], ["list:friends"]])


async def test_a_right_that_only_managers_have_goes_and_comes_with_it(scene: Scene) -> None:
    founder, organisation_id, _ = await start(scene, usage_mode("desk", "", "manager", "user"))
    registration_id = await scene.register(organisation_id, founder, usage_mode="desk")
    other = await scene.employee(organisation_id, founder, manager=True)
    await scene.give(organisation_id, founder, registration_id, other)
    path = f"/api/organisations/{organisation_id}/employees/{other.id}"
    await founder.post(f"{path}/dismiss", expect=204)
    (suspended,) = await scene.published("AccessSuspended")
    assert (suspended["account_id"], suspended["missing"]) == (str(other.id), [["manager"]])
    decision = await scene.may_start(other, organisation_id, usage_mode="desk")
    assert (decision["reasons"], decision["missing"]) == (["recognition-missing"], [["manager"]])
    await founder.post(f"{path}/promote", expect=204)
    assert (await scene.may_start(other, organisation_id, usage_mode="desk"))["allowed"]
    assert len(await scene.published("AccessResumed")) == 1


async def test_registering_and_leaving_the_list_at_once_see_each_other(scene: Scene) -> None:
    """Whoever comes second: either the registration is refused, or it is suspended."""
    founder, organisation_id, number = await start(scene, RESTRICTED)
    await take(scene, number, enterprise_number(1), enterprise_number(2))
    body = {"tool_id": "cadastrefinder", "usage_mode": "pilot", "terms_version": "2026-1"}
    path = f"/api/organisations/{organisation_id}/registrations"
    registering = scene.app.http.post(path, json=body, headers=founder.headers)
    answer, _ = await asyncio.gather(registering, take(scene, enterprise_number(1), enterprise_number(2)))
    await follow(scene)
    if answer.status_code == 201:
        (suspended,) = await scene.published("RegistrationSuspended")
        assert suspended["reason"] == "organisation-not-listed"
    else:
        assert answer.json()["code"] == "organisation-not-listed"


async def test_the_same_list_again_changes_nothing(scene: Scene) -> None:
    await start(scene, RESTRICTED)
    first = await take(scene, enterprise_number(1), enterprise_number(2))
    assert (first["version"], first["added_count"], first["removed_count"]) == (1, 2, 0)
    again = await take(scene, enterprise_number(2), enterprise_number(1))
    assert (again["version"], again["added_count"]) == (1, 0)


async def test_a_dry_run_tells_and_changes_nothing(scene: Scene) -> None:
    await start(scene, RESTRICTED)
    await take(scene, *map(enterprise_number, range(1, 5)))
    told = await take(scene, enterprise_number(1), enterprise_number(9), "nonsense", dry_run=True)
    assert (told["before"], told["after"], told["is_shrunken"]) == (4, 2, True)
    assert told["added"] == [enterprise_number(9)]
    assert told["bad"] == [{"line": 3, "text": "nonsense", "reason": "characters"}]
    (known,) = await scene.peer("operator").get("/internal/tools/cadastrefinder/lists")
    assert (known["version"], known["entries"]) == (1, 4)


async def test_an_empty_or_shrunken_list_is_refused(scene: Scene) -> None:
    await start(scene, RESTRICTED)
    await take(scene, *map(enterprise_number, range(1, 5)))
    assert (await take(scene, "number;name", expect=422))["errors"][0]["code"] == "list-empty"  # pyright: ignore
    problem = await take(scene, enterprise_number(1), expect=409)
    assert (problem["code"], problem["params"]) == ("list-shrunken", {"before": 4, "removed": 3})
    assert (await take(scene, enterprise_number(1), enterprise_number(2)))["version"] == 2
    assert (await take(scene, enterprise_number(9), confirmed=True))["version"] == 3


async def test_a_list_that_changed_meanwhile_or_that_nobody_asks_for_is_refused(scene: Scene) -> None:
    await start(scene, RESTRICTED)
    await take(scene, enterprise_number(1), version=0)
    assert (await take(scene, enterprise_number(2), version=0, expect=409))["code"] == "list-changed-meanwhile"
    assert (await take(scene, enterprise_number(2), name="agent", expect=404))["code"] == "list-not-found"


async def test_the_staff_imports_with_a_reason_that_is_kept(scene: Scene) -> None:
    await start(scene, RESTRICTED)
    staff = scene.someone()
    headers = {**scene.mint.person(staff.id, acr="mfa", claims={"staff": "support"}), "accept-language": "en"}
    clerk = Someone(staff.id, headers, scene.app.http)
    path = "/api/catalogue/cadastrefinder/lists/pilot"
    refused = await clerk.post(path, {"text": enterprise_number(1), "reason": "because"}, expect=422)
    assert refused["errors"][0]["code"] == "reason-missing"
    await clerk.post(path, {"text": enterprise_number(1), "reason": REASON}, expect=200)
    async with scene.app.at.database.acquire() as db:
        row = await db.fetchrow("SELECT actor, details FROM audit_log WHERE action = 'import-list'")
    assert row is not None
    assert (row["actor"], row["details"]["reason"], row["details"]["added"]) == (str(staff.id), REASON, 1)
    (known,) = await clerk.get("/api/catalogue/cadastrefinder/lists")
    assert (known["version"], known["reason"]) == (1, REASON)
    await staff.get("/api/catalogue/cadastrefinder/lists", expect=403)


def test_a_list_is_read_as_people_write_it() -> None:
    text = '\ufeffNumber;Name\n\n# pilots\n0123.456.749;Agence\n"BE 0200.065.765",Gent\n123456749\t\n0123456750;x\n;;\n'
    read = read_list(text)
    assert read.numbers == {"0123456749", "0200065765"}
    assert read.bad == (BadLine(7, "0123456750;x", "check-digits"),)


@given(st.text(max_size=300))
def test_whatever_is_in_a_file_is_a_number_or_a_bad_line(text: str) -> None:
    read = read_list(text)
    assert all(len(number) == 10 for number in read.numbers)
    assert all(1 <= one.line <= len(text.splitlines()) for one in read.bad)


@given(st.frozensets(st.integers(0, 20)), st.frozensets(st.integers(0, 20)))
def test_a_difference_leads_from_one_list_to_the_other(before: frozenset[int], after: frozenset[int]) -> None:
    known, wanted = frozenset(map(enterprise_number, before)), frozenset(map(enterprise_number, after))
    change = difference(known, wanted)
    assert (known | change.added) - change.removed == wanted
    assert change.is_shrunken == (2 * len(known - wanted) > len(known))
