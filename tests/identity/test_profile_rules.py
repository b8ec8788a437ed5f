"""What "my data" may hold."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.identity.accounts.rules import Account
from services.identity.profiles import rules
from services.identity.profiles.rules import Address, Link, MyData, Phone
from shared.countries import countries, is_country
from shared.errors import Violations
from shared.i18n import LANGUAGES
from shared.ids import new_id
from shared.phones import PhoneInvalid, written

TODAY = date(2026, 11, 21)
ACCOUNT = Account(
    id=new_id(),
    version=1,
    state="active",
    username="nora.peeters",
    email="nora@peeters.example",
    first_name="Nora",
    last_name="Peeters",
    birth_date=None,
    sex=None,
    language="nl",
    password_hash="",
    is_eid_linked=False,
    terms_version="2026-01",
    has_second_factor=False,
)
HOME = Address("home", "Rue de la Loi", "16", "", "1000", "Bruxelles", "BE")
EMPTY = MyData(0, None, "Nora", "Peeters", None, None, None, None, "nl", (), (), ())


def refused(account: Account = ACCOUNT, **changes: Any) -> dict[str | None, str]:
    with pytest.raises(Violations) as caught:
        rules.check(replace(EMPTY, **changes), account, today=TODAY)
    return {error.field: error.code for error in caught.value.errors}


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [
        ("0471 23 45 67", "BE", "+32471234567"),
        ("02/555.12.12", "BE", "+3225551212"),
        ("+32 (0)2 555 12 12", "FR", "+3225551212"),
        ("0032 2 555 12 12", "BE", "+3225551212"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("030 123456", "DE", "+4930123456"),
    ],
)
def test_a_number_is_kept_in_one_form_however_it_was_typed(typed: str, region: str, kept: str) -> None:
    assert rules.check_phone(Phone("mobile", typed), "phones.0", region=region).number == kept


def test_an_extension_in_the_number_is_kept() -> None:
    checked = rules.check_phone(Phone("work", "02 555 12 12 ext. 34"), "phones.0", region="BE")
    assert (checked.number, checked.extension) == ("+3225551212", "34")
    assert written(checked.number) == "+32 2 555 12 12"


@pytest.mark.parametrize("typed", ["", "12", "abc", "0471 23 45 6", "+999 12345678", "0" * 300])
def test_what_is_no_number_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(PhoneInvalid) as caught:
        rules.check_phone(Phone("mobile", typed), "phones.2", region="BE")
    assert caught.value.field == "phones.2.number"
    assert caught.value.params["example"]


def test_a_belgian_address_needs_a_number_and_a_belgian_postal_code() -> None:
    wrong = replace(HOME, number=" ", postal_code="75001")
    assert refused(addresses=(HOME, wrong)) == {
        "addresses.1.number": "field-missing",
        "addresses.1.postal_code": "postal-code-invalid",
    }


def test_a_foreign_address_is_as_its_country_writes_it() -> None:
    foreign = Address("home", "Flat 2,  10 Downing Street", "", "", "SW1A 2AA", "London", "GB")
    checked = rules.check(replace(EMPTY, addresses=(foreign,)), ACCOUNT, today=TODAY)
    assert checked.addresses[0].street == "Flat 2, 10 Downing Street"


def test_lines_have_a_limit_and_countries_exist() -> None:
    assert refused(addresses=(replace(HOME, street="x" * 121, country="ZZ"),)) == {
        "addresses.0.street": "field-too-long",
        "addresses.0.country": "country-unknown",
    }
    assert refused(country="XA") == {"country": "country-unknown"}


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("linkedin", "linkedin.com/in/nora", "https://linkedin.com/in/nora"),
        ("linkedin", "http://be.linkedin.com/in/nora", "https://be.linkedin.com/in/nora"),
        ("x", "https://www.twitter.com/nora", "https://www.twitter.com/nora"),
        ("website", "peeters.example", "https://peeters.example"),
        ("website", "http://peeters.example/a?b=c", "http://peeters.example/a?b=c"),
    ],
)
def test_a_link_is_completed(kind: Any, typed: str, kept: str) -> None:
    assert rules.check_link(Link(kind, typed), "links.0").url == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("linkedin", "https://linkedin.com.evil.example/in/nora"),
        ("linkedin", "https://evil.example/linkedin.com"),
        ("linkedin", "https://linkedin.com@evil.example/"),
        ("website", "javascript:alert(1)"),
        ("website", "javascript://x.example/%0aalert(1)"),
        ("website", "nora"),
        ("website", "https://a b.example"),
        ("website", "https://[::1"),
        ("website", ""),
        ("website", "https://x.example/" + "a" * 300),
    ],
)
def test_a_link_elsewhere_or_to_something_else_is_refused(kind: Any, typed: str) -> None:
    assert refused(links=(Link(kind, typed),)) == {"links.0.url": "link-invalid"}


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2026, 11, 22)])
def test_a_birth_date_lies_in_a_life(day: date) -> None:
    assert refused(birth_date=day) == {"birth_date": "birth-date-invalid"}


def test_what_the_card_said_cannot_be_changed() -> None:
    linked = replace(ACCOUNT, is_eid_linked=True, birth_date=date(1985, 3, 2), sex="female")
    assert refused(linked, first_name="Eleonora") == {
        "first_name": "field-locked",
        "birth_date": "field-locked",
        "sex": "field-locked",
    }
    unchanged = replace(EMPTY, birth_date=date(1985, 3, 2), sex="female", salutation="ms")
    assert rules.check(unchanged, linked, today=TODAY).salutation == "ms"


def test_names_are_cleaned_while_no_card_is_linked() -> None:
    assert rules.check(replace(EMPTY, last_name=" Van  Damme "), ACCOUNT, today=TODAY).last_name == "Van Damme"
    assert refused(first_name="Nora http://x") == {"first_name": "name-invalid"}


def test_countries_are_named_in_each_language_with_the_neighbours_first() -> None:
    for language in LANGUAGES:
        listed = countries(language)
        assert [code for code, _ in listed[:5]] == ["BE", "FR", "NL", "LU", "DE"]
        assert len({code for code, _ in listed}) == len(listed) > 240
    assert dict(countries("nl"))["BE"] == "België"
    assert not is_country("EU")
