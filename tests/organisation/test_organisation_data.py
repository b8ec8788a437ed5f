"""O5: what an organisation tells of itself."""

import asyncio
from typing import Any

from tests.organisation.scenes import ADDRESS, Scene, Someone

BILLING = {**ADDRESS, "kind": "billing", "street": "Rue Basse", "box": "3"}
ABROAD = {"kind": "branch", "street": "12 rue de la Gare", "number": "", "box": "", "postal_code": "", "city": "Dublin"}


async def data_of(person: Someone, organisation_id: str, **changes: Any) -> dict[str, Any]:
    return {**await person.get(f"/api/organisations/{organisation_id}/data"), **changes}


async def save(person: Someone, organisation_id: str, data: dict[str, Any], *, expect: int = 200) -> Any:
    return await person.put(f"/api/organisations/{organisation_id}/data", data, expect=expect)


async def test_a_manager_saves_everything_and_an_employee_reads_it(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    employee = await scene.employee(organisation_id, manager)
    full = await data_of(
        manager,
        organisation_id,
        name="Agence du Grand Parc",
        legal_form="private-limited",
        activity="  Real estate   agency ",
        description="We sell.\r\n\r\n\r\nWe let.",
        languages=["fr", "nl", "fr"],
        email="office@agence.example",
        phone="02 212 34 56",
        fax="+32 2 212 34 57",
        website="agence.example/contact",
        addresses=[BILLING, {**ABROAD, "country": "IE"}],
        links=[{"kind": "linkedin", "url": "linkedin.com/company/parc"}],
    )
    saved = await save(manager, organisation_id, full)
    assert saved == await data_of(employee, organisation_id)
    assert saved["version"] == full["version"] + 1
    assert (saved["activity"], saved["description"]) == ("Real estate agency", "We sell.\n\nWe let.")
    assert (saved["phone"], saved["fax"]) == ("+32 2 212 34 56", "+32 2 212 34 57")
    assert (saved["website"], saved["languages"]) == ("https://agence.example/contact", ["fr", "nl"])
    assert saved["links"][0]["url"] == "https://linkedin.com/company/parc"
    assert [address["kind"] for address in saved["addresses"]] == ["billing", "branch"]
    assert (await employee.get(f"/api/organisations/{organisation_id}"))["name"] == "Agence du Grand Parc"
    (changed,) = await scene.published("OrganisationChanged")
    assert (changed["name"], changed["logo"], changed["changed_by"]) == ("Agence du Grand Parc", None, str(manager.id))
    assert (changed["billing_address"]["street"], changed["billing_address"]["box"]) == ("Rue Basse", "3")
    assert (changed["address"]["street"], changed["languages"]) == (ADDRESS["street"], ["fr", "nl"])


async def test_only_managers_change_the_data_and_strangers_do_not_read_them(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    data = await data_of(manager, organisation_id)
    employee = await scene.employee(organisation_id, manager)
    assert (await save(employee, organisation_id, data, expect=403))["code"] == "not-a-manager"
    await save(scene.someone(), organisation_id, data, expect=404)
    await scene.someone().get(f"/api/organisations/{organisation_id}/data", expect=404)


async def test_every_mistake_is_named_at_its_field_and_nothing_is_stored(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    before = await data_of(manager, organisation_id)
    wrong = {
        **before,
        "phone": "call me",
        "website": "not a page",
        "address": {**ADDRESS, "postal_code": "75001"},
        "addresses": [BILLING, {**BILLING, "city": ""}],
        "links": [{"kind": "facebook", "url": "https://elsewhere.example/parc"}],
        "description": "x" * 2001,
    }
    problem = await save(manager, organisation_id, wrong, expect=422)
    assert {error["field"]: error["code"] for error in problem["errors"]} == {
        "phone": "phone-invalid",
        "website": "link-invalid",
        "address.postal_code": "postal-code-invalid",
        "addresses.1.city": "field-missing",
        "links.0.url": "link-invalid",
        "description": "description-invalid",
    }
    assert await data_of(manager, organisation_id) == before
    problem = await save(manager, organisation_id, {**before, "addresses": [BILLING, BILLING]}, expect=422)
    assert [error["field"] for error in problem["errors"]] == ["addresses.1.kind"]
    problem = await save(manager, organisation_id, {**before, "email": "nobody", "name": " "}, expect=422)
    assert {error["field"]: error["code"] for error in problem["errors"]} == {
        "email": "email-invalid",
        "name": "missing",
    }


async def test_of_two_managers_who_edit_at_once_the_second_is_told(scene: Scene) -> None:
    first = scene.someone()
    organisation_id = await scene.organisation(first)
    second = await scene.employee(organisation_id, first, manager=True)
    data = await data_of(first, organisation_id)
    path = f"/api/organisations/{organisation_id}/data"
    answers = await asyncio.gather(
        first.http.put(path, json={**data, "activity": "Selling"}, headers=first.headers),
        second.http.put(path, json={**data, "activity": "Letting"}, headers=second.headers),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert late["code"] == "organisation-changed-meanwhile"
    assert late["params"]["version"] == data["version"] + 1


async def test_saving_what_is_there_already_changes_nothing_whatever_was_seen(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    data = await data_of(manager, organisation_id, activity="Selling")
    saved = await save(manager, organisation_id, {**data, "activity": " Selling "})
    again = await save(manager, organisation_id, data)
    assert again == saved
    assert len(await scene.published("OrganisationChanged")) == 1


async def test_what_changed_is_in_the_log_without_its_content(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    data = await data_of(manager, organisation_id, activity="Selling", phone=None)
    await save(manager, organisation_id, data)
    async with scene.app.at.database.acquire() as db:
        row = await db.fetchrow("SELECT actor, details FROM audit_log WHERE action = 'change-organisation'")
    assert row is not None
    assert (row["actor"], row["details"]) == (str(manager.id), {"fields": ["activity", "phone"]})


async def test_an_operator_has_every_organisation_announced_again_as_it_is_now(scene: Scene) -> None:
    manager = scene.someone()
    ids = {await scene.organisation(manager), await scene.organisation(manager)}
    operator = scene.mint.peer("operator", "organisation")
    told = await scene.app.http.post("/internal/organisations/tell", headers=operator)
    assert told.json()["organisations"] >= len(ids)
    again = [event for event in await scene.published("OrganisationChanged") if event["organisation_id"] in ids]
    assert {event["organisation_id"] for event in again} == ids
    assert all(len(event["enterprise_number"]) == 10 and event["address"]["city"] for event in again)
