"""Every page answers, in every language, and says what goes wrong."""

import re

import pytest

from services.gateway.web.assets import Assets
from shared.i18n import LANGUAGES
from tests.gateway.conftest import REQUEST_ID, Gateway, text_of

PAGES_FOR_EVERYONE = (
    "/", "/sign-in", "/sign-up", "/sign-out", "/signed-out", "/help", "/help/contact?code=ERR_WEBEID_NATIVE_FATAL",
    "/help/errors/code-expired", "/help/errors/never-heard-of", "/terms", "/docs/events", "/design",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_for_everyone_answer_in_each_language(gateway: Gateway, language: str) -> None:
    gateway.http.cookies.set("immo_language", language)
    for path in PAGES_FOR_EVERYONE:
        response = await gateway.http.get(path)
        assert response.status_code == 200, path
        assert f'<html lang="{language}"' in response.text, path


async def test_an_unknown_address_is_a_page_for_people_and_a_document_for_programs(gateway: Gateway) -> None:
    page = await gateway.http.get("/nowhere")
    assert page.status_code == 404
    assert "There is nothing here" in text_of(page)
    document = await gateway.http.get("/nowhere", headers={"accept": "application/json"})
    assert document.json()["code"] == "not-found"


async def test_whoever_is_signed_in_is_so_on_an_unknown_address_too(gateway: Gateway) -> None:
    gateway.sign_in()
    page = await gateway.http.get("/nowhere")
    assert page.status_code == 404
    assert "Nora Peeters" in page.text
    assert 'href="/sign-in' not in page.text


async def test_a_stranger_is_led_to_sign_in_and_back(gateway: Gateway) -> None:
    response = await gateway.http.get("/organisations?filter=all")
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=%2Forganisations%3Ffilter%3Dall"


async def test_someone_whose_account_is_not_active_is_led_to_the_code(gateway: Gateway) -> None:
    gateway.sign_in(acr="pending")
    response = await gateway.http.get("/organisations")
    assert response.headers["location"] == "/activate"


async def test_a_service_that_is_away_gives_a_page_that_says_so(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["identity"].is_away = True
    response = await gateway.http.get("/profile")
    assert response.status_code == 503
    assert "Not possible just now" in text_of(response)


async def test_an_expired_way_to_a_tool_says_so(gateway: Gateway) -> None:
    response = await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert response.status_code == 404
    assert "Go back to the tool" in text_of(response)


async def test_what_people_typed_is_escaped(gateway: Gateway) -> None:
    gateway.peers["identity"].answers["POST /internal/sessions"] = (
        401,
        {"code": "credentials-wrong", "detail": "<b>no</b>"},
    )
    response = await gateway.post("/sign-in", {"identifier": '"><script>alert(1)</script>', "password": "x"})
    assert "<script>alert(1)" not in response.text
    assert "<b>no</b>" not in response.text
    assert "&lt;b&gt;no&lt;/b&gt;" in response.text


async def test_pages_carry_a_strict_policy_and_nothing_inline(gateway: Gateway) -> None:
    for path in PAGES_FOR_EVERYONE:
        response = await gateway.http.get(path)
        policy = response.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", response.text), path


async def test_static_files_last_and_the_demo_is_only_in_the_demo(gateway: Gateway) -> None:
    page = await gateway.http.get("/")
    sheet = re.search(r'href="(/static/[0-9a-f]+/immo\.css)"', page.text)
    assert sheet is not None
    response = await gateway.http.get(sheet[1])
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"].startswith("text/css")
    assert (await gateway.http.get("/static/x/../../settings.py")).status_code == 404


async def test_a_page_weighs_less_than_150_kilobytes_in_all(gateway: Gateway) -> None:
    """As it is sent, with all that a browser fetches for it: its scripts and what they import, styles, fonts, icons."""
    assets = gateway.app.at.own.assets
    shared = ["immo.css", "fonts/figtree-latin.woff2", "fonts/bricolage-latin.woff2", "img/icons.svg"]
    for path in ("/", "/sign-up", "/sign-in", "/help"):
        page = (await gateway.http.get(path)).content
        scripts = _with_imports(assets, re.findall(r'src="/static/[^/"]+/(js/[^"]+)"', page.decode()))
        assert len(scripts) >= 6
        sent = [assets.get(name).gzipped or assets.get(name).body for name in [*shared, *scripts]]
        assert len(page) + sum(map(len, sent)) < 150_000


async def test_styles_and_scripts_are_compressed_for_browsers_that_take_it(gateway: Gateway) -> None:
    assets = gateway.app.at.own.assets
    path = f"{assets.prefix}/immo.css"
    compressed = await gateway.http.get(path, headers={"accept-encoding": "br, gzip;q=0.5"})
    plain = await gateway.http.get(path, headers={"accept-encoding": "identity"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert compressed.content == plain.content == assets.get("immo.css").body
    assert compressed.headers["vary"] == plain.headers["vary"] == "accept-encoding"


def _with_imports(assets: Assets, scripts: list[str]) -> set[str]:
    found = set(scripts)
    for name in scripts:
        imported = re.findall(r'^import .* from "\./([^"]+)"', assets.get(name).body.decode(), re.MULTILINE)
        found |= _with_imports(assets, [f"js/{one}" for one in imported])
    return found


async def test_the_language_is_remembered_and_kept_on_the_account(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["identity"].answers["PUT /api/account/language"] = (200, {})
    response = await gateway.post("/preferences", {"language": "nl", "return_to": "/terms"})
    assert response.headers["location"] == "/terms"
    assert gateway.peers["identity"].body_of_last() == {"language": "nl"}
    assert '<html lang="nl"' in (await gateway.http.get("/terms")).text
