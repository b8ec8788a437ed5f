"""Every mail of the catalogue, in every language, as its committed snapshot says."""

import os
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest

from services.notify.digests.rules import DIGEST
from services.notify.mails.catalogue import MAILS
from services.notify.mails.render import Renderer
from services.notify.mails.rules import Addressee
from services.notify.preferences.topics import topic_of
from services.notify.previews.samples import CONTACT_QUESTION, KINDS, SENT_AT, STOP_PATH, params_of, sample
from shared.i18n import LANGUAGES

SNAPSHOTS = Path(__file__).parent / "snapshots"


RENDERER = Renderer("https://immo.example", mail_from="no-reply@immo.example", reply_to="help@immo.example")


@pytest.fixture
def renderer() -> Renderer:
    return RENDERER


@cache
def made(kind: str, language: str) -> EmailMessage:
    return sample(RENDERER, kind, language)


def bodies(message: EmailMessage) -> tuple[str, str]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_reads_and_looks_as_its_snapshots(kind: str) -> None:
    """It looks alike in all languages: one of them is enough to compare the page, and the texts have the words of all."""
    for language in LANGUAGES:
        message = made(kind, language)
        check_snapshot(SNAPSHOTS / language / f"{kind}.txt", f"Subject: {message['Subject']}\n\n{bodies(message)[0]}")
    check_snapshot(SNAPSHOTS / "en" / f"{kind}.html", bodies(made(kind, "en"))[1])


def check_snapshot(file: Path, seen: str) -> None:
    """IMMO_WRITE_SNAPSHOTS=1 writes them anew; read the difference before you commit it."""
    if os.environ.get("IMMO_WRITE_SNAPSHOTS"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(seen)
    assert seen == file.read_text()


def test_each_mail_that_can_be_sent_has_snapshots_and_no_other_has() -> None:
    texts = {f"{language}/{kind}.txt" for language in LANGUAGES for kind in KINDS}
    kept = {str(file.relative_to(SNAPSHOTS)) for file in SNAPSHOTS.rglob("*.*")}
    assert kept == texts | {f"en/{kind}.html" for kind in KINDS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_left_open_and_no_remote_content_is_loaded(language: str) -> None:
    remote = re.compile(r"<(img|link|script|iframe|object|video|base|form|svg)|url\(|@import|@font-face", re.IGNORECASE)
    attributes = re.compile(r"\s(src|srcset|background|poster|action|on\w+)=", re.IGNORECASE)
    for kind in KINDS:
        message = made(kind, language)
        text, html = bodies(message)
        assert not re.search(r"\{\w+(:\w+)?\}", text + html.split("</style>")[-1] + str(message["Subject"])), kind
        assert not remote.search(html), kind
        assert not attributes.search(html), kind
        assert all(url.startswith("https://immo.example/") for url in re.findall(r'href="([^"]*)"', html)), kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_and_html_say_the_same(renderer: Renderer, language: str) -> None:
    for kind in MAILS:
        words = renderer.words(kind, Addressee("ada@example.com", language, "Ada"), params_of(kind, language))
        text, html = bodies(made(kind, language))
        for line in (words.greeting, *words.lines, words.button, words.url):
            assert line in text
            assert line.replace("&", "&amp;") in html


def test_what_answers_and_programs_need_stands_in_the_headers() -> None:
    """The question to the help desk is a person's, in their words."""
    for kind in KINDS:
        message = made(kind, "en")
        is_ours = kind != CONTACT_QUESTION
        assert message["Auto-Submitted"] == ("auto-generated" if is_ours else None), kind
        assert message["Reply-To"] == ("help@immo.example" if is_ours else "ada@example.com"), kind
        assert re.fullmatch(r"<\S+@immo\.example>", str(message["Message-ID"])), kind
        assert "NDR" not in str(message["X-Auto-Response-Suppress"]).split(", "), kind


def test_only_what_a_person_may_stop_can_be_stopped_by_one_click() -> None:
    for kind in KINDS:
        message = made(kind, "en")
        may_stop = topic_of(kind) is not None or kind == DIGEST
        assert message["List-Unsubscribe"] == (f"<https://immo.example{STOP_PATH}>" if may_stop else None), kind
        assert message["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if may_stop else None), kind
        assert all((STOP_PATH in body) == may_stop for body in bodies(message)), kind


def test_without_a_way_to_stop_by_one_click_the_foot_leads_to_the_choices(renderer: Renderer) -> None:
    words = renderer.words("balance-low", Addressee("ada@example.com", "en", "Ada"), params_of("balance-low", "en"))
    message = renderer.message(words, to="ada@example.com", message_id="<1@immo.example>", sent_at=SENT_AT)
    assert message["List-Unsubscribe"] is None
    assert all("https://immo.example/notifications" in body for body in bodies(message))


def test_a_long_way_to_stop_travels_as_it_is(renderer: Renderer) -> None:
    """Longer than a line of a header should be; mail programs take no encoded one."""
    url = f"https://immo.example/notifications/stop/{'Ab9-_' * 40}"
    words = renderer.words("balance-low", Addressee("ada@example.com", "fr", "Ada"), params_of("balance-low", "fr"))
    message = renderer.message(
        words, to="ada@example.com", message_id="<1@immo.example>", sent_at=SENT_AT, stop_url=url
    )
    for wire in (message.as_bytes(), message.as_bytes(policy=policy.SMTP)):
        assert f"List-Unsubscribe: <{url}>".encode() in wire.replace(b"\r\n ", b" ").replace(b"\n ", b" ")


def test_codes_security_and_law_cannot_be_stopped() -> None:
    must = ("code-", "passkey-", "totp-", "recovery-code", "new-device", "erasure-", "eid-", "email-", "password-")
    assert all(mail.mandatory for kind, mail in MAILS.items() if kind.startswith(must))


@pytest.mark.parametrize("kind", MAILS)
def test_a_button_leads_to_a_page_of_the_platform(renderer: Renderer, kind: str) -> None:
    words = renderer.words(kind, Addressee("ada@example.com", "en", "Ada"), params_of(kind, "en"))
    assert bool(words.button) == bool(words.url)
    assert not words.url or words.url.startswith("https://immo.example/")


@pytest.mark.parametrize(
    "name",
    ["Ada\r\nBcc: everyone@example.com", "Ada\nSubject: you won", "Ada\x0b\x85\u2028Bcc: x@example.com", "Ada\x00\x7f"],
)
def test_header_injection_by_a_name_is_impossible(renderer: Renderer, name: str) -> None:
    params = {**params_of("employee-requested", "en"), "person": name, "organisation": name, "tool": name}
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
    words = renderer.words("welcome", Addressee(email, "en", "Ada"), {})
    with pytest.raises(ValueError, match="not one address"):
        renderer.message(words, to=email, message_id="<1@immo.example>", sent_at=SENT_AT)


@pytest.mark.parametrize(
    ("email", "header"),
    [("zoe@bücher.example", "zoe@xn--bcher-kva.example"), ("zoé@bücher.example", "zoé@bücher.example")],
)
def test_an_internationalised_address_is_written_as_servers_take_it(
    renderer: Renderer, email: str, header: str
) -> None:
    words = renderer.words("welcome", Addressee(email, "en", "Zoé"), {})
    assert renderer.message(words, to=email, message_id="<1@immo.example>", sent_at=SENT_AT)["To"] == header


def test_no_two_mails_have_the_same_subject_in_any_language() -> None:
    for language in LANGUAGES:
        subjects = [str(made(kind, language)["Subject"]) for kind in MAILS]
        assert len(set(subjects)) == len(subjects)
