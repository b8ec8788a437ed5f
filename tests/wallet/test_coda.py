"""Statements as CODA: what is read, in whatever way it was written down, and what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.wallet.bank import coda as parser
from services.wallet.bank.communications import digits_of
from services.wallet.bank.rules import Movement, Statement, StatementRefused
from tests.wallet.coda_writer import coda, coda_lines, encoded, movement_lines
from tests.wallet.statements import DAY, IBAN, OTHER, movement, statement, statements

OURS = digits_of(1_234_567)
ONE = statement(movement(5_000, structured=OURS), movement(-1_250, free_text="COSTS"))


def changed(lines: list[str], at: int, begin: int, text: str) -> bytes:
    """The file with other characters in one line. at: from 0; begin: the column, from 1."""
    line = lines[at]
    return encoded([*lines[:at], line[: begin - 1] + text + line[begin - 1 + len(text) :], *lines[at + 1 :]])


def refused(data: bytes) -> StatementRefused:
    with pytest.raises(StatementRefused) as caught:
        parser.parse(data)
    return caught.value


@given(
    st.lists(statements(), min_size=1, max_size=3),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from(["latin-1", "utf-8"]),
)
@settings(max_examples=80, deadline=None)
def test_what_was_written_is_read_again(found: list[Statement], end: str, encoding: str) -> None:
    assert parser.parse(coda(*found, end=end, encoding=encoding)) == found


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_are_read(version: str) -> None:
    [found] = parser.parse(coda(ONE, version=version))
    assert found == ONE
    assert found.number == "2026-001"
    assert found.until == DAY


def test_a_file_without_ends_of_lines_without_a_last_one_and_with_blank_lines_after_it_is_the_same() -> None:
    whole = coda(ONE, end="\n")
    for data in (
        whole.rstrip(),
        whole + b"\n\r\n  \n\x1a",
        coda(ONE, end=""),
        coda(ONE, end="\r"),
        b"\xef\xbb\xbf" + whole,
    ):
        assert parser.parse(data) == [ONE]


def test_lines_that_lost_their_blanks_at_the_end_are_filled_up() -> None:
    assert parser.parse(encoded(line.rstrip() for line in coda_lines(ONE))) == [ONE]


def test_letters_of_several_bytes_fill_columns_either_way() -> None:
    one = statement(movement(counterparty_name="CAFÉ DE LA GARE À LIÈGE"))
    by_bytes: list[bytes] = []
    for line in coda_lines(one):
        raw = line.encode()
        while len(raw) > 128:
            raw = raw.replace(b"  ", b" ", 1) if b"LI\xc3\x88GE" not in raw else raw.replace(b"GE  ", b"GE ", 1)
        by_bytes.append(raw)
    assert parser.parse(b"\n".join(by_bytes))[0].movements[0].counterparty_name == "CAFÉ DE LA GARE À LIÈGE"
    for encoding in ("utf-8", "cp1252", "latin-1"):
        assert parser.parse(coda(one, encoding=encoding)) == [one]


@pytest.mark.parametrize(
    ("structure", "zone", "iban"),
    [
        ("0", "539007547034 EUR0BE                  ", OTHER),
        ("1", "1234567890                        EUR", "1234567890"),
        ("2", "BE68539007547034                  EUR", OTHER),
        ("2", "BE68539007547034                     ", OTHER),
        ("3", "FR1420041010050500013M02606       EUR", "FR1420041010050500013M02606"),
    ],
)
def test_the_account_is_read_by_its_structure(structure: str, zone: str, iban: str) -> None:
    lines = list(coda_lines(ONE))
    lines[0 + 1] = f"1{structure}" + lines[1][2:5] + zone + lines[1][42:]
    lines[-2] = lines[-2][:4] + zone + lines[-2][41:]
    [found] = parser.parse(encoded(lines))
    assert (found.account_iban, found.currency) == (iban, "EUR")


def test_a_communication_runs_over_three_records() -> None:
    text = ("Invoice 2026-0042 of the office in the Rue de la Loi, fourth floor, at the back " * 2)[:148].strip()
    assert parser.parse(coda(statement(movement(free_text=text))))[0].movements[0].free_text == text


def test_a_typed_communication_is_recognised_and_kept_as_text() -> None:
    text = "For the wallet: +++000/1234/56748+++ thanks"
    [found] = parser.parse(coda(statement(movement(free_text=text))))[0].movements
    assert (found.structured, found.free_text) == (OURS, text)


def test_a_structured_communication_with_a_wrong_check_number_is_text() -> None:
    wrong = OURS[:-1] + str((int(OURS[-1]) + 1) % 10)
    lines = [line.replace(f"1101{OURS}", f"1101{wrong}") for line in coda_lines(ONE)]
    found = parser.parse(encoded(lines))[0].movements[0]
    assert (found.structured, found.free_text) == (None, wrong)


@pytest.mark.parametrize(("kind", "structured"), [("102", OURS), ("106", None), ("100", None)])
def test_other_types_are_believed_only_where_they_hold_such_a_number(kind: str, structured: str | None) -> None:
    lines = [line.replace(f"1101{OURS}", f"1{kind}{OURS}") for line in coda_lines(ONE)]
    assert parser.parse(encoded(lines))[0].movements[0].structured == structured


def globalised(*details: Movement, kind: str = "2", of: str = "6") -> Iterator[str]:
    """A statement with one sum of these."""
    whole = statement(
        movement(sum(one.amount_cents for one in details), counterparty_name=None, counterparty_iban=None)
    )
    first, opening, main, *rest = coda_lines(whole)
    yield from (first, opening, main[:53] + kind + main[54:])
    inside = [line for at, one in enumerate(details, 1) for line in movement_lines(one, 1, at, f"{of}0150000")]
    yield from inside
    yield rest[-2]
    yield f"9{'':15}{len(inside) + 3:06}{rest[-1][22:]}"


def test_details_do_not_count_and_are_kept_beside_the_sum() -> None:
    details = (movement(3_000, structured=OURS), movement(2_000, free_text="rent"))
    [found] = parser.parse(encoded(globalised(*details)))[0].movements
    assert found.amount_cents == 5_000
    assert found.details == details


def test_details_that_are_no_transfers_say_nothing_of_their_own() -> None:
    [found] = parser.parse(encoded(globalised(movement(3_000), movement(2_000), kind="3", of="8")))[0].movements
    assert found.details == ()


def test_records_of_information_and_messages_change_nothing() -> None:
    lines = list(coda_lines(ONE))
    information = ["31", "32", "33"]
    extra = [f"{kind}00010001{'REF0001':21}001500001001NAME".ljust(127) + "0" for kind in information]
    message = f"4 00010000{'':22}CLOSING AVAILABLE BALANCE".ljust(127) + "0"
    count = int(lines[-1][16:22])
    for counted in (count + 3, count + 4):  # the second is how some banks count
        end = f"{lines[-1][:16]}{counted:06}{lines[-1][22:]}"
        assert parser.parse(encoded([*lines[:5], *extra, *lines[5:-1], message, end])) == [ONE]


def test_several_statements_stand_in_one_block_or_in_several() -> None:
    second = replace(ONE, opening_cents=ONE.closing_cents, closing_cents=2 * ONE.closing_cents - ONE.opening_cents)
    assert parser.parse(coda(ONE, second)) == [ONE, second]
    first, other = list(coda_lines(ONE)), list(coda_lines(second))
    both = [*first[:-1], *other[1:-1]]
    end = f"9{'':15}{len(both) - 1:06}{12_500 * 2:015}{50_000 * 2:015}".ljust(127) + "2"
    assert parser.parse(encoded([*both, end])) == [ONE, second]


@pytest.mark.parametrize(
    ("at", "column", "text", "line", "reason"),
    [
        (1, 44, "000000000999990", 9, "the closing balance is"),
        (2, 33, "000000000050010", 9, "the closing balance is"),
        (2, 33, "000000000050003", 3, "whole number of cents"),
        (2, 33, "00000000005000x", 3, "is no number"),
        (2, 32, "2", 3, "has no sign"),
        (2, 48, "311126", 3, "is no date"),
        (2, 54, "4", 3, "type '4'"),
        (5, 3, "0003", 6, "follows on"),
        (5, 1, "25", 6, "no record '25'"),
        (8, 43, "000000000000010", 9, "the closing balance is"),
        (9, 17, "000009", 10, "it says 9 records"),
        (9, 23, "000000000012510", 10, "of debits"),
        (9, 38, "000000000050010", 10, "of credits"),
        (0, 128, "3", 1, "version '3'"),
        (1, 2, "7", 2, "account structure"),
        (3, 1, "7", 4, "no record '7'"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_with_line_and_reason(
    at: int, column: int, text: str, line: int, reason: str
) -> None:
    error = refused(changed(list(coda_lines(ONE)), at, column, text))
    assert error.line == line
    assert reason in error.reason


def test_what_is_empty_torn_or_of_another_kind_is_refused() -> None:
    lines = list(coda_lines(ONE))
    for data in (b"", b"\n\n", b"%PDF-1.7", b"\x00\xff" * 200, b"<Document/>"):
        assert refused(data).line >= 1
    for length in range(1, len(lines)):
        assert refused(encoded(lines[:length])).line == length
    for gone in range(len(lines)):
        assert refused(encoded([*lines[:gone], *lines[gone + 1 :]])).reason
    assert refused(encoded([*lines, lines[2]])).line == len(lines) + 1
    assert refused(encoded([lines[0] + "x"])).line == 1


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_one_wrong_character_in_a_number_is_refused_or_changes_no_money(data: st.DataObject) -> None:
    lines = list(coda_lines(ONE))
    places = [
        (1, 43, 58),
        (2, 32, 47),
        (5, 32, 47),
        (8, 42, 57),
        (9, 17, 52),
        (2, 3, 10),
        (5, 3, 10),
        (2, 54, 54),
        (0, 1, 1),
        (1, 1, 1),
    ]
    at, first, last = data.draw(st.sampled_from(places))
    column = data.draw(st.integers(first, last))
    other = data.draw(st.sampled_from("0123456789 -x"))
    try:
        [found] = parser.parse(changed(lines, at, column, other))
    except StatementRefused:
        return
    assert [one.amount_cents for one in found.movements] == [5_000, -1_250]
    assert (found.opening_cents, found.closing_cents) == (ONE.opening_cents, ONE.closing_cents)


def test_movements_are_numbered_anew_after_9999() -> None:
    many = statement(*(movement(1, bank_reference=str(at)) for at in range(10_050)))
    [found] = parser.parse(coda(many))
    assert len(found.movements) == 10_050


def test_a_day_that_the_bank_leaves_out_is_the_other_one() -> None:
    lines = list(coda_lines(ONE))
    found = parser.parse(changed(lines, 2, 48, "000000"))[0].movements[0]
    assert (found.value_date, found.booking_date) == (DAY, DAY)
    assert parser.parse(changed(lines, 2, 48, "010100"))[0].movements[0].value_date == date(2000, 1, 1)
    assert parser.parse(coda(replace(ONE, account_iban=IBAN)))[0].account_iban == IBAN
