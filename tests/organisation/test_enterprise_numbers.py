"""O1: what is an enterprise number, and which rule a wrong one breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organisation.organisations.rules import (
    EnterpriseNumberInvalid,
    check_digits,
    normalise_enterprise_number,
)

FIRST_EIGHT = st.integers(0, 19_999_999).map(lambda number: f"{number:08}")
SEPARATORS = st.sampled_from(["", " ", ".", "-", "\u00a0", " . "])


@pytest.mark.parametrize(
    "text",
    [
        "0123456749",
        "0123.456.749",
        " 0123 456 749 ",
        "BE0123456749",
        "be 0123.456.749",
        "BE.0123.456.749",
        "0123/456-749",
        "123456749",
        "123.456.749",
        "BE 123.456.749",
        "bE0123.456.749",
    ],
)
def test_spaces_dots_and_a_country_prefix_are_tolerated(text: str) -> None:
    assert normalise_enterprise_number(text) == "0123456749"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "characters"),
        ("   ", "characters"),
        ("BE", "characters"),
        ("NL0123456749", "characters"),
        ("BEBE0123456749", "characters"),
        ("01234567ab", "characters"),
        ("٠١٢٣٤٥٦٧٤٩", "characters"),
        ("0123456749\x00", "characters"),
        ("23456749", "length"),
        ("123456750", "check-digits"),
        ("00123456749", "length"),
        ("2123456749", "first-digit"),
        ("9999999999", "first-digit"),
        ("0123456750", "check-digits"),
        ("0123456794", "check-digits"),
        ("0000009700", "check-digits"),
    ],
)
def test_the_error_says_which_rule_was_broken(text: str, reason: str) -> None:
    with pytest.raises(EnterpriseNumberInvalid) as refused:
        normalise_enterprise_number(text)
    assert refused.value.params["reason"] == reason
    assert refused.value.code == "enterprise-number-invalid"


def test_check_digits_are_97_and_never_00() -> None:
    assert check_digits("00000097") == "97"
    assert normalise_enterprise_number("0000009797") == "0000009797"


@given(FIRST_EIGHT, SEPARATORS, st.sampled_from(["", "BE", "be "]))
def test_every_number_with_fitting_check_digits_is_accepted_however_it_is_written(
    first: str, separator: str, prefix: str
) -> None:
    digits = first + check_digits(first)
    assert normalise_enterprise_number(prefix + separator.join((digits[:4], digits[4:7], digits[7:]))) == digits


@given(st.integers(0, 9_999_999).map(lambda number: f"{number:08}"))
def test_the_older_form_without_its_zero_is_the_same_number(first: str) -> None:
    digits = first + check_digits(first)
    assert normalise_enterprise_number(digits[1:]) == digits


@pytest.mark.parametrize("digits", ["0200065765", "0314595348", "1000000120"])
def test_both_series_are_accepted(digits: str) -> None:
    assert normalise_enterprise_number(f"BE{digits}") == digits


@given(FIRST_EIGHT, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(first: str, place: int, by: int) -> None:
    digits = first + check_digits(first)
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    with pytest.raises(EnterpriseNumberInvalid):
        normalise_enterprise_number(wrong)


@given(FIRST_EIGHT, st.integers(0, 8))
def test_two_swapped_digits_are_always_found(first: str, place: int) -> None:
    digits = first + check_digits(first)
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    if swapped != digits:
        with pytest.raises(EnterpriseNumberInvalid):
            normalise_enterprise_number(swapped)


@given(st.text(max_size=30))
def test_whatever_is_typed_gives_a_number_or_a_reason(text: str) -> None:
    try:
        digits = normalise_enterprise_number(text)
    except EnterpriseNumberInvalid:
        return
    assert len(digits) == 10
    assert digits.isascii()
    assert digits.isdigit()
