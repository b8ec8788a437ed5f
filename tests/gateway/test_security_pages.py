"""Fresh proof, second factors, sessions and devices, as pages."""

from tests.gateway.conftest import Gateway, session_view, text_of


async def test_confirming_leads_back_to_where_one_was(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    access = gateway.http.cookies["immo_access"]
    identity = gateway.peers["identity"]
    identity.answers["POST /internal/sessions/confirm"] = (200, session_view(account_id, access))
    asked = await gateway.http.get("/confirm?next=/privacy")
    assert 'value="/privacy"' in asked.text
    done = await gateway.post("/confirm", {"password": "right", "next": "/privacy"})
    assert (done.status_code, done.headers["location"]) == (303, "/privacy")
    assert identity.body_of_last() == {"session_token": f"session-{account_id}", "password": "right"}
    assert gateway.http.cookies["immo_session"] == "fresh"


async def test_confirming_leads_nowhere_else(gateway: Gateway) -> None:
    gateway.sign_in()
    asked = await gateway.http.get("/confirm?next=//evil.example/")
    assert 'name="next" value="/security"' in asked.text


async def test_a_wrong_password_is_said_at_its_field(gateway: Gateway) -> None:
    gateway.sign_in()
    wrong = {
        "code": "password-wrong",
        "detail": "Not yours.",
        "errors": [{"field": "password", "detail": "Not yours."}],
    }
    gateway.peers["identity"].answers["POST /internal/sessions/confirm"] = (422, wrong)
    page = await gateway.post("/confirm", {"password": "wrong"})
    assert page.status_code == 422
    assert "Not yours." in text_of(page)


async def test_what_a_service_wants_fresh_proof_for_leads_to_confirming(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["identity"].answers["GET /api/account"] = (403, {"code": "confirmation-needed", "detail": "Confirm."})
    page = await gateway.http.get("/profile?tab=x")
    assert page.headers["location"] == "/confirm?next=%2Fprofile%3Ftab%3Dx"
