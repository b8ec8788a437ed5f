"""Names, usernames, addresses and codes: the rules over tables and generated values."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.identity.accounts import names, rules
from services.identity.accounts.emails import email_key, normalise_email
from services.identity.accounts.problems import (
    CodeTooSoon,
    EmailInvalid,
    NameInvalid,
    UsernameInvalid,
    UsernameTooShort,
)
from services.identity.accounts.rules import CODE_ALPHABET, Code, CodePolicy
from shared.errors import Problem, Violations

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = CodePolicy(ttl_s=900, tries=5, resend_s=60)
TEXT = st.text(max_size=40)


@pytest.mark.parametrize(
    ("first_name", "last_name", "proposed"),
    [
        ("Jan", "Van den Bossche", "jan.vandenbossche"),
        ("Seán", "O'Neil", "sean.oneil"),
        ("Jean-Pierre", "Müller-Łukasz", "jean-pierre.muller-lukasz"),
        ("Anne Marie Louise", "de la Vallée Poussin", "anne.delavalleepoussin"),
        ("Søren", "Ødegård", "soren.odegard"),
        ("Maße", "Straßer", "masse.strasser"),
        ("Đặng", "Nguyễn", "dang.nguyen"),
        ("İpek", "Yılmaz", "ipek.yilmaz"),
        ("Marie ", " D’Hondt", "marie.dhondt"),
        ("", "Okonkwo", "okonkwo"),
        ("Li", "Wu", "li.wu2"),
        ("A", "B", "a.b100"),
        ("Ελένη", "Παπαδοπούλου", "eleni.papadopoyloy"),
        ("Иван", "Петров", "ivan.petrov"),
        ("太郎", "佐藤", "tailang.zuoteng"),
        ("", "", "user10"),
        ("-", "--", "user10"),
    ],
)
def test_a_username_is_proposed_from_any_name(first_name: str, last_name: str, proposed: str) -> None:
    base = names.username_base(first_name, last_name)
    assert next(names.username_candidates(base, count=5)) == proposed


@given(TEXT, TEXT)
@example("0" * 16 + "㊪", "0" * 13 + "㊪1")
def test_every_proposed_username_is_a_valid_one(first_name: str, last_name: str) -> None:
    base = names.username_base(first_name, last_name)
    candidates = list(names.username_candidates(base, count=30))
    assert len(set(candidates)) == len(candidates) >= 30
    for candidate in candidates:
        assert names.check_username(candidate) == candidate


@pytest.mark.parametrize("username", ["jan.janssens", "JAN_1985", "a-b.c-d", "x" * 40, "123456"])
def test_a_plain_username_is_accepted(username: str) -> None:
    assert names.check_username(f" {username} ") == username


@pytest.mark.parametrize(
    "username",
    ["jan janssens", "jan@example", ".janssens", "janssens-", "jánssens", "x" * 41, "jansse\x00ns", "јаnssens"],
)
def test_an_odd_username_is_refused(username: str) -> None:
    with pytest.raises(UsernameInvalid):
        names.check_username(username)


def test_a_username_has_six_characters() -> None:
    with pytest.raises(UsernameTooShort):
        names.check_username("abcde")


@pytest.mark.parametrize(
    "name", ["Zoë", "D’Hondt", "Jean-Pierre", "Nguyễn Văn", "Ελένη", "J. R.", "李", "O'Neil", "Ağa"]
)
def test_names_of_the_world_are_accepted(name: str) -> None:
    assert names.clean_name(f"  {name}\t", field="last_name") == name


@pytest.mark.parametrize(
    "name", ["<b>", "http://win.example", "a@b", "R2D2", "x" * 101, "win €500", "a\u202eb", "...", "🙂"]
)
def test_what_no_name_has_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        names.clean_name(name, field="last_name")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Jan.Janssens@EXAMPLE.com ", "Jan.Janssens@example.com"),
        ("jan@bücher.example.com", "jan@bücher.example.com"),
        ("jan@xn--bcher-kva.example.com", "jan@bücher.example.com"),
        ("用户@example.com", "用户@example.com"),
        ("jan+immo@example.com", "jan+immo@example.com"),
    ],
)
def test_an_address_is_kept_in_its_usual_form(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Jan@Example.COM", "jan@example.com"),
        (" zoé@BÜCHER.example ", "zoé@xn--bcher-kva.example"),
        ("zoe\u0301@xn--bcher-kva.example", "zoé@xn--bcher-kva.example"),
        ("Straße@example.com", "strasse@example.com"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
        ("a@b@example.com", "a@b@example.com"),
        ("jan@" + "x" * 80 + ".example", "jan@" + "x" * 80 + ".example"),
        ("", ""),
    ],
)
def test_an_address_is_the_same_in_whatever_script_and_case(typed: str, key: str) -> None:
    assert email_key(typed) == key
    assert email_key(key) == key


@given(TEXT)
def test_fuzz_whatever_is_typed_has_a_key(text: str) -> None:
    assert email_key(email_key(text)) == email_key(text)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "jan",
        "jan@",
        "@example.com",
        "jan@localhost",
        "a b@example.com",
        "jan@example.com\r\nBcc: x@y.be",
        "x" * 250 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(EmailInvalid):
        normalise_email(typed)


def test_test_domains_are_for_tests() -> None:
    assert normalise_email("a@mail.test", allow_test_domains=True) == "a@mail.test"
    with pytest.raises(EmailInvalid):
        normalise_email("a@mail.test")


@given(TEXT, TEXT, TEXT, TEXT, TEXT)
def test_fuzz_any_sign_up_is_accepted_or_refused_field_by_field(a: str, b: str, c: str, d: str, e: str) -> None:
    fields: dict[str, Any] = {"first_name": a, "last_name": b, "username": c, "email": d, "password": e}
    wrong: set[str | None] = set()
    try:
        rules.check_sign_up(**fields, language="fr", terms_version="1", allow_test_domains=False)
    except Violations as violations:
        wrong = {error.field for error in violations.errors}
    assert wrong <= set(fields)


def test_codes_have_six_characters_that_look_like_nothing_else() -> None:
    codes = [rules.new_code() for _ in range(200)]
    assert {len(code) for code in codes} == {6}
    assert set("".join(codes)) <= set(CODE_ALPHABET)
    assert not set("01OIL") & set(CODE_ALPHABET)
    assert len(set(codes)) > 195


@given(st.text(alphabet=CODE_ALPHABET, min_size=6, max_size=6), st.integers(0, 5))
def test_entering_a_code_is_forgiving(code: str, at: int) -> None:
    for typed in (code.lower(), f" {code} ", f"{code[:at]} {code[at:]}", f"{code[:at]}-{code[at:]}\n"):
        assert rules.normalise_code(typed) == code


def code(**changes: Any) -> Code:
    return Code(
        **{"tries_left": 5, "sent_count": 1, "sent_at": NOW, "expires_at": NOW + timedelta(seconds=900), **changes}
    )


@pytest.mark.parametrize(
    ("state", "tries_left", "now", "expected"),
    [
        (code(), 3, NOW, "code-wrong"),
        (code(tries_left=0), 0, NOW, "code-exhausted"),
        (code(tries_left=0), None, NOW, "code-exhausted"),
        (code(), None, NOW + timedelta(seconds=900), "code-expired"),
        (code(tries_left=0), None, NOW + timedelta(seconds=900), "code-expired"),
        (code(is_used=True, tries_left=4), None, NOW, "code-expired"),
        (None, None, NOW, "code-expired"),
    ],
)
def test_why_a_code_was_not_taken(state: Code | None, tries_left: int | None, now: datetime, expected: str) -> None:
    problem: Problem = rules.judge_code(state, tries_left, now=now)
    assert problem.code == expected
    assert problem.params == ({"tries_left": 3} if expected == "code-wrong" else {})


@pytest.mark.parametrize(("waited_s", "left_s"), [(0, 60), (0.2, 60), (59, 1), (59.9, 1)])
def test_a_new_code_must_wait_a_minute(waited_s: float, left_s: int) -> None:
    with pytest.raises(CodeTooSoon) as refused:
        rules.check_resend(code(), POLICY, now=NOW + timedelta(seconds=waited_s))
    assert refused.value.params == {"retry_after_s": left_s}


def test_after_five_codes_the_pause_grows() -> None:
    assert rules.check_resend(None, POLICY, now=NOW) == 1
    assert rules.check_resend(code(), POLICY, now=NOW + timedelta(seconds=60)) == 2
    with pytest.raises(CodeTooSoon):
        rules.check_resend(code(sent_count=5), POLICY, now=NOW + timedelta(seconds=899))
    assert rules.check_resend(code(sent_count=5), POLICY, now=NOW + timedelta(seconds=900)) == 6
