"""O1-O5 in the gateway: overview, finding, creating, data, pictures, closing."""

from typing import Any
from uuid import UUID

import pytest

from services.gateway.model.consumers import on_organisation_changed
from services.gateway.organisations import data_form
from shared.events import organisation as org
from shared.ids import new_id
from tests.gateway.conftest import Gateway, text_of
from tests.gateway.screens_organisations import DATA, OUTLOOK, SUPPORTED

NUMBER = "0123456749"
BRIEF = {"id": "", "enterprise_number": NUMBER, "name": "Immo Dyle", "is_closed": False}
EMPLOYEE = {"employee.type": "head", "employee.email": "nora@dyle.example", "employee.phone": "", "employee.fax": ""}


def knows(gateway: Gateway, organisation_id: UUID, **changes: Any) -> str:
    """Organisation has this one, which the person manages; the path of its pages."""
    path = f"/organisations/{organisation_id}"
    head = {**BRIEF, "id": str(organisation_id), "manager": True, "logo": None, "cover": None, **changes}
    answers = gateway.peers["organisation"].answers
    answers[f"GET /api{path}"] = (200, head)
    answers[f"GET /api{path}/data"] = (200, DATA)
    answers[f"GET /api{path}/closing"] = (200, OUTLOOK)
    return path


def searched(found: dict[str, Any]) -> dict[str, Any]:
    return {"enterprise_number": NUMBER, "organisation": found, "proposal": None, "my_state": None}


async def belongs(gateway: Gateway, account_id: UUID, name: str, number: str, *, state: str = "active") -> None:
    async with gateway.app.at.database.transaction() as db:
        organisation_id = new_id()
        await db.execute("INSERT INTO organisation VALUES ($1, $2, $3)", organisation_id, number, name)
        await db.execute(
            "INSERT INTO employee (account_id, organisation_id, state) VALUES ($1, $2, $3)",
            account_id, organisation_id, state,
        )  # fmt: skip
        manager = new_id()
        await db.execute("INSERT INTO account VALUES ($1, 'Greet', 'Verlinden', 'nl', 'active')", manager)
        await db.execute("INSERT INTO employee VALUES ($1, $2, 'active', true)", manager, organisation_id)


async def test_the_overview_answers_while_organisation_is_away(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    await belongs(gateway, account_id, "Immo Dyle", NUMBER)
    await belongs(gateway, account_id, "Agence du Parc", "0100000011", state="requested")
    await belongs(gateway, account_id, "Vastgoed De Linde", "0100000209", state="blocked")
    for peer in gateway.peers.values():
        peer.is_away = True
    page = await gateway.http.get("/organisations")
    assert page.status_code == 200
    text = text_of(page)
    assert "These managers can confirm you: Greet Verlinden." in text
    assert "speak to Greet Verlinden" in text
    assert 'role="search"' not in page.text
    assert text.index("Immo Dyle") < text.index("Agence du Parc")


async def test_many_organisations_are_searched_by_name_or_number(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    for serial in range(8):
        await belongs(gateway, account_id, f"Agence {serial}", f"01{serial:08}")
    assert 'role="search"' in (await gateway.http.get("/organisations")).text
    for query in ("agence 7", "0100.000.007"):
        page = await gateway.http.get("/organisations", params={"q": query})
        assert [f"Agence {serial}" in page.text for serial in range(8)] == [False] * 7 + [True]
    fragment = await gateway.http.get("/organisations", params={"q": "nowhere"}, headers={"x-fragment": "cards"})
    assert "None of your organisations is called “nowhere”" in text_of(fragment)
    assert "<html" not in fragment.text


async def test_who_was_slower_to_create_it_asks_to_join_with_what_they_typed(gateway: Gateway) -> None:
    gateway.sign_in()
    organisation_id = new_id()
    answers = gateway.peers["organisation"].answers
    answers["POST /api/organisations"] = (409, {"code": "organisation-exists", "detail": "Exists."})
    found = {**BRIEF, "id": str(organisation_id)}
    answers["GET /api/organisations"] = (200, searched(found))
    page = await gateway.post("/organisations/new", {"enterprise_number": NUMBER, "name": "Immo Dyle", **EMPLOYEE})
    assert page.status_code == 409
    assert f'action="/organisations/{organisation_id}/join"' in page.text
    assert 'value="nora@dyle.example"' in page.text
    assert "Somebody else was just faster" in page.text


async def test_a_closed_organisation_is_said_to_be_closed(gateway: Gateway) -> None:
    gateway.sign_in()
    found = {**BRIEF, "id": str(new_id()), "is_closed": True}
    gateway.peers["organisation"].answers["GET /api/organisations"] = (200, searched(found))
    text = text_of(await gateway.http.get("/organisations/find", params={"number": NUMBER}))
    assert "This organisation is closed: nobody can join it." in text
    assert "Ask to join" not in text


async def test_an_employee_reads_the_data_and_is_offered_no_change(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id(), manager=False)
    page = await gateway.http.get(path)
    assert "Private limited company" in page.text
    assert "Bondgenotenlaan 12 / 3" in text_of(page)
    assert f"{path}/data" not in page.text
    assert f"{path}/close" not in page.text


async def test_the_data_go_to_the_service_as_they_were_typed(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    gateway.peers["organisation"].answers[f"PUT /api{path}/data"] = (200, DATA)
    answer = await gateway.post(f"{path}/data", data_form.values_of(DATA))
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    put = [request for request in gateway.peers["organisation"].asked if request.method == "PUT"]
    assert len(put) == 1
    sent = gateway.peers["organisation"].body_of_last()
    assert sent == {**DATA, "fax": "", "languages": ["fr", "nl"]}


async def test_rows_come_and_go_without_anything_being_stored(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    page = await gateway.post(f"{path}/data", {**data_form.values_of(DATA), "activity": "New", "add": "links"})
    assert 'name="links.1.url"' in page.text
    assert 'value="New"' in page.text
    assert "data-changed" in page.text
    assert {request.method for request in gateway.peers["organisation"].asked} == {"GET"}


async def test_after_another_managers_change_one_sees_what_differs_and_the_next_save_wins(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    refusal = {"code": "organisation-changed-meanwhile", "detail": "Another manager changed these data."}
    gateway.peers["organisation"].answers[f"PUT /api{path}/data"] = (409, refusal)
    typed = {**data_form.values_of(DATA), "activity": "Letting", "version": "2"}
    page = await gateway.post(f"{path}/data", typed)
    assert page.status_code == 409
    text = text_of(page)
    assert "Activity Estate agency and property management Letting" in text
    assert "Description A family" not in text
    assert 'name="version" value="3"' in page.text
    assert 'value="Letting"' in page.text


async def test_what_was_typed_is_still_there_when_organisation_is_away(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    gateway.peers["organisation"].is_away = True
    page = await gateway.post(f"{path}/data", {**data_form.values_of(DATA), "activity": "Letting"})
    assert page.status_code == 503
    assert 'value="Letting"' in page.text


async def test_a_picture_is_passed_on_as_it_is_and_kept_by_browsers(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    answers = gateway.peers["organisation"].answers
    answers[f"PUT /api{path}/pictures/logo"] = (200, {"picture": str(new_id())})
    upload = b"x" * 300_000
    answer = await gateway.post(f"{path}/pictures/logo", files={"picture": ("logo.png", upload, "image/png")})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}/pictures")
    assert gateway.peers["organisation"].asked[-1].content == upload
    missing = await gateway.http.get(f"{path}/pictures/{new_id()}")
    assert (missing.status_code, missing.content) == (404, b"")


async def test_a_refused_picture_is_said_at_its_own_field(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    error = {"field": "picture", "code": "picture-too-small", "detail": "Too small."}
    problem = {"code": "picture-too-small", "detail": "Too small.", "errors": [error]}
    gateway.peers["organisation"].answers[f"PUT /api{path}/pictures/cover"] = (422, problem)
    page = await gateway.post(f"{path}/pictures/cover", files={"picture": ("a.png", b"x", "image/png")})
    assert page.status_code == 422
    assert 'id="e-cover"' in page.text
    assert 'href="#f-cover"' in page.text
    assert 'id="e-logo"' not in page.text


async def test_closing_says_what_ends_and_asks_whether_one_is_sure(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    answers = gateway.peers["organisation"].answers
    answers[f"POST /api{path}/close"] = (204, None)
    text = text_of(await gateway.http.get(f"{path}/close"))
    assert "2 registered tools end" in text
    assert "4 other employees lose the organisation" in text
    unsure = await gateway.post(f"{path}/close")
    assert (unsure.status_code, "Tick this box if you are sure." in unsure.text) == (422, True)
    assert all(request.method == "GET" for request in gateway.peers["organisation"].asked)
    answer = await gateway.post(f"{path}/close", {"sure": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/organisations")


async def test_with_other_managers_closing_is_not_offered(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, new_id())
    gateway.peers["organisation"].answers[f"GET /api{path}/closing"] = (200, {**OUTLOOK, "other_managers": 1})
    page = await gateway.http.get(f"{path}/close")
    assert "It has other managers" in page.text
    assert f'action="{path}/close"' not in page.text


async def test_support_closes_and_opens_with_a_reason(gateway: Gateway) -> None:
    gateway.sign_in(acr="mfa", claims={"staff": "support"})
    organisation_id = new_id()
    path = f"/support/organisations/{organisation_id}"
    supported = {**SUPPORTED, "id": str(organisation_id)}
    answers = gateway.peers["organisation"].answers
    answers["GET /api/support/organisations"] = (200, supported)
    answers[f"GET /api{path}"] = (200, supported)
    found = await gateway.http.get("/support/organisations", params={"number": NUMBER})
    assert f'href="{path}/close"' in found.text
    answers[f"POST /api{path}/close"] = (204, None)
    answer = await gateway.post(f"{path}/close", {"reason": "Struck off the register."})
    assert answer.status_code == 303
    posted = [request for request in gateway.peers["organisation"].asked if request.method == "POST"]
    assert posted[0].content == b'{"reason":"Struck off the register."}'
    problem = {"code": "invalid", "errors": [{"field": "account_id", "code": "malformed", "detail": "Not valid."}]}
    answers[f"POST /api{path}/reopen"] = (422, problem)
    page = await gateway.post(f"{path}/reopen", {"account_id": "nora", "type": "head", "reason": "They are back."})
    assert (page.status_code, 'id="e-account_id"' in page.text) == (422, True)


async def test_support_pages_are_for_support(gateway: Gateway) -> None:
    gateway.sign_in(acr="mfa")
    assert (await gateway.http.get("/support/organisations")).status_code == 403


@pytest.mark.parametrize("logo", [new_id(), None])
async def test_the_read_model_knows_the_logo(gateway: Gateway, logo: UUID | None) -> None:
    account_id = gateway.sign_in()
    await belongs(gateway, account_id, "Immo Dyle", NUMBER)
    async with gateway.app.at.database.transaction() as db:
        organisation_id = await db.fetchval("SELECT organisation_id FROM organisation")
        event = org.OrganisationChanged(
            organisation_id=organisation_id, name="Immo Dijle", logo=logo, changed_by=new_id(), version=5
        )
        await on_organisation_changed(db, event, gateway.app.at.keyring)
    page = await gateway.http.get("/organisations")
    assert "Immo Dijle" in page.text
    assert (f"/organisations/{organisation_id}/pictures/{logo}" in page.text) == (logo is not None)
