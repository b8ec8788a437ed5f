"""The card: signing in with it, linking it, undoing that, and a screen for everything that can happen to it."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.gateway.eid.cases import CASES, GENERAL_ADVICE
from services.gateway.web.templates import FOLDER
from services.identity.eid import refusals, rules
from services.identity.eid.refusals import EidRefused
from shared.errors import Problem
from shared.i18n import translator
from tests.gateway.conftest import REQUEST_ID, Gateway, GatewayOf, session_view, text_of

TOKEN = {"token": {"format": "web-eid:1.0"}}
OF_THE_SOFTWARE = (
    "EXTENSION_UNAVAILABLE", "NATIVE_UNAVAILABLE", "VERSION_MISMATCH", "USER_CANCELLED", "USER_TIMEOUT", "ACTION_TIMEOUT",
    "NATIVE_FATAL", "CONTEXT_INSECURE", "ACTION_PENDING", "UNKNOWN_ERROR",
)  # fmt: skip
PROXY = {"networks": ["192.0.2.0/24"], "header": "x-client-cert", "url": "https://immo.example:8443"}


def case_with(code: str) -> Any:
    (case,) = [case for case in CASES if code in case.codes]
    return case


def signed_view(gateway: Gateway, account_id: UUID, **account: Any) -> dict[str, Any]:
    access = gateway.mint.person(account_id, acr="eid")["authorization"].removeprefix("Bearer ")
    return session_view(account_id, access, **{"eid_linked": True, "acr": "eid", **account})


async def post_json(gateway: Gateway, path: str, body: Any = None) -> httpx.Response:
    if not gateway.http.cookies.get("immo_session") and not gateway.http.cookies.get("immo_visitor"):
        await gateway.http.get("/sign-in/card")
    return await gateway.http.post(path, json=body, headers={"x-csrf-token": gateway.csrf()})


@pytest.mark.parametrize("name", OF_THE_SOFTWARE)
def test_each_code_of_the_cards_software_has_advice_of_its_own(name: str) -> None:
    assert case_with(f"ERR_WEBEID_{name}").title


def test_each_refusal_of_identity_has_a_screen_of_its_own() -> None:
    def below(kind: type[Problem]) -> set[str]:
        return {kind.code} | {code for child in kind.__subclasses__() for code in below(child)}

    refused = below(EidRefused) - {EidRefused.code}
    others = {kind.code for kind in vars(rules).values() if isinstance(kind, type) and issubclass(kind, Problem)}
    assert refusals.CertificateRevoked.code in refused
    known = {code for case in CASES for code in case.codes}
    bases = {"conflict", "forbidden", "invalid", "not-found", "eid-not-linked"}
    assert (refused | others) - bases <= known


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
def test_all_of_it_is_said_in_every_language(language: str) -> None:
    words = translator(FOLDER, language)
    said = [text for case in CASES for text in (case.title, case.text, *case.advice)]
    assert [text for text in (*said, *GENERAL_ADVICE) if words.gettext(text) == text] == []


async def test_what_is_missing_can_be_downloaded_and_help_takes_the_code_along(gateway: Gateway) -> None:
    page = (await gateway.http.get("/sign-in/card")).text
    missing = page.split('data-eid-case="ERR_WEBEID_EXTENSION_UNAVAILABLE"', 1)[1].split("</section>", 1)[0]
    for address in ("chromewebstore.google.com", "addons.mozilla.org", "https://web-eid.eu", "https://eid.belgium.be"):
        assert address in missing
    help_page = await gateway.http.get("/help/contact?code=eid-linked-elsewhere&reference=4bf92f3577b34da6")
    assert "?subject=eid-linked-elsewhere%204bf92f3577b34da6" in help_page.text
    assert "subject" not in (await gateway.http.get("/help?code=%3Cscript%3E&reference=%0d%0a")).text


async def test_a_code_that_is_shown_in_a_help_page_has_an_article(gateway: Gateway) -> None:
    for code in ("certificate-revoked", "eid-of-another-person", "revocation-unavailable"):
        assert case_with(code).title in text_of(await gateway.http.get(f"/help/errors/{code}"))


async def test_the_card_stands_beside_the_password_and_before_it_where_a_tool_asks_for_it(gateway: Gateway) -> None:
    page = (await gateway.http.get("/sign-in?next=/wallets")).text
    assert page.index('name="password"') < page.index('href="/sign-in/card?next=/wallets"')
    gateway.comes_from_tool(acr="eid")
    await gateway.app.at.own.catalogue.snapshot()
    page = (await gateway.http.get(f"/sign-in?request={REQUEST_ID}")).text
    assert f"/sign-in/card?request={REQUEST_ID}" in page


async def test_a_linked_card_signs_in_and_goes_on(gateway: Gateway, account_id: UUID) -> None:
    identity = gateway.peers["identity"]
    identity.answers["POST /internal/eid/challenge"] = (200, {"nonce": "n" * 44, "expires_in_s": 300})
    identity.answers["POST /internal/sessions/eid"] = (200, {"session": signed_view(gateway, account_id)})
    assert (await post_json(gateway, "/sign-in/card/challenge")).json() == {"nonce": "n" * 44}
    asked = identity.body_of_last()
    answer = await post_json(gateway, "/sign-in/card?next=/notifications", TOKEN)
    assert answer.json() == {"next": "/notifications"}
    assert identity.body_of_last()["binding"] == asked["binding"]
    assert gateway.http.cookies["immo_session"] == "fresh"
    assert gateway.http.cookies["immo_visitor"] not in asked["binding"]


async def test_a_challenge_is_bound_to_one_browser(gateway: Gateway) -> None:
    identity = gateway.peers["identity"]
    identity.answers["POST /internal/eid/challenge"] = (200, {"nonce": "n" * 44, "expires_in_s": 300})
    bindings = []
    for _ in range(2):
        gateway.http.cookies.clear()
        await post_json(gateway, "/sign-in/card/challenge")
        bindings.append(identity.body_of_last()["binding"])
    assert bindings[0] != bindings[1]


async def test_an_unknown_card_is_offered_an_account_and_nothing_is_set(gateway: Gateway) -> None:
    names = {"first_name": "Zoë", "last_name": "Maes"}
    gateway.peers["identity"].answers["POST /internal/sessions/eid"] = (200, {"stranger": names})
    gateway.peers["identity"].answers["POST /internal/username-proposal"] = (200, {"username": "zoe.maes"})
    answer = await post_json(gateway, "/sign-in/card", TOKEN)
    assert answer.json() == {"stranger": names}
    assert not gateway.http.cookies.get("immo_session")
    assert "Maes" not in str(answer.headers)
    form = await gateway.post("/sign-up", {**names, "propose": "yes"})
    assert ('value="Maes"' in form.text, 'value="zoe.maes"' in form.text) == (True, True)


async def test_a_pending_account_goes_to_its_activation(gateway: Gateway, account_id: UUID) -> None:
    view = signed_view(gateway, account_id, state="pending", acr="pending")
    gateway.peers["identity"].answers["POST /internal/sessions/eid"] = (200, {"session": view})
    assert (await post_json(gateway, "/sign-in/card?next=/profile", TOKEN)).json() == {"next": "/activate"}


async def test_a_refusal_names_its_screen_and_a_reference(gateway: Gateway) -> None:
    gateway.peers["identity"].answers["POST /internal/sessions/eid"] = (
        422,
        {"code": "certificate-revoked", "detail": "Your card has been blocked."},
    )
    answer = await post_json(gateway, "/sign-in/card", TOKEN)
    assert answer.status_code == 422
    assert answer.json()["code"] == "certificate-revoked"
    assert re.fullmatch(r"[0-9a-f]{32}|", answer.json()["reference"])
    gateway.peers["identity"].is_away = True
    away = await post_json(gateway, "/sign-in/card", TOKEN)
    assert (away.status_code, case_with(away.json()["code"]).title) == (503, "Not possible just now")


async def test_what_is_no_answer_of_a_card_goes_no_further(gateway: Gateway) -> None:
    bodies: list[Any] = [None, [], "token", {"token": None}, {"token": "x"}, {"token": {"a": "x" * 13_000}}]
    for body in bodies:
        answer = await post_json(gateway, "/sign-in/card", body)
        assert (answer.status_code in (413, 415, 422), answer.json()["code"]) == (True, "token-malformed")
    assert gateway.peers["identity"].asked == []


async def test_the_cards_own_page_says_which_card_it_is(gateway: Gateway) -> None:
    gateway.sign_in(acr="eid", eid_linked=True)
    link = {"kind": "belgian", "linked_at": "2025-01-07T23:30:00+00:00", "used_at": None, "ending": "3F9C",
            "valid_until": "2030-05-04T00:00:00+00:00"}  # fmt: skip
    gateway.peers["identity"].answers["GET /api/eid"] = (200, {"link": link})
    page = text_of(await gateway.http.get("/identity-card"))
    assert "3F9C" in page
    assert "8 January 2025" in page
    gateway.peers["identity"].answers["GET /api/eid"] = (200, {"link": None})
    assert "No identity card is linked" in text_of(await gateway.http.get("/identity-card"))
    assert (await gateway.http.get("/identity-card/unlink")).headers["location"] == "/identity-card"


async def test_unlinking_asks_first_and_the_session_becomes_weaker(gateway: Gateway) -> None:
    account_id = gateway.sign_in(acr="eid", eid_linked=True)
    identity = gateway.peers["identity"]
    weaker = gateway.mint.person(account_id)["authorization"].removeprefix("Bearer ")
    link = {
        "kind": "belgian",
        "linked_at": "2025-01-07T10:00:00+00:00",
        "used_at": None,
        "ending": "",
        "valid_until": None,
    }
    identity.answers["GET /api/eid"] = (200, {"link": link})
    identity.answers["POST /api/eid/unlink"] = (200, {})
    identity.answers["POST /internal/sessions/refresh"] = (
        200,
        {**session_view(account_id, weaker), "session_token": None},
    )
    assert "What happens then" in text_of(await gateway.http.get("/identity-card/unlink"))
    assert not any(request.url.path == "/api/eid/unlink" for request in identity.asked)
    assert (await gateway.post("/identity-card/unlink")).headers["location"] == "/identity-card"
    facts = gateway.signer.unpack("account", gateway.http.cookies["immo_account"])
    assert (facts["eid_linked"], facts["acr"]) == (False, "pwd")


async def test_unlinking_asks_for_fresh_proof(gateway: Gateway) -> None:
    gateway.sign_in(acr="eid", eid_linked=True, claims={"auth_time": 1_700_000_000})
    for answer in (await gateway.http.get("/identity-card/unlink"), await gateway.post("/identity-card/unlink")):
        assert answer.headers["location"].startswith("/confirm?next=")


async def test_a_page_can_ask_for_the_card_again(gateway: Gateway) -> None:
    gateway.sign_in(acr="eid", eid_linked=True)
    assert (await gateway.http.get("/eid")).headers["location"] == "/organisations"
    page = await gateway.http.get("/eid?next=/recognitions")
    assert 'data-answer="/eid/link?next=/recognitions"' in page.text
    elsewhere = await gateway.http.get("/eid?next=https://evil.example")
    assert elsewhere.headers["location"] == "/organisations"


async def test_a_first_card_is_asked_for_only_after_fresh_proof(gateway: Gateway) -> None:
    gateway.sign_in(claims={"auth_time": 1_700_000_000})
    page = await gateway.http.get("/eid?next=/recognitions")
    assert "data-eid-start" not in page.text
    assert "/confirm?next=%2Feid%3Fnext%3D%252Frecognitions" in page.text
    gateway.peers["identity"].answers["POST /api/eid/link"] = (403, {"code": "confirmation-needed", "status": 403})
    assert (await post_json(gateway, "/eid/link", TOKEN)).json() == {"next": "/confirm?next=%2Feid"}
    gateway.sign_in()
    assert "data-eid-start" in (await gateway.http.get("/eid")).text


async def test_registries_that_cannot_be_asked_say_why(gateway: Gateway) -> None:
    gateway.sign_in(acr="eid", eid_linked=True)
    gateway.peers["recognition"].answers["GET /api/recognitions"] = (
        200,
        {"recognitions": [], "registries": [], "can_ask": False},
    )
    gateway.peers["recognition"].answers["GET /api/recognition-kinds"] = (200, [])
    page = await gateway.http.get("/recognitions")
    assert "The registries cannot be asked" in text_of(page)
    assert "/recognitions/refresh" not in page.text


PEM = "-----BEGIN%20CERTIFICATE-----%0AMIIB%0A-----END%20CERTIFICATE-----%0A"


async def at_the_door(gateway: Gateway, peer: str, **headers: str) -> httpx.Response:
    """peer: the address that the connection itself comes from."""
    await gateway.http.get("/sign-in/card")
    transport = httpx.ASGITransport(gateway.app.fastapi, client=(peer, 40_000), raise_app_exceptions=False)
    cookies = dict(gateway.http.cookies)
    async with httpx.AsyncClient(transport=transport, base_url=gateway.mint.origin, cookies=cookies) as http:
        headers = {"accept-language": "en", **headers}
        return await http.post("/sign-in/card/certificate", data={"csrf": gateway.csrf()}, headers=headers)


async def test_a_certificate_from_the_proxy_signs_in(gateway_of: GatewayOf, account_id: UUID) -> None:
    gateway = await gateway_of(eid_proxy=PROXY)
    identity = gateway.peers["identity"]
    identity.answers["POST /internal/sessions/eid-certificate"] = (200, {"session": signed_view(gateway, account_id)})
    answer = await at_the_door(gateway, "192.0.2.9", **{"x-client-cert": PEM})
    assert answer.headers["location"] == f"{gateway.mint.origin}/organisations"
    assert identity.body_of_last()["certificate"].startswith("-----BEGIN CERTIFICATE-----\nMIIB")
    await at_the_door(gateway, "192.0.2.9", **{"x-client-cert": ":MIIB:"})
    assert identity.body_of_last()["certificate"].splitlines()[1] == "MIIB"


async def test_a_forged_certificate_header_is_ignored_and_put_on_record(
    gateway_of: GatewayOf, capfd: pytest.CaptureFixture[str]
) -> None:
    """Forged certificate header: whoever is not the proxy cannot say who they are, whatever they say of where they come from."""
    gateway = await gateway_of(eid_proxy=PROXY)
    forged: list[tuple[str, dict[str, str]]] = [
        ("198.51.100.1", {}),
        ("198.51.100.1", {"x-forwarded-for": "192.0.2.9"}),
        ("198.51.100.1", {"forwarded": "for=192.0.2.9", "x-real-ip": "192.0.2.9"}),
        ("::ffff:198.51.100.1", {}),
    ]
    for peer, headers in forged:
        answer = await at_the_door(gateway, peer, **{"x-client-cert": PEM, **headers})
        assert answer.headers["location"] == f"{gateway.mint.origin}/sign-in/card?refused=no-certificate"
    assert gateway.peers["identity"].asked == []
    logged = capfd.readouterr().out
    assert logged.count("certificate header ignored") == len(forged)
    assert "MIIB" not in logged
    page = await gateway.http.get("/sign-in/card?refused=no-certificate", headers={"accept-language": "en"})
    shown = re.findall(r'data-eid-case="([^"]+)"[^>]*?aria-labelledby="case-[0-9]+">', page.text)
    assert shown == ["no-certificate"]


async def test_what_the_door_refuses_or_does_not_know_is_said_at_the_public_origin(gateway_of: GatewayOf) -> None:
    """At the proxy's own there is nothing else: no page, no script, no style."""
    gateway = await gateway_of(eid_proxy=PROXY)
    answers = gateway.peers["identity"].answers
    answers["POST /internal/sessions/eid-certificate"] = (422, {"code": "certificate-expired", "detail": "Expired."})
    refused = await at_the_door(gateway, "192.0.2.9", **{"x-client-cert": PEM})
    assert refused.headers["location"] == f"{gateway.mint.origin}/sign-in/card?refused=certificate-expired"
    stranger = {"first_name": "Zoë", "last_name": "Maes"}
    answers["POST /internal/sessions/eid-certificate"] = (200, {"stranger": stranger})
    unknown = await at_the_door(gateway, "192.0.2.9", **{"x-client-cert": PEM})
    assert unknown.headers["location"] == f"{gateway.mint.origin}/sign-in/card"
    gateway.http.cookies.set("immo_card_names", unknown.cookies["immo_card_names"], domain="127.0.0.1")
    page = await gateway.http.get("/sign-in/card")
    assert "Zoë Maes" in text_of(page)
    assert not gateway.http.cookies.get("immo_card_names")
    made_up = await gateway.http.get("/sign-in/card?refused=<script>")
    assert "<script>" not in made_up.text.split("<main", 1)[1]


async def test_without_a_configured_proxy_there_is_no_such_door(gateway: Gateway) -> None:
    assert (await at_the_door(gateway, "192.0.2.9", **{"x-client-cert": PEM})).status_code == 404
    assert "Without the Web eID programs" not in (await gateway.http.get("/sign-in/card")).text
