"""The mail catcher keeps what is sent to it, shows it safely, and can be a bad mail server."""

import smtplib

import httpx
import pytest

from tests.tools.conftest import WorldProcess


def test_a_mail_is_kept_with_both_its_parts(world: WorldProcess, http: httpx.Client) -> None:
    world.send_mail("anna@example.org", "Votre code: été", "Le code est ÉTÉ", "<p>Le code est <b>ÉTÉ</b></p>")
    [mail] = http.get("/mail/api/messages", params={"to": "Anna@example.org"}).json()
    assert mail["to"] == ["anna@example.org"]
    assert mail["subject"] == "Votre code: été"
    assert "ÉTÉ" in mail["text"]
    assert "<b>ÉTÉ</b>" in mail["html"]


def test_only_mails_after_the_last_one_seen_are_listed(world: WorldProcess, http: httpx.Client) -> None:
    for subject in ("one", "two", "three"):
        world.send_mail("bert@example.org", subject)
    first, *_ = http.get("/mail/api/messages", params={"to": "bert@example.org"}).json()
    later = http.get("/mail/api/messages", params={"to": "bert@example.org", "after": first["id"]}).json()
    assert [mail["subject"] for mail in later] == ["two", "three"]


def test_mail_is_refused_for_a_while_and_then_taken_again(world: WorldProcess, http: httpx.Client) -> None:
    http.post("/mail/api/refuse", json={"seconds": 60})
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        world.send_mail("carl@example.org", "refused")
    assert refused.value.smtp_code == 451
    http.post("/mail/api/refuse", json={"seconds": 0})
    world.send_mail("carl@example.org", "taken")
    assert [mail["subject"] for mail in http.get("/mail/api/messages?to=carl@example.org").json()] == ["taken"]


def test_an_address_that_does_not_exist_is_refused_for_good(world: WorldProcess) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        world.send_mail("nobody@bounce.example", "lost")
    assert refused.value.recipients["nobody@bounce.example"][0] == 550


def test_the_page_escapes_a_subject_and_frames_the_html_without_rights(world: WorldProcess, http: httpx.Client) -> None:
    world.send_mail("dora@example.org", "<script>alert(1)</script>", "text", "<script>alert(2)</script>")
    [mail] = http.get("/mail/api/messages?to=dora@example.org").json()
    page = http.get("/mail", params={"show": mail["id"], "lang": "nl"})
    assert "<script>alert" not in page.text
    assert 'sandbox="allow-popups' in page.text
    frame = http.get(f"/mail/{mail['id']}/html")
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    assert frame.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.parametrize("language", ["fr", "nl", "en", "de"])
def test_every_page_exists_in_every_language(http: httpx.Client, language: str) -> None:
    for path in ("/", "/mail"):
        assert f'<html lang="{language}">' in http.get(path, params={"lang": language}).text
