"""Forms are ours or are refused; cookies are out of reach of scripts; nobody is led to another site."""

import pytest

from services.gateway.web.addresses import local_path
from services.gateway.web.signing import Signer
from tests.gateway.conftest import REQUEST_ID, Gateway, GatewayOf, session_view, text_of

SIGN_UP = {"first_name": "Nora", "last_name": "Peeters", "username": "nora.p", "email": "nora@example.com"}


async def test_a_form_without_our_token_is_refused(gateway: Gateway) -> None:
    await gateway.http.get("/sign-in")
    for token in ("", "made-up"):
        response = await gateway.http.post("/sign-in", data={"identifier": "a", "password": "b", "csrf": token})
        assert response.status_code == 403
        assert "open for too long" in text_of(response)
    assert not gateway.peers["identity"].asked


async def test_a_token_of_one_session_is_worth_nothing_in_another(gateway: Gateway) -> None:
    gateway.sign_in()
    token = gateway.csrf()
    gateway.sign_in()
    assert (await gateway.http.post("/sign-out", data={"csrf": token})).status_code == 403


async def test_a_form_from_another_site_is_refused_whatever_it_holds(gateway: Gateway) -> None:
    gateway.sign_in()
    for origin in ("https://evil.example", "null"):
        assert (await gateway.post("/sign-out", headers={"origin": origin})).status_code == 403
    gateway.peers["identity"].answers["POST /internal/sessions/end"] = (204, None)
    assert (await gateway.post("/sign-out", headers={"origin": gateway.mint.origin})).status_code == 303


async def test_every_form_page_needs_the_token(gateway: Gateway) -> None:
    """Also those that need no one to be signed in: all routes that change something are walked."""
    gateway.sign_in()
    paths = [route.path for route in gateway.app.fastapi.routes if "POST" in (getattr(route, "methods", None) or ())]
    ours = [path for path in paths if not path.startswith(("/api", "/oauth2", "/.well-known", "/demo", "/internal"))]
    for path in ours:
        concrete = path.replace("{organisation_id}", REQUEST_ID).replace("{account_id}", REQUEST_ID)
        concrete = (
            concrete.replace("{registration_id}", REQUEST_ID).replace("{tool_id}", "t").replace("{action}", "block")
        )
        response = await gateway.http.post(concrete, data={})
        assert response.status_code == 403, path


@pytest.mark.parametrize(("origin", "secure"), [("http://127.0.0.1:8080", False), ("https://immo.example", True)])
async def test_session_cookies_are_http_only_lax_and_secure_outside_localhost(
    gateway_of: GatewayOf, origin: str, secure: bool
) -> None:
    gateway = await gateway_of(public_origin=origin)
    access = gateway.mint.person(REQUEST_ID)["authorization"].removeprefix("Bearer ")
    gateway.peers["identity"].answers["POST /internal/sessions"] = (200, session_view(REQUEST_ID, access))  # type: ignore[arg-type]
    response = await gateway.post("/sign-in", {"identifier": "nora", "password": "secret"})
    assert response.status_code == 303
    cookies = [value.lower() for value in response.headers.get_list("set-cookie")]
    for name in ("immo_session", "immo_access", "immo_account"):
        (cookie,) = [value for value in cookies if value.startswith(f"{name}=")]
        assert "httponly" in cookie, name
        assert "samesite=lax" in cookie, name
        assert ("secure" in cookie) is secure, name


async def test_signing_out_ends_the_session_and_empties_the_cookies(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["identity"].answers["POST /internal/sessions/end"] = (204, None)
    response = await gateway.post("/sign-out")
    assert response.headers["location"] == "/sign-out"
    assert gateway.peers["identity"].body_of_last()["session_token"].startswith("session-")
    assert not gateway.http.cookies.get("immo_session")
    assert not gateway.http.cookies.get("immo_access")


async def test_someone_can_leave_while_identity_is_away(gateway: Gateway) -> None:
    gateway.sign_in(expires_in_s=-60)
    gateway.peers["identity"].is_away = True
    assert (await gateway.post("/sign-out")).status_code == 303
    assert not gateway.http.cookies.get("immo_session")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%0d%0aevil",
        "javascript:alert(1)",
        "\\\\evil",
        "/a//b",
        "/ /evil",
        "x",
    ],
)
async def test_no_address_given_from_outside_leads_to_another_site(gateway: Gateway, elsewhere: str) -> None:
    if elsewhere == "/%0d%0aevil":
        elsewhere = "/\r\nevil"
    assert local_path(elsewhere, otherwise="/safe") == "/safe"
    gateway.sign_in()
    response = await gateway.http.get("/sign-in", params={"next": elsewhere})
    assert response.headers["location"].startswith("/")
    assert "evil" not in response.headers["location"]
    response = await gateway.post("/preferences", {"theme": "dark", "return_to": elsewhere})
    assert response.headers["location"] == "/"


@pytest.mark.parametrize("path", ["/", "/organisations?filter=all", "/select?request=1#cards"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local_path(path, otherwise="/safe") == path


async def test_a_form_keeps_what_was_typed_and_shows_errors_at_their_fields(gateway: Gateway) -> None:
    gateway.peers["identity"].answers["POST /internal/accounts"] = (422, {
        "code": "invalid", "detail": "Please check.", "errors": [
            {"field": "username", "code": "username-taken", "detail": "Taken."},
            {"field": "password", "code": "password-too-weak", "detail": "Too weak."}]})  # fmt: skip
    response = await gateway.post("/sign-up", {**SIGN_UP, "password": "12345678", "password_again": "12345678"})
    assert response.status_code == 422
    assert 'value="nora.p"' in response.text
    assert 'id="e-username"' in response.text
    assert 'id="e-password"' in response.text
    assert "12345678" not in response.text
    assert "Sign in instead" in response.text


async def test_two_different_passwords_never_leave_the_gateway(gateway: Gateway) -> None:
    response = await gateway.post("/sign-up", {**SIGN_UP, "password": "one", "password_again": "two"})
    assert "not the same" in text_of(response)
    assert not gateway.peers["identity"].asked


async def test_a_shared_mailbox_gets_a_friendly_hint(gateway: Gateway) -> None:
    response = await gateway.post(
        "/sign-up", {**SIGN_UP, "email": "info@agency.example", "password": "a", "password_again": "b"}
    )
    assert "data-mailbox-notice" in response.text
    assert "hidden" not in response.text.split("data-mailbox-notice", 1)[1].split(">", 1)[0]


async def test_without_javascript_a_username_can_be_proposed_too(gateway: Gateway) -> None:
    gateway.peers["identity"].answers["POST /internal/username-proposal"] = (200, {"username": "nora.peeters2"})
    response = await gateway.post("/sign-up", {**SIGN_UP, "username": "", "propose": "yes"})
    assert 'value="nora.peeters2"' in response.text


async def test_too_many_sign_ins_from_one_address_have_to_wait(gateway_of: GatewayOf) -> None:
    gateway = await gateway_of(sign_ins_per_minute=3)
    gateway.peers["identity"].answers["POST /internal/sessions"] = (401, {"code": "credentials-wrong", "detail": "No."})
    statuses = [(await gateway.post("/sign-in", {"identifier": "a", "password": "b"})).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


def test_what_was_signed_for_one_purpose_is_nothing_for_another() -> None:
    signer = Signer(b"k" * 32)
    packed = signer.pack("flash", {"text": "hello"})
    assert signer.unpack("flash", packed) == {"text": "hello"}
    assert signer.unpack("account", packed) is None
    assert signer.unpack("flash", packed[:-2] + "AA") is None
    assert Signer(b"x" * 32).unpack("flash", packed) is None
    assert signer.unpack("flash", "é" * 20) is None
