"""Files of older tools as they come: every damage costs the line that it is in, and says where."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local.account_files import MAX_CELL_CHARS, AccountFile, Line
from deploy.local.errors import Refused

HEADER = "id,username,email,password_hash"


def lines_of(path: Path, content: str | bytes, **options: Any) -> list[Line]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    file = AccountFile(path, **options)
    try:
        return list(file.lines())
    finally:
        file.close()


def told(lines: list[Line]) -> list[tuple[int, str]]:
    return [(line.number, line.reason or str(line.record["username"])) for line in lines]


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    return tmp_path / "accounts.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whatever_a_spreadsheet_writes_is_read(csv_file: Path, delimiter: str, encoding: str, end: str) -> None:
    rows = [HEADER.upper(), '1,"zoë ""d""",a@b.example,x', "2,bob,,y", ""]
    content = end.join(rows).replace(",", delimiter).encode(encoding)
    assert told(lines_of(csv_file, content)) == [(2, 'zoë "d"'), (3, "bob")]


def test_windows_1252_is_read_when_one_says_so(csv_file: Path) -> None:
    content = f"{HEADER}\n1,zoë,,x\n".encode("cp1252")
    assert told(lines_of(csv_file, content)) == [(2, "damaged-text")]
    assert told(lines_of(csv_file, content, encoding="cp1252")) == [(2, "zoë")]


def test_damaged_lines_of_a_table_are_told_and_the_next_ones_read(csv_file: Path) -> None:
    content = "\n".join(
        [
            HEADER,
            "1,ann,,x",
            "2,bob",
            "3,cas,,x,more",
            "",
            f"4,{'d' * (MAX_CELL_CHARS + 1)},,x",
            '5,"eva"x,,x',
            "6,fay,,x",
        ]
    )
    assert told(lines_of(csv_file, content)) == [
        (2, "ann"), (3, "columns"), (4, "columns"), (6, "cell-too-large"), (7, "quotes"), (8, "fay"),
    ]  # fmt: skip


def test_a_cell_may_have_several_lines_and_numbers_stay_those_of_the_file(csv_file: Path) -> None:
    assert told(lines_of(csv_file, f'{HEADER}\n1,"a\nb\nc",,x\n2,bob,,y\n')) == [(2, "a\nb\nc"), (5, "bob")]


def test_a_quote_that_is_never_closed_does_not_take_the_whole_file(csv_file: Path) -> None:
    rows = [f"{number},user{number},," + "x" * 80 for number in range(2, 2000)]
    lines = lines_of(csv_file, "\n".join([HEADER, '1,"open,,x', *rows]))
    assert lines[0] == Line(2, {}, "cell-too-large")
    assert lines[-1].record["username"] == "user1999"
    assert sum(1 for line in lines if not line.reason) > 1500


@pytest.mark.parametrize("header", ["", "name,mail", "id,password_hash", "username,email"])
def test_a_table_without_the_columns_that_matter_is_refused_at_once(csv_file: Path, header: str) -> None:
    with pytest.raises(Refused):
        lines_of(csv_file, f"{header}\n1,2\n")


def test_json_lines_and_arrays_read_alike(tmp_path: Path) -> None:
    records = [
        {"id": 1, "username": "zoë"},
        {"id": 2, "username": "bob", "organisations": [{"enterprise_number": "1"}]},
    ]
    as_lines = "\n".join(json.dumps(record) for record in records)
    for name, content in (("a.jsonl", as_lines), ("b.json", as_lines), ("c.json", json.dumps(records, indent=1))):
        for mark in (b"", b"\xef\xbb\xbf"):
            lines = lines_of(tmp_path / name, mark + content.encode())
            assert [line.record for line in lines] == records


def test_damaged_json_lines_are_told(tmp_path: Path) -> None:
    content = (
        b'{"id": 1, "username": "ann"}\n{"id": 2,\n[1]\n\n{"id": 3, "username": "b\xff"}\n' + b'{"username": "eva"}'
    )
    assert told(lines_of(tmp_path / "a.jsonl", content)) == [
        (1, "ann"), (2, "not-json"), (3, "not-a-record"), (5, "damaged-text"), (6, "eva"),
    ]  # fmt: skip


def test_behind_damage_in_an_array_nothing_can_be_told_apart(tmp_path: Path) -> None:
    content = '[{"id": 1, "username": "ann"}, {"id": 2, "username": "bob"}, {"id": 3 oops'
    assert told(lines_of(tmp_path / "a.json", content)) == [(1, "ann"), (2, "bob"), (3, "not-json")]


def test_a_file_that_is_not_there_and_an_unknown_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        AccountFile(tmp_path / "none.csv")
    (tmp_path / "a.csv").touch()
    with pytest.raises(Refused):
        AccountFile(tmp_path / "a.csv", encoding="klingon")
