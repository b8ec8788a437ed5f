"""What mail servers send back is read as they write it, and whatever else comes is told apart."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.notify.bounces.reports import MAX_BYTES, AutoReply, NoReport, Report, read_report
from services.notify.bounces.return_paths import ReturnPaths, as_bounce_address
from services.notify.bounces.rules import SOFT_DAYS, is_worn_out, sort_of, status_in
from tests.notify.returned import FOLDER, report

EMAIL = "ada@kantoor.example"
DELIVERY = UUID("018f6f5e-0000-7000-8000-000000000009")
MESSAGE_ID = f"{DELIVERY}@immo-connect.example"
PATHS = ReturnPaths("bounces@immo-connect.example", bytes(range(32)))
NOW = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)


def read(name: str, to: str = "no-reply@immo-connect.example") -> Report:
    return read_report(report(name, email=EMAIL, message_id=MESSAGE_ID, to=to))


@pytest.mark.parametrize(
    ("name", "status", "sort"),
    [
        ("postfix-unknown-user", "5.1.1", "hard"),
        ("exchange-not-found", "5.1.10", "hard"),
        ("gmail-no-such-user", "5.1.1", "hard"),
        ("exim-headers-only", "5.2.1", "hard"),
        ("international", "5.1.1", "hard"),
        ("postfix-mailbox-full", "4.2.2", "soft"),
        ("postfix-blocked", "5.7.1", None),
    ],
)
def test_a_report_says_which_mail_did_not_reach_whom_and_why(name: str, status: str, sort: str | None) -> None:
    found = read(name)
    [failed] = found.failed
    assert (found.sort, found.message_ids, failed.status) == ("delivery", (MESSAGE_ID,), status)
    assert failed.addresses == {EMAIL}
    assert sort_of(status) == sort


def test_a_delay_is_no_failure() -> None:
    assert read("postfix-delayed").failed == ()


def test_a_complaint_names_the_mail_even_where_its_reader_is_left_out() -> None:
    found = read("complaint")
    assert (found.sort, found.message_ids, found.failed) == ("complaint", (MESSAGE_ID,), ())


@pytest.mark.parametrize("name", ["not-spam", "answer"])
def test_what_is_no_report_about_a_failure_is_told_apart(name: str) -> None:
    with pytest.raises(NoReport):
        read(name)


def test_an_out_of_office_answer_is_an_answer_of_a_program() -> None:
    with pytest.raises(AutoReply):
        read("out-of-office")


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.eml")))
def test_a_report_that_was_cut_off_or_garbled_is_read_or_refused(name: str) -> None:
    whole = report(name, email=EMAIL, message_id=MESSAGE_ID)
    chance = random.Random(name)
    for _ in range(40):
        raw = bytearray(whole[: chance.randrange(len(whole))])
        for _ in range(chance.randrange(20)):
            if raw:
                raw[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            read_report(bytes(raw))
        except NoReport:
            continue


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 5000,
        b"x" * (MAX_BYTES + 1),
        b"Content-Type: multipart/report; boundary=a\n\n" + b"--a\nContent-Type: message/rfc822\n\n" * 3000,
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_else(raw: bytes) -> None:
    with pytest.raises(NoReport):
        read_report(raw)


def test_the_address_that_a_mail_is_sent_from_proves_which_mail_to_which_address_it_was() -> None:
    path = PATHS.of(DELIVERY, EMAIL)
    assert path is not None
    assert len(path.partition("@")[0]) <= 64
    [returned] = PATHS.find(read("postfix-unknown-user", to=path.upper()).return_paths[:1])
    assert returned.delivery_id == DELIVERY
    assert PATHS.proves(returned, EMAIL)
    assert PATHS.proves(returned, EMAIL.upper())
    assert not PATHS.proves(returned, "ada@elsewhere.example")
    assert not PATHS.proves(returned, "")
    assert not ReturnPaths(PATHS.address, bytes(32)).proves(returned, EMAIL)


@pytest.mark.parametrize(
    "address",
    [
        "bounces@immo-connect.example",
        "bounces+abc@immo-connect.example",
        "bounces+é@immo-connect.example",
        "",
        "@",
        "bounces+@",
    ],
)
def test_an_address_without_a_token_of_ours_proves_nothing(address: str) -> None:
    assert PATHS.find([address]) == []


@pytest.mark.parametrize("address", ["bounces", "@x.example", "a@b@c", f"{'n' * 25}@x.example", "bouncés@x.example"])
def test_an_address_that_cannot_carry_tokens_is_no_setting(address: str) -> None:
    with pytest.raises(ValueError, match="name@host"):
        as_bounce_address(address)


@pytest.mark.parametrize("status", ["5.1.7", "5.1.8", "5.3.4", "5.5.2", "5.6.0", "5.7.1", "5.7.26", "4.3.2"])
def test_what_is_about_us_or_the_mail_says_nothing_about_the_address(status: str) -> None:
    assert sort_of(status) is None


def test_a_vague_status_gives_way_to_what_the_server_said() -> None:
    assert status_in("5.0.0", "smtp; 550 5.1.1 no such user") == "5.1.1"
    assert status_in("5.0.0", "smtp; 550 no") == "5.0.0"
    assert status_in("", "192.168.5.1 said 550") == ""


def test_soft_failures_wear_out_an_address_by_days_and_not_by_number() -> None:
    same_day = [NOW - timedelta(minutes=n) for n in range(50)]
    days = [NOW - timedelta(days=n) for n in range(SOFT_DAYS)]
    old = [NOW - timedelta(days=60 + n) for n in range(SOFT_DAYS)]
    assert not is_worn_out(same_day, now=NOW)
    assert not is_worn_out(days[:-1] + old, now=NOW)
    assert is_worn_out(days, now=NOW)
