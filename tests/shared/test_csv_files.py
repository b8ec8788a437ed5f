"""CSV files that a spreadsheet opens as what they are."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.csv_files import BYTE_ORDER_MARK, Row, cell, download, file_of, lines


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+32 2 555 12 12",
        "-1",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\r=1",
        "\n=1",
        "＝1",
        "＋1",
        "－1",
        "＠A1",
        "|calc",
        "%0",
    ],
)
def test_what_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    assert [cell(-5), cell(Decimal("-1.50")), cell(None), cell("a=b")] == ["-5", "-1,50", "", "a=b"]


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1), max_size=5
    )
)
def test_whatever_is_written_is_read_back_and_no_cell_begins_a_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(lines(rows), newline=""), delimiter=";"))
    assert [[text.removeprefix("'") for text in row] for row in read] == [
        [text.removeprefix("'") if cell(text) == text else text for text in row] for row in rows
    ]
    assert not [text for row in read for text in row if text[:1] and text[0] in "=+-@\t\r\n"]


async def test_a_file_begins_with_the_mark_and_comes_in_pieces() -> None:
    async def pieces() -> AsyncIterator[Iterable[Row]]:
        yield [["Zoë", 1]]
        yield [['a "b"; c', None]]

    found = [piece.decode() async for piece in file_of(["Name", "Count"], pieces())]
    assert found == [BYTE_ORDER_MARK + "Name;Count\r\n", "Zoë;1\r\n", '"a ""b""; c";\r\n']
    answer = download("employees.csv", ["Name"], pieces())
    assert answer.headers["content-disposition"] == 'attachment; filename="employees.csv"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
