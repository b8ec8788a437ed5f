"""Fresh proof, second factors, sessions and devices, as pages."""

from uuid import UUID

from tests.gateway.conftest import REQUEST_ID, Gateway, session_view, text_of

FACTORS = {
    "passkeys": [], "passkeys_available": True, "totp_since": None, "recovery_codes_left": 0, "few_codes": False,
}  # fmt: skip
WITH_APP = {**FACTORS, "totp_since": "2025-01-07T10:00:00+00:00", "recovery_codes_left": 10}
ASKED = {"second_factor": {"token": "half-way-token-of-this-test", "methods": ["totp"], "expires_in_s": 600}}


async def test_confirming_leads_back_to_where_one_was(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    access = gateway.http.cookies["immo_access"]
    identity = gateway.peers["identity"]
    identity.answers["GET /api/factors"] = (200, FACTORS)
    identity.answers["POST /internal/sessions/confirm"] = (200, session_view(account_id, access))
    asked = await gateway.http.get("/confirm?next=/privacy")
    assert 'value="/privacy"' in asked.text
    done = await gateway.post("/confirm", {"password": "right", "next": "/privacy"})
    assert (done.status_code, done.headers["location"]) == (303, "/privacy")
    assert identity.body_of_last() == {"session_token": f"session-{account_id}", "password": "right"}
    assert gateway.http.cookies["immo_session"] == "fresh"


async def test_confirming_leads_nowhere_else(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["identity"].answers["GET /api/factors"] = (200, FACTORS)
    asked = await gateway.http.get("/confirm?next=//evil.example/")
    assert 'name="next" value=""' in asked.text


async def test_whoever_would_rather_not_confirm_goes_back_to_where_they_came_from(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["identity"].answers["GET /api/factors"] = (200, FACTORS)
    cancel = '<a class="arrow-link" href="{}">Cancel</a>'
    came_from = {
        f"{gateway.http.base_url}/profile?tab=me": "/profile?tab=me",
        f"{gateway.http.base_url}/confirm?next=/privacy": "/security",
        "https://evil.example/privacy": "/security",
        "": "/security",
    }
    for referer, back in came_from.items():
        asked = await gateway.http.get("/confirm?next=/privacy", headers={"referer": referer})
        assert cancel.format(back) in asked.text


async def test_a_linked_card_is_offered_where_a_page_asks_for_more_than_a_password(gateway: Gateway) -> None:
    gateway.sign_in(eid_linked=True)
    gateway.peers["identity"].answers["GET /api/factors"] = (200, FACTORS)
    asked = await gateway.http.get("/confirm?next=/support/bank&stronger=true")
    assert asked.headers["location"] == "/security/second-factor?next=%2Fsupport%2Fbank"
    page = await gateway.http.get(asked.headers["location"])
    assert 'href="/eid?next=/support/bank"' in page.text
    elsewhere = await gateway.http.get("/security/second-factor?next=//evil.example/")
    assert "/eid?next" not in elsewhere.text


async def test_a_wrong_password_is_said_at_its_field(gateway: Gateway) -> None:
    gateway.sign_in()
    wrong = {
        "code": "password-wrong",
        "detail": "Not yours.",
        "errors": [{"field": "password", "detail": "Not yours."}],
    }
    gateway.peers["identity"].answers["GET /api/factors"] = (200, FACTORS)
    gateway.peers["identity"].answers["POST /internal/sessions/confirm"] = (422, wrong)
    page = await gateway.post("/confirm", {"password": "wrong"})
    assert page.status_code == 422
    assert "Not yours." in text_of(page)


async def test_what_a_service_wants_fresh_proof_for_leads_to_confirming(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["identity"].answers["GET /api/sessions"] = (
        403,
        {"code": "confirmation-needed", "detail": "Confirm."},
    )
    page = await gateway.http.get("/devices?tab=x")
    assert page.headers["location"] == "/confirm?next=%2Fdevices%3Ftab%3Dx"


async def given_password(gateway: Gateway, query: str = "") -> None:
    gateway.peers["identity"].answers["POST /internal/sessions"] = (200, ASKED)
    form = {"identifier": "nora.peeters", "password": "right", "next": "/wallet"}
    page = await gateway.post(f"/sign-in{query}", form)
    assert page.headers["location"] == f"/sign-in/second-factor{query}"


async def test_after_the_password_only_the_second_factor_leads_in(gateway: Gateway, account_id: UUID) -> None:
    await given_password(gateway)
    assert gateway.http.cookies.get("immo_session") is None
    for path in ("/organisations", "/profile", "/security", "/devices", "/confirm"):
        assert (await gateway.http.get(path)).headers["location"].startswith("/sign-in?next="), path
    assert "Your second factor" in text_of(await gateway.http.get("/sign-in/second-factor"))
    assert (await gateway.http.get("/sign-in")).status_code == 200
    identity = gateway.peers["identity"]
    view = session_view(account_id, gateway.mint.person(account_id, acr="mfa")["authorization"].split()[1], acr="mfa")
    identity.answers["POST /internal/sessions/second-factor"] = (200, view)
    page = await gateway.post("/sign-in/second-factor", {"code": "123456"})
    assert page.headers["location"] == "/wallet"
    assert identity.body_of_last() == {"token": ASKED["second_factor"]["token"], "code": "123456"}
    assert gateway.http.cookies["immo_session"] == "fresh"


async def test_the_second_factor_is_asked_of_nobody_who_gave_no_password(gateway: Gateway) -> None:
    assert (await gateway.http.get("/sign-in/second-factor")).headers["location"].startswith("/sign-in")
    gateway.http.cookies.set("immo_second_factor", "made up", domain="127.0.0.1")
    assert (await gateway.http.get("/sign-in/second-factor")).headers["location"].startswith("/sign-in")


async def test_a_wrong_code_asks_again_and_one_that_came_too_late_begins_anew(gateway: Gateway) -> None:
    await given_password(gateway)
    wrong = {"code": "factor-wrong", "detail": "No.", "errors": [{"field": "code", "detail": "Not this one."}]}
    answers = gateway.peers["identity"].answers
    answers["POST /internal/sessions/second-factor"] = (422, wrong)
    page = await gateway.post("/sign-in/second-factor", {"code": "000000"})
    assert (page.status_code, "Not this one." in text_of(page)) == (422, True)
    answers["POST /internal/sessions/second-factor"] = (401, {"code": "sign-in-expired", "detail": "Too late."})
    page = await gateway.post("/sign-in/second-factor", {"code": "000000"})
    assert page.headers["location"] == "/sign-in"


async def test_a_tool_that_asks_for_two_factors_gets_them_on_the_way(gateway: Gateway) -> None:
    gateway.comes_from_tool(acr="mfa")
    gateway.sign_in(eid_linked=True)
    gateway.peers["identity"].answers["GET /api/factors"] = (200, FACTORS)
    page = await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert page.headers["location"] == f"/security/second-factor?request={REQUEST_ID}"
    page = await gateway.http.get(page.headers["location"])
    assert f"/security/authenticator?request={REQUEST_ID}" in page.text


async def test_a_tool_that_asks_for_two_factors_has_a_session_stepped_up(gateway: Gateway) -> None:
    gateway.comes_from_tool(acr="mfa")
    account_id = gateway.sign_in(eid_linked=True, has_second_factor=True)
    identity = gateway.peers["identity"]
    identity.answers["GET /api/factors"] = (200, WITH_APP)
    page = await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert page.headers["location"] == f"/confirm?request={REQUEST_ID}"
    assert "Code" in text_of(await gateway.http.get(page.headers["location"]))
    access = gateway.mint.person(account_id, acr="mfa")["authorization"].split()[1]
    view = session_view(account_id, access, acr="mfa", eid_linked=True)
    identity.answers["POST /internal/sessions/confirm"] = (200, view)
    page = await gateway.post(f"/confirm?request={REQUEST_ID}", {"code": "123456"})
    assert page.headers["location"] == f"/select?request={REQUEST_ID}"


async def test_recovery_codes_are_shown_once_and_kept_nowhere(gateway: Gateway) -> None:
    gateway.sign_in(acr="mfa")
    codes = [f"ABCD{n}-FGHJK" for n in range(10)]
    gateway.peers["identity"].answers["POST /api/factors/recovery-codes"] = (200, {"codes": codes})
    page = await gateway.post("/security/recovery-codes")
    assert all(code in page.text for code in codes)
    assert page.headers["cache-control"] == "no-store"
    file = await gateway.post("/security/recovery-codes/file", {"codes": " ".join(codes)})
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.text.split()[-10:] == codes


async def test_signing_out_all_others_asks_first(gateway: Gateway) -> None:
    gateway.sign_in()
    session = {"id": REQUEST_ID, "is_this": False, "browser": "Firefox", "system": "Linux", "acr": "pwd", "tool_ids": ["btv"],
               "client_address": "192.0.2.7", "created_at": "2025-01-07T10:00:00Z", "last_seen_at": "2025-01-07T10:00:00Z"}  # fmt: skip
    identity = gateway.peers["identity"]
    identity.answers["GET /api/sessions"] = (200, {"sessions": [session]})
    identity.answers["POST /api/sessions/end-others"] = (200, {"count": 1})
    seen = text_of(await gateway.http.get("/devices"))
    assert "Firefox on Linux" in seen
    assert "192.0.2.x" in seen
    assert "192.0.2.7" not in seen
    await gateway.http.get("/devices/sign-out-others")
    assert identity.asked[-1].method == "GET"
    assert (await gateway.post("/devices/sign-out-others")).headers["location"] == "/devices"
    assert identity.asked[-1].method == "POST"
    assert (await gateway.http.get("/devices/somebody-elses/sign-out")).status_code == 404


async def test_each_browser_keeps_a_mark_by_which_it_is_known_again(gateway: Gateway) -> None:
    await given_password(gateway)
    device = gateway.peers["identity"].body_of_last()["device"]
    assert len(device) >= 20
    await given_password(gateway)
    assert gateway.peers["identity"].body_of_last()["device"] == device
