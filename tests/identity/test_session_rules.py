"""Throttling, client addresses and the ladder of sign-in strength, over tables; and linking an eID."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.eid import Cardholder
from services.identity.eid.national_number import read_national_number
from services.identity.eid.rules import EidLinkedElsewhere, EidOfAnotherPerson, Link, NumberHasher, judge_link
from services.identity.sessions import rules
from services.identity.sessions.rules import ADDRESS_THROTTLE, IDENTIFIER_THROTTLE, Throttle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME, OTHER = UUID(int=1), UUID(int=2)
HASHER = NumberHasher(b"k" * 32)


@pytest.mark.parametrize("throttle", [ADDRESS_THROTTLE, IDENTIFIER_THROTTLE])
def test_pauses_grow_and_never_exceed_five_minutes(throttle: Throttle) -> None:
    assert list(throttle.pauses_s) == sorted(throttle.pauses_s)
    assert throttle.pauses_s[0] == 0
    assert max(throttle.pauses_s) == 300


def test_guessing_a_day_long_gets_few_guesses() -> None:
    elapsed, guesses = 0, 0
    while elapsed < 24 * 3600:
        elapsed += IDENTIFIER_THROTTLE.pauses_s[min(guesses, len(IDENTIFIER_THROTTLE.pauses_s) - 1)]
        guesses += 1
    assert guesses < 310


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("unknown", ""),
        ("", ""),
        ("192.0.2.1, 10.0.0.1", ""),
    ],
)
def test_what_counts_as_one_client(text: str, kept: str) -> None:
    assert rules.normalise_client_address(text) == kept


@given(st.text(max_size=60))
def test_fuzz_any_address_is_read(text: str) -> None:
    assert isinstance(rules.normalise_client_address(text), str)


@pytest.mark.parametrize(
    ("acr", "needed", "enough"),
    [
        ("pending", "pwd", False),
        ("pwd", "pwd", True),
        ("pwd", "mfa", False),
        ("mfa", "eid", False),
        ("eid", "mfa", True),
        ("nonsense", "pending", False),
    ],
)
def test_the_ladder(acr: str, needed: str, enough: bool) -> None:
    assert rules.is_at_least(acr, needed) is enough


def test_waiting_is_rounded_up() -> None:
    assert rules.seconds_until(NOW + timedelta(seconds=1.2), now=NOW) == 2
    assert rules.seconds_until(NOW - timedelta(seconds=5), now=NOW) == 1


def holder(number: str | None = "85073003328", certificate: str = "aa") -> Cardholder:
    return Cardholder(number, "Alix", "Vervloesem", date(1985, 7, 30), "male", certificate)


def own(number: str = "85073003328", certificate: str = "aa") -> Link:
    return Link(ME, HASHER.hash(number), certificate)


@pytest.mark.parametrize(
    ("link", "of_number", "outcome"),
    [
        (None, None, "linked"),
        (own(), ME, "unchanged"),
        (own(certificate="bb"), ME, "renewed"),
        (None, OTHER, EidLinkedElsewhere),
        (own(), OTHER, EidLinkedElsewhere),
        (own(number="17073003384"), None, EidOfAnotherPerson),
        (own(number="17073003384"), OTHER, EidLinkedElsewhere),
    ],
)
def test_whether_a_card_may_be_linked(
    link: Link | None, of_number: UUID | None, outcome: str | type[Exception]
) -> None:
    hashes = HASHER.hashes("85073003328")
    if isinstance(outcome, str):
        assert judge_link(ME, holder(), hashes, own=link, of_number=of_number) == outcome
    else:
        with pytest.raises(outcome):
            judge_link(ME, holder(), hashes, own=link, of_number=of_number)


def test_the_hash_of_a_number_depends_on_the_key() -> None:
    assert HASHER.hash("85073003328") != NumberHasher(b"j" * 32).hash("85073003328")
    assert HASHER.key_id != NumberHasher(b"j" * 32).key_id


@pytest.mark.parametrize(
    "text", ["", "8507300332", "850730033288", "85 07 30 033 28", "٨٥٠٧٣٠٠٣٣٢٨", "00000000000", "85073003327"]
)
def test_what_is_no_national_number(text: str) -> None:
    assert read_national_number(text) is None


@given(st.text(alphabet="0123456789", min_size=11, max_size=11))
def test_any_eleven_digits_are_read_or_refused(text: str) -> None:
    found = read_national_number(text)
    if found is not None:
        first_nine, check = int(text[:9]), int(text[9:])
        assert check in (97 - first_nine % 97, 97 - (2_000_000_000 + first_nine) % 97)
