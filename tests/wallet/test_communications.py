"""What is taken for a structured communication in what people typed, and what is left to a person."""

import time

import pytest

from services.wallet.bank.communications import digits_of, find_structured, in_marks

ONE, OTHER = digits_of(1_000_123), digits_of(1_000_456)
GROUPED = f"{OTHER[:3]}/{OTHER[3:7]}/{OTHER[7:]}"
WRONG = ONE[:11] + str((int(ONE[11]) + 1) % 10)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (in_marks(ONE), ONE),
        (f"wallet {ONE} thank you", ONE),
        (f"{in_marks(ONE)} {ONE}", ONE),
        (f"our invoice 2026/0042 {GROUPED}", OTHER),
        (f"{in_marks(ONE)} {GROUPED}", None),
        (f"{in_marks(ONE)} and {OTHER}", None),
        (f"{GROUPED} and {ONE}", None),
        (f"{in_marks(ONE)} {WRONG}", ONE),
        (WRONG, None),
        (f"9{ONE}", None),
        (f"{ONE}9", None),
        (f"REF{ONE}", None),
        (f"BE68 5390 {ONE[:4]} {ONE[4:8]}", None),
        (ONE[:6] + " for " + ONE[6:], None),
        ("", None),
    ],
)
def test_what_names_two_wallets_or_none_is_for_a_person(text: str, found: str | None) -> None:
    assert find_structured(text) == found


@pytest.mark.parametrize("text", ["0" * 100_000, "+" * 100_000, "+++" + "0 " * 50_000, "BE00 " * 20_000, "1/" * 50_000])
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    find_structured(text)
    assert time.perf_counter() - began < 2
