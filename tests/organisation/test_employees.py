"""O3, O6, O7, O10, O11: asking to join, being confirmed, blocked, activated and removed."""

import pytest

from shared.ids import new_id
from tests.organisation.scenes import CONTACT, Scene, Someone


def path_to(organisation_id: str, person: Someone, action: str = "") -> str:
    return f"/api/organisations/{organisation_id}/employees/{person.id}" + (f"/{action}" if action else "")


async def test_asking_to_join_names_the_managers_and_greys_the_organisation(scene: Scene) -> None:
    founder, newcomer = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.is_called(founder, "Anna", "Peeters")
    answer = await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    assert answer == {"state": "requested", "managers": ["Anna Peeters"]}
    assert (await newcomer.get("/api/organisations/mine"))[0]["my_state"] == "requested"
    assert (await founder.get("/api/organisations/mine"))[0]["awaiting"] == 1
    requested = (await scene.published())[-1]
    assert (requested["type"], requested["version"]) == ("EmployeeRequested", 3)
    assert CONTACT["email"] not in str(requested)


async def test_one_asks_once(scene: Scene) -> None:
    founder, newcomer = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    for person in (newcomer, founder):
        problem = await person.post(f"/api/organisations/{organisation_id}/requests", CONTACT, expect=409)
        assert problem["code"] == "already-member"


async def test_one_cannot_ask_to_join_what_does_not_exist(scene: Scene) -> None:
    await scene.someone().post(f"/api/organisations/{new_id()}/requests", CONTACT, expect=404)


async def test_who_waits_sees_nothing_yet(scene: Scene) -> None:
    founder, newcomer = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    problem = await newcomer.get(f"/api/organisations/{organisation_id}/employees", expect=403)
    assert problem["code"] == "membership-awaits-confirmation"


async def test_the_organisations_tools_are_shown_to_nobody_who_waits_or_is_blocked(scene: Scene) -> None:
    founder, stranger = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.register(organisation_id, founder)
    await stranger.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    assert (await founder.get(path_to(organisation_id, stranger)))["access"]
    assert (await stranger.get(path_to(organisation_id, stranger)))["access"] == []
    await founder.post(path_to(organisation_id, stranger, "block"), expect=204)
    assert (await stranger.get(path_to(organisation_id, stranger)))["access"] == []


async def test_confirming_corrects_the_data_and_gives_access_in_one_step(scene: Scene) -> None:
    founder, newcomer = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.holds(newcomer, "fs323")
    registration_id = await scene.register(organisation_id, founder)
    await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    corrected = {"type": "trainee", "email": "new@agence.example", "phone": "", "manager": True}
    wish = {**corrected, "access": [{"registration_id": registration_id, "role": "user"}]}
    before = len(await scene.published())
    await founder.post(path_to(organisation_id, newcomer, "confirm"), wish, expect=204)
    detail = await founder.get(path_to(organisation_id, newcomer))
    assert {key: detail[key] for key in corrected} == {**corrected, "phone": None}
    assert detail["state"] == "active"
    assert detail["access"][0]["role"] == "user"
    assert detail["access"][0]["roles"] == [{"id": "user", "name": "user (en)"}, {"id": "admin", "name": "admin (en)"}]
    confirmed, granted = (await scene.published())[before:]
    assert (confirmed["type"], confirmed["manager"]) == ("EmployeeConfirmed", True)
    assert (granted["type"], granted["role"], granted["usable"]) == ("AccessGranted", "user", True)
    assert granted["version"] == confirmed["version"] + 1


@pytest.mark.parametrize(("registration", "role"), [("real", "king"), ("foreign", "user"), ("none", "user")])
async def test_a_wrong_access_wish_confirms_nobody(scene: Scene, registration: str, role: str) -> None:
    founder, newcomer, other = scene.someone(), scene.someone(), scene.someone()
    organisation_id, elsewhere = await scene.organisation(founder), await scene.organisation(other)
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.holds(other, "ipi")
    ids = {
        "real": await scene.register(organisation_id, founder),
        "foreign": await scene.register(elsewhere, other),
        "none": str(new_id()),
    }
    await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    wish = {**CONTACT, "manager": False, "access": [{"registration_id": ids[registration], "role": role}]}
    await founder.post(path_to(organisation_id, newcomer, "confirm"), wish, expect=404)
    assert (await founder.get(path_to(organisation_id, newcomer)))["state"] == "requested"


async def test_a_second_manager_finds_that_the_first_has_confirmed(scene: Scene) -> None:
    founder, newcomer = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    second = await scene.employee(organisation_id, founder, manager=True)
    await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    wish = {**CONTACT, "manager": False}
    await founder.post(path_to(organisation_id, newcomer, "confirm"), wish, expect=204)
    problem = await second.post(path_to(organisation_id, newcomer, "confirm"), wish, expect=409)
    assert problem["code"] == "transition-impossible"


async def test_only_managers_decide_about_others(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member, other = await scene.employee(organisation_id, founder), await scene.employee(organisation_id, founder)
    for action in ("block", "activate", "remove"):
        problem = await member.post(path_to(organisation_id, other, action), expect=403)
        assert problem["code"] in ("not-a-manager", "not-yours-to-do")
    await member.post(path_to(organisation_id, other, "confirm"), {**CONTACT, "manager": True}, expect=403)
    seen = await member.get(path_to(organisation_id, other))
    assert (seen["email"], seen["access"], seen["can"]) == (CONTACT["email"], [], []), (
        "colleagues know how to reach each other"
    )
    await member.get(path_to(organisation_id, other) + "/profile", expect=404)


async def test_a_manager_of_one_organisation_is_nobody_in_another(scene: Scene) -> None:
    founder, other = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.organisation(other)
    for action in ("block", "activate", "remove"):
        await other.post(path_to(organisation_id, founder, action), expect=404)


async def test_someone_blocked_keeps_the_record_and_loses_the_organisation(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    await founder.post(path_to(organisation_id, member, "block"), expect=204)
    problem = await member.get(f"/api/organisations/{organisation_id}", expect=403)
    assert problem["code"] == "membership-blocked"
    problem = await member.post(path_to(organisation_id, member, "remove"), expect=409)
    assert problem["code"] == "transition-impossible", "and cannot leave to ask anew"
    await founder.post(path_to(organisation_id, member, "activate"), expect=204)
    await member.get(f"/api/organisations/{organisation_id}")
    assert (await scene.types())[-2:] == ["EmployeeBlocked", "EmployeeActivated"]


async def test_a_blocked_manager_comes_back_as_an_ordinary_employee(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    second = await scene.employee(organisation_id, founder, manager=True)
    await founder.post(path_to(organisation_id, second, "block"), expect=204)
    assert (await scene.types())[-2:] == ["ManagerDismissed", "EmployeeBlocked"]
    await founder.post(path_to(organisation_id, second, "activate"), expect=204)
    assert (await founder.get(path_to(organisation_id, second)))["manager"] is False


async def test_someone_who_left_can_ask_again(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    await member.post(path_to(organisation_id, member, "remove"), expect=204)
    await member.get(f"/api/organisations/{organisation_id}", expect=404)
    assert await member.get("/api/organisations/mine") == []
    removed = (await scene.published())[-1]
    assert (removed["type"], removed["removed_by"]) == ("EmployeeRemoved", str(member.id))
    await scene.employee(organisation_id, founder, person=member)


async def test_a_request_can_be_taken_back(scene: Scene) -> None:
    founder, newcomer = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    await newcomer.post(path_to(organisation_id, newcomer, "remove"), expect=204)
    assert (await founder.get("/api/organisations/mine"))[0]["awaiting"] == 0


@pytest.mark.parametrize("action", ["block", "remove"])
async def test_the_last_manager_stays(scene: Scene, action: str) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.employee(organisation_id, founder)
    problem = await founder.post(path_to(organisation_id, founder, action), expect=409)
    assert problem["code"] == "last-manager"


async def test_managers_see_who_waits_and_members_their_colleagues(scene: Scene) -> None:
    founder, newcomer = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    await scene.is_called(founder, "Zoë", "Maes")
    await scene.is_called(member, "Bob", "adam")
    await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    path = f"/api/organisations/{organisation_id}/employees"
    page = await founder.get(path)
    assert [one["name"] for one in page["employees"]] == ["Bob adam", "Zoë Maes", ""]
    assert (page["total"], page["awaiting"], page["next"]) == (3, 1, None)
    waiting = await founder.get(path, filter="awaiting")
    assert [one["account_id"] for one in waiting["employees"]] == [str(newcomer.id)]
    page = await member.get(path)
    assert [one["name"] for one in page["employees"]] == ["Bob adam", "Zoë Maes"]
    assert (page["total"], page["awaiting"]) == (2, 0)
    assert (await member.get(path, filter="awaiting"))["employees"] == []
    await founder.get(path, filter="tall", expect=422)


async def test_what_is_done_to_employees_is_audited_for_good(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    await founder.post(path_to(organisation_id, member, "block"), expect=204)
    async with scene.app.at.database.acquire() as db:
        rows = await db.fetch("SELECT actor, action, account_id, origin FROM audit_log ORDER BY id")
        assert [row["action"] for row in rows] == ["create-organisation", "request", "confirm", "block"]
        assert (rows[-1]["actor"], rows[-1]["account_id"]) == (str(founder.id), member.id)
        assert rows[-1]["origin"].startswith("session ")
        for statement in ("UPDATE audit_log SET action = ''", "DELETE FROM audit_log", "TRUNCATE audit_log"):
            with pytest.raises(Exception, match="append-only"):
                await db.execute(statement)
