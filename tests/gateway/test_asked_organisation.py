"""A tool asks for one organisation: that one or none, on the screen, at the start and without screens."""

from datetime import UTC, datetime

import pytest

from shared import authzen
from shared.events import organisation as org
from shared.ids import new_id
from tests.gateway.conftest import REQUEST_ID, Gateway, text_of
from tests.gateway.model import Model, a_tool
from tests.gateway.selecting import INTO_THE_TOOL, SELECT, START, completes, quality_of, ready

CANCEL = f"POST /internal/authorizations/{REQUEST_ID}/cancel"


async def test_only_the_organisation_that_the_tool_asks_for_is_shown(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    asked, _ = await model.a_quality(account_id, name="Immo Asked")
    await model.a_quality(account_id, name="Immo Other")
    gateway.comes_from_tool(organisation=str(asked))
    page = await gateway.http.get(SELECT)
    assert "CadastreFinder asks for one organisation: Immo Asked" in text_of(page)
    assert "Immo Other" not in page.text
    assert page.text.count('name="registration"') == 1


async def test_another_organisation_cannot_be_started_then(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    asked, _ = await model.a_quality(account_id, name="Immo Asked")
    _, other = await model.a_quality(account_id, name="Immo Other")
    gateway.comes_from_tool(organisation=str(asked))
    response = await gateway.post(START, {"registration": str(other)})
    assert response.status_code == 409
    assert not gateway.peers["organisation"].asked


async def test_the_screen_says_why_the_organisation_asked_for_opens_nothing(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    stranger_to = await model.an_organisation(founder=new_id(), name="Immo Strange")
    gateway.comes_from_tool(organisation=str(stranger_to))
    page = await gateway.http.get(SELECT)
    assert "You do not belong to that organisation. Ask to join" in text_of(page)
    assert "/organisations/find?number=" in page.text
    await model.follow(
        org.EmployeeRequested(organisation_id=stranger_to, account_id=account_id, employee_type="employee")
    )
    assert "A manager still has to confirm you" in text_of(await gateway.http.get(SELECT))


async def test_a_manager_is_led_to_register_the_tool(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id = await model.an_organisation(founder=account_id)
    gateway.comes_from_tool(organisation=str(organisation_id))
    page = await gateway.http.get(SELECT)
    assert f'href="/tools/cadastrefinder/register?request={REQUEST_ID}"' in page.text


async def test_a_closed_organisation_is_said_to_be_closed(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id = await model.an_organisation(founder=account_id)
    await model.follow(org.OrganisationClosed(organisation_id=organisation_id, closed_at=datetime.now(UTC)))
    gateway.comes_from_tool(organisation=str(organisation_id))
    assert "That organisation is closed" in text_of(await gateway.http.get(SELECT))


async def test_an_organisation_that_nobody_knows_is_said_to_be_unknown(gateway: Gateway) -> None:
    await ready(gateway)
    gateway.comes_from_tool(organisation="0999999922")
    page = await gateway.http.get(SELECT)
    assert "That organisation is not known here yet." in text_of(page)
    assert "/organisations/find?number=0999999922" in page.text


async def test_a_right_that_was_withdrawn_meanwhile_has_just_changed(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    allows(gateway, organisation_id)
    gateway.peers["identity"].answers[f"POST /internal/authorizations/{REQUEST_ID}/complete"] = (
        403,
        {"code": "no-longer-allowed", "detail": "No."},
    )
    response = await gateway.post(START, {"registration": str(registration_id)})
    assert "This has just changed" in text_of(response)


def allows(gateway: Gateway, organisation_id: object) -> None:
    answer = {"decision": True, "context": {"quality": quality_of(organisation_id)}}  # type: ignore[arg-type]
    gateway.peers["organisation"].answers[f"POST {authzen.EVALUATION}"] = (200, answer)


async def test_without_screens_a_single_way_into_the_organisation_asked_for_is_taken(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, _ = await model.a_quality(account_id)
    gateway.comes_from_tool(prompt=["none"], organisation=str(organisation_id))
    allows(gateway, organisation_id)
    completes(gateway)
    response = await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert response.headers["location"] == INTO_THE_TOOL


@pytest.mark.parametrize("qualities", [0, 2])
async def test_without_screens_a_choice_is_an_interaction(gateway: Gateway, qualities: int) -> None:
    model, account_id = await ready(gateway)
    organisation_id = await model.an_organisation(founder=account_id)
    for _ in range(qualities):
        registration_id = await model.a_registration(organisation_id)
        await model.an_access(organisation_id, registration_id, account_id)
    gateway.comes_from_tool(prompt=["none"], organisation=str(organisation_id))
    gateway.peers["identity"].answers[CANCEL] = (200, {"redirect_to": "https://tool.example/?error"})
    await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert gateway.peers["identity"].body_of_last() == {"error": "interaction_required"}


async def test_without_screens_a_sign_in_that_is_too_old_is_no_sign_in(gateway: Gateway) -> None:
    await Model(gateway.app.at.database).follow(a_tool())
    gateway.comes_from_tool(prompt=["none"], max_age_s=60, created_at="2099-01-01T10:00:00+00:00")
    gateway.sign_in(claims={"auth_time": 1})
    gateway.peers["identity"].answers[CANCEL] = (200, {"redirect_to": "https://tool.example/?error"})
    await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert gateway.peers["identity"].body_of_last() == {"error": "login_required"}


async def test_the_tools_hint_is_typed_in_already(gateway: Gateway) -> None:
    gateway.comes_from_tool(login_hint='nora"><b>')
    page = await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert 'value="nora&#34;&gt;&lt;b&gt;"' in page.text
