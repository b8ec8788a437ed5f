"""O1, O2, O4: searching, creating and seeing organisations."""

import json

import httpx
import pytest

from services.organisation.register.over_http import HttpRegister
from services.organisation.register.port import CompanyRegister, NoRegister
from shared.ids import new_id
from tests.organisation.scenes import ADDRESS, CONTACT, Scene, enterprise_number

NUMBER = "0123456749"


def body(**changes: object) -> dict[str, object]:
    return {
        "enterprise_number": "BE 0123.456.749",
        "name": "Agence du Parc",
        "address": ADDRESS,
        "email": "info@agence.example",
        "phone": None,
        "employee": {**CONTACT, "type": "head"},
        **changes,
    }


def answering(handler: object) -> CompanyRegister:
    return HttpRegister("http://register", transport=httpx.MockTransport(handler))  # pyright: ignore[reportArgumentType]


async def test_the_creator_becomes_the_manager(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = (await founder.post("/api/organisations", body()))["organisation_id"]
    mine = await founder.get("/api/organisations/mine")
    assert mine == [
        {
            "id": organisation_id,
            "enterprise_number": NUMBER,
            "name": "Agence du Parc",
            "my_state": "active",
            "manager": True,
            "awaiting": 0,
        }
    ]
    created, added = await scene.published()
    assert (created["type"], created["version"], created["enterprise_number"]) == ("OrganisationCreated", 1, NUMBER)
    assert (added["type"], added["version"], added["manager"]) == ("EmployeeAdded", 2, True)
    assert added["account_id"] == added["added_by"] == str(founder.id)
    assert created["key"] == added["key"] == organisation_id


async def test_a_number_is_taken_once(scene: Scene) -> None:
    await scene.someone().post("/api/organisations", body())
    problem = await scene.someone().post("/api/organisations", body(enterprise_number=NUMBER), expect=409)
    assert problem["code"] == "organisation-exists"


async def test_a_search_tells_a_stranger_the_name_and_nothing_else(scene: Scene) -> None:
    organisation_id = (await scene.someone().post("/api/organisations", body()))["organisation_id"]
    found = await scene.someone().get("/api/organisations", number="0123 456 749")
    assert found == {
        "enterprise_number": NUMBER,
        "organisation": {
            "id": organisation_id,
            "enterprise_number": NUMBER,
            "name": "Agence du Parc",
            "is_closed": False,
        },
        "proposal": None,
        "my_state": None,
    }


@pytest.mark.parametrize("number", ["123", "0123456750", "abc", "", "012345674٩"])
async def test_a_wrong_number_gets_its_reason_in_the_readers_language(scene: Scene, number: str) -> None:
    problem = await scene.someone(language="nl").get("/api/organisations", number=number, expect=422)
    assert problem["code"] == "enterprise-number-invalid"
    assert problem["params"]["reason"]
    assert problem["errors"][0]["field"] == "enterprise_number"


async def test_wrong_input_names_each_field(scene: Scene) -> None:
    wrong = body(name="  ", email="nobody", employee={**CONTACT, "type": "boss", "phone": "call me"})
    problem = await scene.someone().post("/api/organisations", wrong, expect=422)
    assert {error["field"] for error in problem["errors"]} == {"name", "email", "employee.type", "employee.phone"}


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "\ud800", "x" * 201])
async def test_a_name_that_cannot_be_stored_is_refused(scene: Scene, name: str) -> None:
    headers = {**scene.someone().headers, "content-type": "application/json"}
    answer = await scene.app.http.post("/api/organisations", content=json.dumps(body(name=name)), headers=headers)
    assert answer.status_code == 422, answer.text


async def test_a_stranger_cannot_tell_an_organisation_from_none(scene: Scene) -> None:
    founder, stranger = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    for path in ("", "/employees", "/tools", f"/employees/{founder.id}"):
        real = await stranger.get(f"/api/organisations/{organisation_id}{path}", expect=404)
        made_up = await stranger.get(f"/api/organisations/{new_id()}{path}", expect=404)
        assert (real["code"], real["detail"]) == (made_up["code"], made_up["detail"])
        assert real["code"] == "organisation-not-found"


async def test_a_member_sees_the_organisation(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    shown = await member.get(f"/api/organisations/{organisation_id}")
    assert shown["address"] == {**ADDRESS, "box": None}
    assert shown["manager"] is False


async def test_the_register_proposes_name_and_address(scene: Scene) -> None:
    company = {"enterprise_number": NUMBER, "name": "Agence du Parc SRL", "address": {**ADDRESS, "box": None}}
    scene.app.at.own.register = answering(lambda request: httpx.Response(200, json=company))
    found = await scene.someone().get("/api/organisations", number=NUMBER)
    assert found["proposal"]["name"] == "Agence du Parc SRL"
    assert (await scene.someone().get(f"/api/company-register/{NUMBER}"))["address"]["city"] == "Bruxelles"


async def test_a_company_that_the_register_does_not_know_is_said_so(scene: Scene) -> None:
    scene.app.at.own.register = answering(lambda request: httpx.Response(404))
    problem = await scene.someone().get(f"/api/company-register/{NUMBER}", expect=404)
    assert problem["code"] == "enterprise-not-found"
    assert (await scene.someone().get("/api/organisations", number=NUMBER))["proposal"] is None


def slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow")


@pytest.mark.parametrize(
    "handler",
    [
        slow,
        lambda request: httpx.Response(500),
        lambda request: httpx.Response(200, text="<html>Back soon</html>"),
        lambda request: httpx.Response(200, json={"name": "no address"}),
        lambda request: httpx.Response(
            200, json={"enterprise_number": enterprise_number(7), "name": "Another", "address": ADDRESS}
        ),
        lambda request: httpx.Response(200, text="x" * 100_000),
    ],
    ids=["slow", "error", "maintenance page", "half an answer", "another company", "far too much"],
)
async def test_a_register_that_misbehaves_blocks_nobody(scene: Scene, handler: object) -> None:
    scene.app.at.own.register = answering(handler)
    assert (await scene.someone().get("/api/organisations", number=NUMBER))["proposal"] is None
    problem = await scene.someone().get(f"/api/company-register/{NUMBER}", expect=503)
    assert problem["code"] == "company-register-unavailable"


async def test_without_a_register_nothing_is_proposed(scene: Scene) -> None:
    scene.app.at.own.register = NoRegister()
    assert (await scene.someone().get("/api/organisations", number=enterprise_number(5)))["proposal"] is None
