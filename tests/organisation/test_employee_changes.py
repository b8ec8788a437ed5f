"""O8, O9, O11: adding someone whom a manager knows, changing their data, making managers and no longer, leaving."""

import asyncio
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.organisation.employees.lookup import LIMITS
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.organisation.scenes import CONTACT, Scene, Someone
from tests.support.mint import Mint


class Accounts:
    """Identity, as far as this service asks it."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.asked = 0

    def add(self, person: Someone, *names: str) -> None:
        self.known |= {name: str(person.id) for name in names}

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/internal/accounts/lookup":
            self.asked += 1
            body: dict[str, Any] = httpx.Response(200, content=request.content).json()
            found = self.known.get(body["email"] or body["username"] or "")
            return httpx.Response(200, json={"account_id": found}) if found else httpx.Response(404, json={})
        if path.endswith("/card"):
            return httpx.Response(200, json={"language": "nl", "picture": "abc"})
        return httpx.Response(200, content=b"picture", headers={"content-type": "image/webp"})


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest_asyncio.fixture
async def scene(client_of: ClientOf, mint: Mint, accounts: Accounts) -> Scene:
    return Scene(await client_of("organisation", peers={"identity": httpx.MockTransport(accounts.answer)}), mint)


def employees(organisation_id: str) -> str:
    return f"/api/organisations/{organisation_id}/employees"


async def find(manager: Someone, organisation_id: str, text: str, *, expect: int = 200) -> Any:
    body = {"email": text} if "@" in text else {"username": text}
    return await manager.post(employees(organisation_id) + "/lookup", body, expect=expect)


async def test_a_manager_adds_someone_whose_address_they_know(scene: Scene, accounts: Accounts) -> None:
    founder, person = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    accounts.add(person, "nora@mail.example", "nora.maes")
    await scene.is_called(person, "Nora", "Maes")
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.holds(person, "ipi")
    registration_id = await scene.register(organisation_id, founder)
    nobody = await find(founder, organisation_id, "somebody@mail.example")
    assert nobody == {"found": None}
    found = await find(founder, organisation_id, "nora.maes")
    assert found == {"found": {"account_id": str(person.id), "name": "Nora Maes", "state": None}}
    wish = {
        **CONTACT,
        "fax": "02 555 12 12",
        "account_id": str(person.id),
        "manager": True,
        "access": [{"registration_id": registration_id, "role": "user"}],
    }
    before = len(await scene.published())
    await founder.post(employees(organisation_id), wish)
    added, granted = (await scene.published())[before:]
    assert (added["type"], added["added_by"], added["manager"]) == ("EmployeeAdded", str(founder.id), True)
    assert (granted["type"], granted["usable"]) == ("AccessGranted", True)
    detail = await founder.get(f"{employees(organisation_id)}/{person.id}")
    assert (detail["fax"], detail["manager"], detail["access"][0]["role"]) == ("+32 2 555 12 12", True, "user")
    problem = await founder.post(employees(organisation_id), wish, expect=409)
    assert problem["code"] == "already-employee"
    assert (await find(founder, organisation_id, "nora@mail.example"))["found"]["state"] == "active"


async def test_only_who_was_found_can_be_added(scene: Scene, accounts: Accounts) -> None:
    founder, other, person = scene.someone(), scene.someone(), scene.someone()
    organisation_id, elsewhere = await scene.organisation(founder), await scene.organisation(other)
    accounts.add(person, "nora@mail.example")
    wish = {**CONTACT, "account_id": str(person.id)}
    assert (await founder.post(employees(organisation_id), wish, expect=409))["code"] == "look-up-first"
    await find(other, elsewhere, "nora@mail.example")
    assert (await founder.post(employees(organisation_id), wish, expect=409))["code"] == "look-up-first"
    member = await scene.employee(organisation_id, founder)
    assert (await find(member, organisation_id, "nora@mail.example", expect=403))["code"] == "not-a-manager"
    await find(founder, organisation_id, "nora@mail.example")
    await founder.post(employees(organisation_id), wish)


async def test_who_waits_or_was_removed_is_added_and_who_is_blocked_is_not(scene: Scene, accounts: Accounts) -> None:
    founder, person = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    accounts.add(person, "nora.maes")
    await person.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    assert (await find(founder, organisation_id, "nora.maes"))["found"]["state"] == "requested"
    wish = {**CONTACT, "account_id": str(person.id)}
    await founder.post(employees(organisation_id), wish)
    assert (await scene.types())[-1] == "EmployeeConfirmed"
    here = f"{employees(organisation_id)}/{person.id}"
    await founder.post(f"{here}/block", expect=204)
    assert (await founder.post(employees(organisation_id), wish, expect=409))["params"] == {"state": "blocked"}
    await founder.post(f"{here}/remove", expect=204)
    await founder.post(employees(organisation_id), wish)
    assert (await scene.types())[-1] == "EmployeeAdded"


async def test_looking_for_many_people_ends_soon(scene: Scene, accounts: Accounts) -> None:
    founder = scene.someone()
    organisation_id, second = await scene.organisation(founder), await scene.organisation(founder)
    limit = LIMITS[0].by_manager
    answers = await asyncio.gather(*(found_or_not(founder, organisation_id, number) for number in range(limit + 3)))
    assert sorted(answers) == [200] * limit + [429] * 3
    problem = await find(founder, second, "someone.else", expect=429)
    assert problem["code"] == "too-many-lookups", "whichever organisation it is for"
    assert accounts.asked == limit
    async with scene.app.at.database.transaction() as db:
        await db.execute("UPDATE employee_lookup SET at = at - interval '61 minutes'")
    await find(founder, second, "someone.else")


async def found_or_not(manager: Someone, organisation_id: str, number: int) -> int:
    path, body = f"{employees(organisation_id)}/lookup", {"username": f"person.{number}"}
    return (await manager.http.post(path, json=body, headers=manager.headers)).status_code


async def test_employees_change_their_own_data_but_not_what_they_are_worth(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member, other = await scene.employee(organisation_id, founder), await scene.employee(organisation_id, founder)
    here = f"{employees(organisation_id)}/{member.id}"
    detail = await member.get(here)
    assert sorted(detail["can"]) == ["edit", "leave"]
    changed = {"type": "trainee", "email": "new@agence.example", "phone": "0470/12.34.57", "fax": "+33 1 23 45 67 89"}
    await member.put(here, {**changed, "version": detail["version"]}, expect=204)
    after = await member.get(here)
    assert {name: after[name] for name in ("type", "email", "phone", "fax")} == {
        **changed,
        "phone": "+32 470 12 34 57",
        "fax": "+33 1 23 45 67 89",
    }
    event = (await scene.published())[-1]
    assert (event["type"], event["changed_by"]) == ("EmployeeChanged", str(member.id))
    assert "agence.example" not in str(event)
    stale = await founder.put(here, {**changed, "version": detail["version"]}, expect=409)
    assert stale["code"] == "employee-changed-meanwhile"
    head = await member.put(here, {**changed, "type": "head"}, expect=403)
    assert (head["code"], head["errors"][0]["field"]) == ("head-is-for-managers", "type")
    await member.put(here, {**changed, "manager": True}, expect=422)
    wrong = await member.put(here, {**changed, "phone": "12", "fax": "abc"}, expect=422)
    assert [error["field"] for error in wrong["errors"]] == ["phone", "fax"]
    assert (await other.put(here, changed, expect=403))["code"] == "not-a-manager"
    await founder.put(here, {**changed, "type": "head"}, expect=204)
    await member.put(here, {**changed, "type": "head", "email": "head@agence.example"}, expect=204)
    count = len(await scene.published())
    await member.put(here, {**changed, "type": "head", "email": "head@agence.example"}, expect=204)
    assert len(await scene.published()) == count, "nothing changed, and nothing is said"


async def test_managers_make_managers_dismiss_and_step_down(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    first, second = f"{employees(organisation_id)}/{founder.id}", f"{employees(organisation_id)}/{member.id}"
    assert (await founder.get(first))["is_last_manager"]
    assert (await founder.post(f"{first}/dismiss", expect=409))["code"] == "last-manager"
    assert (await member.post(f"{second}/promote", expect=403))["code"] == "not-yours-to-do"
    await founder.post(f"{second}/promote", expect=204)
    assert (await founder.post(f"{second}/promote", expect=409))["code"] == "transition-impossible"
    assert not (await founder.get(first))["is_last_manager"]
    await member.post(f"{first}/dismiss", expect=204)
    assert (await member.post(f"{first}/dismiss", expect=409))["code"] == "transition-impossible"
    assert (await founder.get(first))["manager"] is False
    await member.post(f"{first}/promote", expect=204)
    await member.post(f"{second}/dismiss", expect=204)
    assert (await scene.types())[-4:] == [
        "ManagerAppointed",
        "ManagerDismissed",
        "ManagerAppointed",
        "ManagerDismissed",
    ]
    assert (await member.get(second))["state"] == "active", "who steps down stays"
    async with scene.app.at.database.acquire() as db:
        rows = await db.fetch("SELECT action FROM audit_log ORDER BY id DESC LIMIT 4")
    assert [row["action"] for row in rows] == ["step-down", "promote", "dismiss", "promote"]


async def test_who_is_about_to_lose_what_is_told_before(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    registration_id = await scene.register(organisation_id, founder)
    await scene.give(organisation_id, founder, registration_id, member)
    seen = await founder.get(f"{employees(organisation_id)}/{founder.id}")
    assert seen["standing_on"] == ["CadastreFinder (en)"]
    seen = await founder.get(f"{employees(organisation_id)}/{member.id}")
    assert ([one["role"] for one in seen["access"]], seen["standing_on"]) == (["user"], [])


async def test_the_personal_profile_is_for_managers_and_oneself(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member, other = await scene.employee(organisation_id, founder), await scene.employee(organisation_id, founder)
    await scene.tool()
    await scene.is_called(member, "Nora", "Maes")
    await scene.holds(member, "ipi", "odd")
    here = f"{employees(organisation_id)}/{member.id}"
    expected = {
        "name": "Nora Maes",
        "language": "nl",
        "picture": "abc",
        "recognitions": [
            {"kind": "ipi", "name": "IPI number", "valid_until": None},
            {"kind": "odd", "name": "ODD", "valid_until": None},
        ],
        "is_complete": True,
    }
    for reader in (founder, member):
        assert await reader.get(f"{here}/profile") == expected
        picture = await reader.http.get(f"{here}/picture", headers=reader.headers)
        assert (picture.content, picture.headers["content-type"]) == (b"picture", "image/webp")
    for stranger, path in ((other, "profile"), (other, "picture"), (scene.someone(), "profile")):
        await stranger.get(f"{here}/{path}", expect=404)
    await founder.get(f"{employees(organisation_id)}/{new_id()}/profile", expect=404)
