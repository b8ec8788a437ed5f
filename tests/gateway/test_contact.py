"""Asking the help desk: what goes along is shown first, nothing that was typed is lost, and no secret is in an address."""

import base64
import io
import os
import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image
from playwright.async_api import FilePayload, expect

from services.gateway.help.contact import MAX_PICTURE_BYTES, MAX_SIDES
from shared.errors import TooMany
from shared.i18n import LANGUAGES
from tests.gateway.browsing import on_a_phone
from tests.gateway.conftest import Gateway, GatewayOf, text_of

PATH = "/help/contact"
TYPED = {"name": "Ada Lindeman", "email": "ada@there.example", "text": "Why is <b>it</b> & that?\nSecond line"}
FIREFOX = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def takes(gateway: Gateway) -> None:
    gateway.peers["notify"].answers["POST /internal/contact"] = (201, {"reference": "KAVO-MILU-47"})


def picture(*, size: tuple[int, int] = (640, 480), kind: str = "PNG", noise: bool = False) -> bytes:
    image = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)) if noise else Image.new("RGB", size, "teal")
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def file_of(body: bytes) -> dict[str, Any]:
    return {"files": {"picture": ("screen.png", body, "image/png")}}


def typed_in(answer: httpx.Response) -> dict[str, str]:
    """What the form holds when it comes back."""
    fields = re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', answer.text)
    area = re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)
    return dict(fields) | {"text": area[1] if area else ""}


async def test_a_stranger_asks_and_gets_a_reference(gateway: Gateway) -> None:
    takes(gateway)
    gateway.http.headers["user-agent"] = FIREFOX
    facts = {"page": "/wallet", "code": "balance-short", "reference": "4bf92f3577b34da6"}
    answer = await gateway.post(PATH, TYPED | facts)
    assert answer.status_code == 200
    assert "KAVO-MILU-47" in text_of(answer)
    assert "ada@there.example" in text_of(answer)
    assert gateway.peers["notify"].body_of_last() == {
        "account_id": None,
        "email": "ada@there.example",
        "name": "Ada Lindeman",
        "text": TYPED["text"],
        "facts": facts | {"browser": "Firefox 140", "system": "Ubuntu"},
        "picture": "",
        "language": "en",
    }


async def test_somebody_signed_in_gives_no_address(gateway: Gateway, account_id: UUID) -> None:
    takes(gateway)
    gateway.sign_in(account_id)
    assert 'name="email"' not in (await gateway.http.get(PATH)).text
    assert (await gateway.post(PATH, {"text": "How?"})).status_code == 200
    asked = gateway.peers["notify"].body_of_last()
    assert (asked["account_id"], asked["email"], asked["text"]) == (str(account_id), "", "How?")


async def test_somebody_whose_address_is_not_known_yet_may_give_one(gateway: Gateway) -> None:
    gateway.sign_in()
    refused = {"code": "invalid", "errors": [{"field": "email", "code": "address-missing", "detail": "Give one."}]}
    gateway.peers["notify"].answers["POST /internal/contact"] = (422, refused)
    answer = await gateway.post(PATH, {"text": "How?"})
    assert (answer.status_code, typed_in(answer)["text"]) == (422, "How?")
    assert 'name="email"' in answer.text
    takes(gateway)
    assert (await gateway.post(PATH, {"text": "How?", "email": TYPED["email"]})).status_code == 200
    assert gateway.peers["notify"].body_of_last()["email"] == TYPED["email"]


async def test_a_picture_goes_along_and_is_made_anew(gateway: Gateway) -> None:
    takes(gateway)
    assert (await gateway.post(PATH, TYPED, **file_of(picture(size=(3000, 1500))))).status_code == 200
    sent = Image.open(io.BytesIO(base64.b64decode(gateway.peers["notify"].body_of_last()["picture"])))
    assert (sent.format, sent.size) == ("WEBP", (MAX_SIDES[0], MAX_SIDES[0] // 2))


async def test_even_the_busiest_picture_fits_into_a_mail(gateway: Gateway) -> None:
    takes(gateway)
    assert (await gateway.post(PATH, TYPED, **file_of(picture(size=(1800, 1800), noise=True)))).status_code == 200
    sent = base64.b64decode(gateway.peers["notify"].body_of_last()["picture"])
    assert 0 < len(sent) <= MAX_PICTURE_BYTES


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": "  "}, "Say what you would like to know"),
        ({"text": "x" * 5001}, "5,000 characters"),
        ({"email": "nobody"}, "at which we can answer"),
        ({"email": "a@b, c@d"}, "at which we can answer"),
        ({"email": ""}, "at which we can answer"),
    ],
)
async def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(
    gateway: Gateway, wrong: dict[str, str], said: str
) -> None:
    facts = {"page": "/wallet", "code": "balance-short", "reference": "4bf92f3577b34da6"}
    given = TYPED | facts | wrong
    answer = await gateway.post(PATH, given, **file_of(picture()))
    assert answer.status_code == 422
    assert said in text_of(answer)
    (name,) = wrong
    assert f'href="#f-{name}"' in answer.text
    held = typed_in(answer)
    for field in ("page", "code", "reference", "name", "email"):
        assert held[field] == given[field], field
    assert held["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == given["text"]
    assert "choose the picture once more" in text_of(answer)
    assert gateway.peers["notify"].asked == []


async def test_all_that_is_wrong_is_said_at_once(gateway: Gateway) -> None:
    answer = await gateway.post(PATH, {})
    assert 'href="#f-text"' in answer.text
    assert 'href="#f-email"' in answer.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"this is no picture", "not a picture that we can read"),
        (b"\x89PNG\r\n" + bytes(10 * 1024 * 1024), "at most 10 MB"),
        (picture(size=(8, 8)), "too small"),
    ],
    ids=["none", "too-large", "too-small"],
)
async def test_a_picture_that_does_not_fit_costs_no_word(gateway: Gateway, body: bytes, said: str) -> None:
    answer = await gateway.post(PATH, TYPED, **file_of(body))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert typed_in(answer)["email"] == TYPED["email"]
    assert "Second line" in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_while_mail_cannot_be_taken_what_was_typed_stays_and_that_is_said(
    gateway: Gateway, language: str
) -> None:
    gateway.http.cookies.set("immo_language", language)
    gateway.peers["notify"].is_away = True
    answer = await gateway.post(PATH, TYPED | {"code": "plan-over"})
    assert answer.status_code == 503
    assert "error-summary" in answer.text
    assert 'href="/help/errors/service-unavailable"' in answer.text
    assert (typed_in(answer)["email"], typed_in(answer)["code"]) == (TYPED["email"], "plan-over")
    assert "Second line" in answer.text
    gateway.peers["notify"].is_away = False
    takes(gateway)
    assert (await gateway.post(PATH, TYPED)).status_code == 200


async def test_after_a_few_questions_in_a_row_one_waits_and_keeps_what_one_wrote(gateway_of: GatewayOf) -> None:
    gateway = await gateway_of(questions_per_minute=2)
    takes(gateway)
    answers = [await gateway.post(PATH, TYPED) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert len(gateway.peers["notify"].asked) == 2
    assert "Second line" in answers[-1].text
    assert f'href="/help/errors/{TooMany.code}"' in answers[-1].text


async def test_where_one_comes_from_is_told_without_what_a_query_may_hold(gateway: Gateway) -> None:
    origin = gateway.mint.origin
    page = await gateway.http.get(PATH, headers={"referer": f"{origin}/sign-in?token=s3cret#s3cret"})
    assert typed_in(page)["page"] == "/sign-in"
    assert "s3cret" not in page.text
    told = await gateway.http.get(PATH, params={"page": "/reset?token=s3cret"})
    assert typed_in(told)["page"] == "/reset"
    elsewhere = await gateway.http.get(PATH, headers={"referer": "https://evil.example/wallet"})
    assert typed_in(elsewhere)["page"] == ""


@pytest.mark.parametrize("name", ["page", "code", "reference"])
@pytest.mark.parametrize("value", ["https://evil.example", "//evil.example", "<script>", "a b", "\n"])
async def test_what_an_address_says_is_kept_only_where_it_is_ours(gateway: Gateway, name: str, value: str) -> None:
    answer = await gateway.http.get(PATH, params={name: value})
    assert typed_in(answer)[name] in ("", "/")


async def test_what_is_typed_is_never_in_an_address(gateway: Gateway) -> None:
    """Forms are posted, answers are pages, and no link carries a word of it."""
    takes(gateway)
    page = await gateway.http.get(PATH)
    assert 'method="post"' in page.text
    for answer in (await gateway.post(PATH, TYPED | {"email": "ada"}), await gateway.post(PATH, TYPED)):
        assert answer.history == []
        links = re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
        assert not [link for link in links if "Lindeman" in link or "Second" in link or "there.example" in link]


async def test_the_error_page_leads_to_answers_and_to_people_with_its_code(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["recognition"].answers["GET /api/recognitions/history"] = (500, {"code": "internal", "detail": "x"})
    page = await gateway.http.get("/recognitions/history")
    assert 'href="/help/errors/internal"' in page.text
    (link,) = re.findall(r'href="(/help/contact\?[^"]+)"', page.text)
    form = await gateway.http.get(link.replace("&amp;", "&"))
    assert typed_in(form)["code"] == "internal"


@pytest.mark.browser
async def test_a_picture_of_the_screen_is_shown_before_it_goes(gateway: Gateway) -> None:
    takes(gateway)
    async with on_a_phone(gateway) as desk:
        await desk.page.goto(desk.origin + PATH)
        await desk.page.fill("#f-text", "Look at this")
        await desk.page.fill("#f-email", TYPED["email"])
        chosen: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": picture()}
        await desk.page.locator("#f-picture").set_input_files([chosen])
        await expect(desk.page.locator("[data-picture-preview]")).to_be_visible()
        large: FilePayload = {"name": "b.png", "mimeType": "image/png", "buffer": bytes(10 * 1024 * 1024 + 1)}
        await desk.page.locator("#f-picture").set_input_files([large])
        await expect(desk.page.locator("[data-picture-large]")).to_be_visible()
        await expect(desk.page.locator("[data-picture-preview]")).to_be_hidden()
        await desk.page.locator("#f-picture").set_input_files([chosen])
        await desk.page.locator("form.form button:not([type=button])").click()
        await expect(desk.page.locator("strong.mono")).to_have_text("KAVO-MILU-47")
    assert gateway.peers["notify"].body_of_last()["picture"]


@pytest.mark.browser
async def test_the_form_works_without_scripts(gateway: Gateway) -> None:
    takes(gateway)
    async with on_a_phone(gateway, runs_scripts=False) as desk:
        await desk.page.goto(desk.origin + PATH)
        await desk.page.locator("form.form button:not([type=button])").click()
        await expect(desk.page.locator(".error-summary")).to_be_visible()
        await desk.page.fill("#f-text", "Look at this")
        await desk.page.fill("#f-email", TYPED["email"])
        await desk.page.locator("#f-picture").set_input_files(
            [{"name": "a.png", "mimeType": "image/png", "buffer": picture()}]
        )
        await desk.page.locator("form.form button:not([type=button])").click()
        await expect(desk.page.locator("strong.mono")).to_have_text("KAVO-MILU-47")
    assert gateway.peers["notify"].body_of_last()["picture"]
