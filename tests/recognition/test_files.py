"""R5: files of registries: read whole or as differences, bad lines told, a suspicious file refused, nothing half done."""

import asyncio
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.recognition.catalogue import File
from services.recognition.connectors.build import hasher
from services.recognition.connectors.files import importing, store
from services.recognition.connectors.files.importing import FileImport
from services.recognition.connectors.files.rules import BadLine, FileBeingRead, Row, national_number, rows_of
from services.recognition.connectors.files.store import FileRecord
from services.recognition.rules import Entry
from shared.db import Database
from tests.conftest import DatabaseOf
from tests.recognition.catalogues import DELTA, FILE, with_files
from tests.recognition.conftest import SceneOf
from tests.recognition.scenes import Scene
from tools.world import cards

HASH_OF = hasher(b"k" * 32)
NORA = "85073003328"


def number(count: int) -> str:
    return cards.national_number(date(1950 + count // 300, 1, 1 + count % 28), "F", count % 300)


def whole(people: Iterable[str], *, ends: str = "31/12/2030", more: str = "") -> bytes:
    lines = [f"{holder};7001;01/01/2020;{ends}\r\n" for holder in people]
    return ("INSZ;DOSSIER;VAN;TOT\r\n" + "".join(lines) + more).encode("utf-8-sig")


class Reader:
    """Files as they are read, one after the other."""

    def __init__(self, database: Database, folder: Path, described: Any = FILE) -> None:
        self.database = database
        self._path = folder / "file"
        graces = {"fs323": 0}
        self.files = FileImport(database, "fund", File.model_validate(described), graces, HASH_OF)

    async def read(self, content: bytes, name: str = "f.csv", **options: Any) -> FileRecord:
        self._path.write_bytes(content)
        return await self.files.read(self._path, name, **{"as_of": date(2026, 1, 31), **options})

    async def entries(self, holder: str) -> list[Entry]:
        async with self.database.acquire() as db:
            return await store.entries_of(db, "fund", HASH_OF(holder))

    async def known(self) -> int:
        async with self.database.acquire() as db:
            return await store.count_rows(db, "fund")


@pytest_asyncio.fixture
async def reader(database_of: DatabaseOf, tmp_path: Path) -> Reader:
    return Reader(await database_of("recognition"), tmp_path)


async def test_a_whole_file_says_everything_anew(reader: Reader) -> None:
    first = await reader.read(whole([number(one) for one in range(10)]))
    assert (first.state, first.lines, first.bad, first.changed, first.removed) == ("applied", 10, 0, 10, 0)
    second = await reader.read(whole([number(one) for one in range(1, 11)]))
    assert (second.state, second.changed, second.removed) == ("applied", 1, 1)
    assert await reader.entries(number(0)) == []
    assert await reader.entries(number(10)) == [Entry("fs323", "7001", date(2020, 1, 1), date(2030, 12, 31))]


async def test_the_same_file_is_read_once(reader: Reader) -> None:
    content = whole([number(one) for one in range(10)])
    first = await reader.read(content)
    assert await reader.read(content) == first


async def test_bad_lines_are_told_without_whom_they_are_about_and_the_others_count(reader: Reader) -> None:
    wrong = f"{NORA[:-1]}9;1;;\r\n{number(3)};2;2020-01-01;\r\n{number(4)};3\r\n"
    record = await reader.read(whole([number(1), number(2)], more=wrong))
    assert (record.state, record.lines, record.bad) == ("applied", 5, 3)
    async with reader.database.acquire() as db:
        faults = await store.faults_of(db, record.id)
    assert faults == [BadLine(4, "national-number"), BadLine(5, "date"), BadLine(6, "columns")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (whole([]), "empty"),
        (b"", "columns-missing"),
        (b"<!doctype html><h1>Maintenance</h1>", "columns-missing"),
        (whole([number(one) for one in range(7)]), "shrunken"),
        (whole([number(one) for one in range(10)], more="x;;;\r\n" * 4), "too-many-bad-lines"),
        (whole([number(one) for one in range(10)], more='"' + f"{NORA};1;;\r\n" * 6), "too-many-bad-lines"),
        (whole([number(one) for one in range(10)])[:200], "shrunken"),
    ],
)
async def test_a_file_that_cannot_be_right_is_refused(reader: Reader, content: bytes, why: str) -> None:
    await reader.read(whole([number(one) for one in range(10)]))
    refused = await reader.read(content)
    assert (refused.state, refused.why) == ("refused", why)
    assert await reader.known() == 10


async def test_a_line_without_end_is_read_in_pieces(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    longest: list[int] = []

    def noted(text: Iterable[str], *described: Any) -> Any:
        return rows_of((longest.append(len(line)) or line for line in text), *described)

    monkeypatch.setattr(importing, "rows_of", noted)
    record = await reader.read(whole([NORA], more="x" * 2_000_000))
    assert (record.why, record.lines - record.bad) == ("too-many-bad-lines", 1)
    assert max(longest) <= importing.MAX_LINE_CHARS


async def test_an_operator_can_have_a_shrunken_file_obeyed_and_no_other(reader: Reader) -> None:
    await reader.read(whole([number(one) for one in range(10)]))
    small = whole([number(1)])
    assert (await reader.read(small)).state == "refused"
    assert (await reader.read(small, accept_shrunken=True)).state == "applied"
    assert await reader.known() == 1
    bad = whole([number(1)], more="x;;;\r\n" * 4)
    assert (await reader.read(bad, accept_shrunken=True)).state == "refused"


async def test_a_delta_adds_changes_and_takes_away(database_of: DatabaseOf, tmp_path: Path) -> None:
    reader = Reader(await database_of("recognition"), tmp_path, DELTA)

    def delta(*lines: tuple[str, str, str]) -> bytes:
        text = "nn,soort,nr,tot,wat\n" + "".join(f"{one},Vérifié,{nr},2030-01-01,{what}\n" for one, nr, what in lines)
        return text.encode("latin-1")

    first = await reader.read(delta((number(1), "1", "A"), (number(2), "2", "A")), "1.csv")
    assert (first.state, first.bad, first.changed) == ("applied", 0, 2)
    second = await reader.read(delta((number(1), "", "D"), (number(2), "3", "A"), (number(2), "4", "A")), "2.csv")
    assert (second.state, second.changed) == ("applied", 2)
    assert await reader.entries(number(1)) == []
    assert [entry.number for entry in await reader.entries(number(2))] == ["4"]
    assert (await reader.read(delta(), "3.csv")).state == "applied"


async def test_a_reader_that_was_killed_leaves_nothing_behind(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    await reader.read(whole([number(one) for one in range(10)]))
    monkeypatch.setattr(importing, "LINES_AT_ONCE", 2)
    stage, times = store.stage, 0

    async def dies(db: Any, rows: Any) -> None:
        nonlocal times
        times += 1
        if times == 3:
            raise asyncio.CancelledError
        await stage(db, rows)

    monkeypatch.setattr(store, "stage", dies)
    later = whole([number(one) for one in range(20, 30)])
    with pytest.raises(asyncio.CancelledError):
        await reader.read(later, accept_shrunken=True)
    assert await reader.known() == 10
    monkeypatch.setattr(store, "stage", stage)
    assert (await reader.read(later)).state == "applied"
    assert await reader.entries(number(20)) != []
    assert await reader.entries(number(1)) == []


async def test_one_file_of_a_registry_is_read_at_a_time(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, stage = asyncio.Event(), asyncio.Event(), store.stage

    async def waits(db: Any, rows: Any) -> None:
        begun.set()
        await go_on.wait()
        await stage(db, rows)

    monkeypatch.setattr(store, "stage", waits)
    reading = asyncio.create_task(reader.read(whole([number(1)])))
    await begun.wait()
    with pytest.raises(FileBeingRead):
        await reader.read(whole([number(2)]), "other.csv")
    go_on.set()
    assert (await reading).state == "applied"


async def test_who_comes_later_is_found_in_the_file_of_before(scene_of: SceneOf, tmp_path: Path) -> None:
    scene = await delivered(scene_of, tmp_path, whole([NORA, number(1)]))
    account_id = await scene.link(number=NORA)
    await scene.work()
    shown = await scene.get(account_id)
    assert [(one["kind"], one["source"]) for one in shown["recognitions"]] == [("fs323", "fund")]
    fund = next(one for one in shown["registries"] if one["registry"] == "fund")
    assert (fund["state"], fund["lag"]) == ("answered", {"from_months": 4, "to_months": 6})
    assert fund["as_of"] == "2026-01-31"


async def test_what_a_later_file_says_otherwise_is_asked_about_by_itself(scene_of: SceneOf, tmp_path: Path) -> None:
    people = [number(one) for one in range(9)]
    scene = await delivered(scene_of, tmp_path, whole([NORA, *people]))
    account_id = await scene.link(number=NORA)
    await scene.work()
    (tmp_path / "in" / "fs323-20260228.csv").write_bytes(whole(people))
    await scene.desk.follow("fund")
    await scene.work()
    assert (await scene.get(account_id))["recognitions"][0]["state"] == "lapsed"


async def test_before_the_first_file_there_is_no_answer_yet(scene_of: SceneOf, tmp_path: Path) -> None:
    scene = await delivered(scene_of, tmp_path, None)
    account_id = await scene.link(number=NORA)
    assert await scene.work() == [300.0]
    states = {one["registry"]: one["state"] for one in (await scene.get(account_id))["registries"]}
    assert states == {"fund": "unavailable", "professions": "answered"}


async def test_an_operator_sees_the_registries_and_reads_a_file_by_hand(scene_of: SceneOf, tmp_path: Path) -> None:
    scene = await delivered(scene_of, tmp_path, whole([number(one) for one in range(10)]))
    operator = scene.mint.peer("operator", "recognition")
    query = {"registry": "fund", "name": "by-hand.csv", "as_of": "2026-03-31"}
    put = {"url": "/internal/registry-files", "headers": operator, "content": whole([NORA], more="x;;;\r\n")}
    refused = (await scene.app.http.put(params=query, **put)).json()
    assert (refused["state"], refused["why"], refused["faults"]) == (
        "refused",
        "shrunken",
        [{"line": 3, "why": "national-number"}],
    )
    taken = (await scene.app.http.put(params={**query, "accept_shrunken": "true"}, **put)).json()
    assert (taken["state"], taken["changed"], taken["removed"]) == ("applied", 1, 10)
    answer = await scene.app.http.get("/internal/registries", headers=operator)
    fund, professions = sorted(answer.json(), key=lambda one: one["registry"])
    assert (fund["connector"], fund["as_of"], fund["files"][0]["name"]) == ("file", "2026-03-31", "by-hand.csv")
    assert (professions["connector"], professions["circuit"]) == ("http", "closed")
    wrong = await scene.app.http.put(params={**query, "registry": "professions"}, **put)
    assert wrong.json()["code"] == "no-file-registry"


def test_a_number_is_taken_as_it_is_written_and_only_with_its_check() -> None:
    assert national_number("85.07.30-033 28") == NORA
    assert national_number(cards.national_number(date(2004, 2, 29), "F", 12)) is not None
    for wrong in ("85073003329", "8507300332", "850730033281", "", "abc", "\u0661" * 11):
        assert national_number(wrong) is None


def test_a_row_does_not_show_whom_it_is_about() -> None:
    file = File.model_validate(FILE)
    (row,) = rows_of(["INSZ;DOSSIER;VAN;TOT\n", f"{NORA};1;;\n"], file, ["fs323"])
    assert isinstance(row, Row)
    assert NORA not in repr(row)


async def delivered(scene_of: SceneOf, tmp_path: Path, content: bytes | None) -> Scene:
    """A service into whose folder this file was delivered and read."""
    folder = tmp_path / "in"
    folder.mkdir()
    dated = {**FILE, "dated_by": r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"}
    scene = await scene_of(with_files(dated), registries={"fund": {"folder": str(folder), "settle_s": 0}})
    (folder / "unfinished.csv.part").write_bytes(b"INSZ")
    if content is not None:
        (folder / "fs323-20260131.csv").write_bytes(content)
        await scene.desk.follow("fund")
    return scene


async def test_a_whole_file_that_comes_again_unchanged_says_that_all_is_as_it_was(reader: Reader) -> None:
    async def as_of() -> date:
        async with reader.database.acquire() as db:
            return await db.fetchval("SELECT as_of FROM registry")

    first, later = whole([NORA]), date(2026, 2, 28)
    record = await reader.read(first)
    assert (await reader.read(first, as_of=later)).id == record.id
    assert await as_of() == later
    await reader.read(first, as_of=date(2026, 2, 1))
    assert await as_of() == later, "an older day says nothing new"
    await reader.read(whole([NORA, number(1)]), "g.csv", as_of=date(2026, 3, 1))
    await reader.read(first, as_of=date(2026, 3, 31))
    assert await as_of() == date(2026, 3, 1), "another file counts by now"
