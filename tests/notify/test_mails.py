"""Every mail of the catalogue, in every language, as its committed snapshot says."""

import os
import re
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.notify.mails.catalogue import MAILS
from services.notify.mails.render import Renderer
from services.notify.mails.rules import Addressee
from shared.i18n import LANGUAGES

SNAPSHOTS = Path(__file__).parent / "snapshots"
PARAMS = {
    "organisation_id": "018f6f5e-0000-7000-8000-000000000001",
    "account_id": "018f6f5e-0000-7000-8000-000000000002",
    "registration_id": "018f6f5e-0000-7000-8000-000000000003",
    "organisation": "Immo De Smet & Zonen",
    "person": "Bram Wouters",
    "tool": "CadastreFinder",
    "role": "Administrator",
    "recognition": "IPI 500.123",
    "other": "Lys Beheer",
    "credits": -3,
    "credits_left": 17,
    "tool_id": "cadastrefinder",
    "amount_cents": 5000,
    "number": "2026-000412",
    "total_cents": 2299,
    "period": "10/2026",
    "short_cents": 2750,
    "balance_cents": 1234567,
    "threshold_cents": 1000,
    "expires_at": "2026-01-31 13:30",
    "starts_at": "2026-02-07 13:30",
    "ends_on": date(2026, 3, 31),
    "counts_until": date(2026, 9, 27),
    "signed_in_at": "2026-01-31 12:30",
    "browser": "Firefox",
    "system": "Windows",
    "codes_left": 2,
    "uses_left": 2,
    "token": "Zm9yLXRoZS1zbmFwc2hvdHM",
}

SENT_AT = "Sat, 31 Jan 2026 12:30:00 +0000"


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer("https://immo.example", mail_from="no-reply@immo.example", reply_to="help@immo.example")


def made(renderer: Renderer, kind: str, language: str) -> EmailMessage:
    addressee = Addressee("ada@example.com", language, "Ada")
    words = renderer.words(kind, addressee, PARAMS, code="K7M2PX" if kind.startswith("code-") else "")
    return renderer.message(words, to=addressee.email, message_id="<1@immo.example>", sent_at=SENT_AT)


def bodies(message: EmailMessage) -> tuple[str, str]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MAILS)
def test_a_mail_reads_as_its_snapshot(renderer: Renderer, kind: str, language: str) -> None:
    message = made(renderer, kind, language)
    check_snapshot(SNAPSHOTS / language / f"{kind}.txt", f"Subject: {message['Subject']}\n\n{bodies(message)[0]}")


@pytest.mark.parametrize("kind", MAILS)
def test_a_mail_looks_as_its_snapshot(renderer: Renderer, kind: str) -> None:
    """In one language: the others have the same page, and their words are in the snapshots of the text."""
    check_snapshot(SNAPSHOTS / "en" / f"{kind}.html", bodies(made(renderer, kind, "en"))[1])


def check_snapshot(file: Path, seen: str) -> None:
    """IMMO_WRITE_SNAPSHOTS=1 writes them anew; read the difference before you commit it."""
    if os.environ.get("IMMO_WRITE_SNAPSHOTS"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(seen)
    assert seen == file.read_text()


@pytest.mark.parametrize("kind", MAILS)
def test_no_placeholder_is_left_open_and_no_remote_content_is_loaded(renderer: Renderer, kind: str) -> None:
    message = made(renderer, kind, "fr")
    text, html = bodies(message)
    assert not re.search(r"\{\w+(:\w+)?\}", text + html + str(message["Subject"]))
    assert not re.search(r"<(img|link|script|iframe)|url\(|@import", html)


@pytest.mark.parametrize("kind", MAILS)
def test_text_and_html_say_the_same(renderer: Renderer, kind: str) -> None:
    words = renderer.words(kind, Addressee("ada@example.com", "nl", "Ada"), PARAMS)
    text, html = bodies(made(renderer, kind, "nl"))
    for line in words.lines:
        assert line in text
        assert line.replace("&", "&amp;") in html


@pytest.mark.parametrize("kind", MAILS)
def test_a_button_leads_to_a_page_of_the_platform(renderer: Renderer, kind: str) -> None:
    words = renderer.words(kind, Addressee("ada@example.com", "en", "Ada"), PARAMS)
    assert bool(words.button) == bool(words.url)
    assert not words.url or words.url.startswith("https://immo.example/")


@pytest.mark.parametrize(
    "name",
    ["Ada\r\nBcc: everyone@example.com", "Ada\nSubject: you won", "Ada\x0b\x85\u2028Bcc: x@example.com", "Ada\x00\x7f"],
)
def test_header_injection_by_a_name_is_impossible(renderer: Renderer, name: str) -> None:
    params = {**PARAMS, "person": name, "organisation": name, "tool": name}
    words = renderer.words("employee-requested", Addressee("ada@example.com", "en", name), params)
    message = renderer.message(words, to="ada@example.com", message_id="<1@immo.example>", sent_at=SENT_AT)
    parsed = message_from_bytes(message.as_bytes(), policy=policy.SMTPUTF8)
    assert parsed.keys() == message.keys()
    assert parsed["Bcc"] is None
    assert [subject.strip() for subject in parsed.get_all("Subject", [])] == [words.subject]
    assert parsed["To"] == "ada@example.com"


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.com\r\nBcc: everyone@example.com",
        "ada@example.com, everyone@example.com",
        "ada@example.com;everyone@example.com",
        "Ada <ada@example.com>",
        "ada@one@two.example",
        "ada",
        "",
    ],
)
def test_header_injection_by_an_address_is_impossible(renderer: Renderer, email: str) -> None:
    words = renderer.words("welcome", Addressee(email, "en", "Ada"), PARAMS)
    with pytest.raises(ValueError, match="not one address"):
        renderer.message(words, to=email, message_id="<1@immo.example>", sent_at=SENT_AT)


@pytest.mark.parametrize(
    ("email", "header"),
    [("zoe@bücher.example", "zoe@xn--bcher-kva.example"), ("zoé@bücher.example", "zoé@bücher.example")],
)
def test_an_internationalised_address_is_written_as_servers_take_it(
    renderer: Renderer, email: str, header: str
) -> None:
    words = renderer.words("welcome", Addressee(email, "en", "Zoé"), PARAMS)
    assert renderer.message(words, to=email, message_id="<1@immo.example>", sent_at=SENT_AT)["To"] == header


def test_no_two_mails_have_the_same_subject_in_any_language(renderer: Renderer) -> None:
    for language in LANGUAGES:
        subjects = [str(made(renderer, kind, language)["Subject"]) for kind in MAILS]
        assert len(set(subjects)) == len(subjects)
