"""Starting a tool: confirmed by the owner of the rules, by a fresh read model, or not at all."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shared import authzen
from shared.events import recognition
from shared.ids import new_id
from tests.gateway.conftest import REQUEST_ID, Gateway, GatewayOf, text_of
from tests.gateway.model import Model, a_tool
from tests.gateway.selecting import INTO_THE_TOOL, START, completes, quality_of, ready


async def test_starting_asks_the_owner_of_the_rules_and_leads_into_the_tool(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    answer = {"decision": True, "context": {"quality": quality_of(organisation_id)}}
    gateway.peers["organisation"].answers[f"POST {authzen.EVALUATION}"] = (200, answer)
    completes(gateway)
    response = await gateway.post(START, {"registration": str(registration_id)})
    assert response.headers["location"] == INTO_THE_TOOL
    question = gateway.peers["organisation"].body_of_last()
    assert question["subject"] == {"type": "account", "id": str(account_id)}
    assert (question["context"]["usage_mode"], question["context"]["role"]) == ("agent", "user")
    assert gateway.peers["identity"].body_of_last()["quality"] == quality_of(organisation_id)


async def test_when_the_owner_says_no_the_screen_says_that_it_has_changed(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    _, registration_id = await model.a_quality(account_id)
    answer = {"decision": False, "context": {"reasons": ["employee-blocked"]}}
    gateway.peers["organisation"].answers[f"POST {authzen.EVALUATION}"] = (200, answer)
    response = await gateway.post(START, {"registration": str(registration_id)})
    assert response.status_code == 409
    assert "This has just changed" in text_of(response)


async def test_nobody_starts_as_somebody_else(gateway: Gateway) -> None:
    model, _ = await ready(gateway)
    _, of_another = await model.a_quality(new_id())
    for registration_id in (str(of_another), "", "nonsense"):
        response = await gateway.post(START, {"registration": registration_id})
        assert response.status_code == 409
    assert not gateway.peers["organisation"].asked


async def test_with_the_owner_away_a_fresh_model_starts_the_tool_with_what_the_tool_may_know(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    held = tuple(recognition.HeldRecognition(kind=kind, source="x") for kind in ("cib", "ipi"))
    await model.follow(
        recognition.RecognitionsFetched(
            account_id=account_id, registry="x", recognitions=held, fetched_at=datetime.now(UTC)
        )
    )
    gateway.peers["organisation"].is_away = True
    completes(gateway)
    response = await gateway.post(START, {"registration": str(registration_id)})
    assert response.headers["location"] == INTO_THE_TOOL
    assert gateway.peers["identity"].body_of_last()["quality"] == quality_of(organisation_id)


@pytest.mark.parametrize("behind", [timedelta(minutes=1), None])
async def test_with_the_owner_away_and_an_old_model_nobody_starts(gateway: Gateway, behind: timedelta | None) -> None:
    gateway.comes_from_tool()
    account_id = gateway.sign_in()
    model = Model(gateway.app.at.database)
    await model.follow(a_tool())
    if behind is not None:
        await model.beat(datetime.now(UTC) - behind)
    _, registration_id = await model.a_quality(account_id)
    gateway.peers["organisation"].is_away = True
    response = await gateway.post(START, {"registration": str(registration_id)})
    assert response.status_code == 409
    assert "too old to rely on" in text_of(response)
    assert ("As known on" in text_of(response)) is (behind is not None)


async def test_an_owner_that_answers_too_slowly_counts_as_away(
    gateway_of: GatewayOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await gateway_of(decision_timeout_s=0.05)
    model, account_id = await ready(gateway)
    _, registration_id = await model.a_quality(account_id)
    monkeypatch.setattr(gateway.peers["organisation"], "handle_async_request", lambda request: asyncio.sleep(30))
    completes(gateway)
    assert (await gateway.post(START, {"registration": str(registration_id)})).headers["location"] == INTO_THE_TOOL


async def test_a_session_too_weak_for_the_tool_is_stepped_up_not_started_over(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    answer = {"decision": True, "context": {"quality": quality_of(organisation_id)}}
    gateway.peers["organisation"].answers[f"POST {authzen.EVALUATION}"] = (200, answer)
    key = f"POST /internal/authorizations/{REQUEST_ID}/complete"
    for needed, page in (("eid", "/eid"), ("mfa", "/security/second-factor")):
        gateway.peers["identity"].answers[key] = (403, {"code": "acr-too-weak", "params": {"needed": needed}})
        response = await gateway.post(START, {"registration": str(registration_id)})
        assert response.headers["location"] == f"{page}?request={REQUEST_ID}"
