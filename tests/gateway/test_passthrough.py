"""What is passed on to whom, with which headers; and what never is."""

import pytest

from services.gateway.passthrough import owner_of
from tests.gateway.conftest import Gateway, GatewayOf


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/.well-known/openid-configuration", "identity"),
        ("/oauth2/token", "identity"),
        ("/api/account", "identity"),
        ("/api/eid/challenge", "identity"),
        ("/api/organisations/1/tools", "organisation"),
        ("/api/company-register/0123456749", "organisation"),
        ("/api/tools", "organisation"),
        ("/api/recognitions", "recognition"),
        ("/api/recognition-kinds", "recognition"),
        ("/api/wallets/1/charges", "wallet"),
        ("/api/top-ups/1", "wallet"),
        ("/api/payments/mollie/webhook", "wallet"),
        ("/api/notifications", "notify"),
        ("/api/events/stream", "events"),
        ("/api/webhooks-desk/finder", None),
        ("/api/accounts", None),
        ("/api/toolsmith", None),
        ("/api/nothing", None),
        ("/internal/accounts", None),
        ("/api/../internal/accounts", None),
        ("/api/account/%2e%2e/%2e%2e/internal/sessions", None),
        ("/api/account/..%2finternal", None),
        ("/api//account", None),
        ("/api/account\\internal", None),
        ("/demo/cards", None),
    ],
)
def test_each_path_has_its_owner_and_internal_paths_have_none(path: str, owner: str | None) -> None:
    assert owner_of(path) == owner


def test_the_cards_of_the_demo_exist_in_the_demo_only() -> None:
    assert owner_of("/demo/cards", with_demo=True) == "world"
    assert owner_of("/demo/registry", with_demo=True) is None


@pytest.mark.parametrize("path", ["/internal/accounts", "/api/../internal/accounts", "/internal/dead-letters"])
async def test_internal_paths_of_services_are_never_reached(gateway: Gateway, path: str) -> None:
    response = await gateway.http.get(path, headers={"accept": "application/json"})
    assert response.status_code in (401, 403, 404)
    assert not any(peer.asked for peer in gateway.peers.values())


async def test_headers_that_a_service_might_believe_are_removed(gateway: Gateway) -> None:
    gateway.peers["organisation"].answers["GET /api/tools"] = (200, [])
    await gateway.http.get("/api/tools?lang=fr", headers={
        "authorization": "Bearer abc", "x-ssl-client-cert": "forged", "x-forwarded-for": "1.2.3.4", "x-real-ip": "1.2.3.4",
        "forwarded": "for=1.2.3.4", "connection": "x-secret", "x-secret": "1", "cookie": "immo_session=abc"})  # fmt: skip
    (request,) = gateway.peers["organisation"].asked
    assert request.url.params["lang"] == "fr"
    assert request.headers["authorization"] == "Bearer abc"
    assert request.headers["x-forwarded-for"] == "127.0.0.1"
    for name in ("x-ssl-client-cert", "x-real-ip", "forwarded", "x-secret", "cookie"):
        assert name not in request.headers


async def test_cookies_reach_the_sign_in_protocol_only(gateway: Gateway) -> None:
    gateway.http.cookies.set("immo_session", "abc")
    gateway.peers["identity"].answers["GET /oauth2/authorize"] = (303, None)
    await gateway.http.get("/oauth2/authorize?client_id=x")
    assert "immo_session=abc" in gateway.peers["identity"].asked[-1].headers["cookie"]


async def test_bodies_methods_and_answers_pass_unchanged(gateway: Gateway) -> None:
    gateway.peers["wallet"].answers["POST /api/wallets/1/charges"] = (
        402,
        {"code": "balance-short", "detail": "Too little."},
    )
    response = await gateway.http.post("/api/wallets/1/charges", json={"amount": 1}, headers={"idempotency-key": "k1"})
    assert response.status_code == 402
    assert response.json()["code"] == "balance-short"
    assert gateway.peers["wallet"].body_of_last() == {"amount": 1}
    assert gateway.peers["wallet"].asked[-1].headers["idempotency-key"] == "k1"


async def test_a_redirect_is_for_whoever_asked(gateway: Gateway) -> None:
    gateway.peers["identity"].answers["GET /oauth2/authorize"] = (303, None)
    response = await gateway.http.get("/oauth2/authorize")
    assert response.status_code == 303
    assert len(gateway.peers["identity"].asked) == 1


async def test_an_owner_that_is_away_gives_a_problem_document(gateway: Gateway) -> None:
    gateway.peers["wallet"].is_away = True
    response = await gateway.http.get("/api/wallets/1", headers={"accept": "application/json"})
    assert response.status_code == 503
    assert response.json()["code"] == "service-unavailable"


async def test_production_has_no_demo(gateway_of: GatewayOf) -> None:
    gateway = await gateway_of(environment="production", public_origin="https://immo.example")
    assert (await gateway.http.get("/design")).status_code == 404
    assert (await gateway.http.get("/demo/cards")).status_code == 404
    assert (await gateway.http.get("/static/x/demo/virtual-card.js")).status_code == 404
    assert "Demonstration" not in (await gateway.http.get("/")).text
