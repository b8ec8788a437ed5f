"""The public files of the company register: taken over whole or not at all, kept up to date, run again at will."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from services.organisation.register import store
from services.organisation.register.commands import main
from services.organisation.register.files import ExtractFiles, ExtractRefused
from services.organisation.register.local import LocalRegister
from services.organisation.register.rules import Extract, ExtractMismatch, LineRefused, check_base, number_of
from shared.db import Connection, Database
from tests.organisation.register_extracts import (
    EUPEN,
    FULL,
    GENT,
    NEW,
    PARC,
    STRUCK_OFF,
    UPDATE,
    changed,
    imported,
    numbered,
    zipped,
)


async def test_an_update_changes_what_it_names_and_nothing_else(database: Database, db: Connection) -> None:
    await imported(db, FULL)
    outcome = await imported(db, UPDATE)
    copy = LocalRegister(database)
    assert (outcome.enterprises_before, outcome.enterprises) == (6, 6)
    parc, gent, eupen, new = [await copy.find(number, "nl") for number in (PARC, GENT, EUPEN, NEW)]
    assert parc is not None
    assert parc.address is not None
    assert (parc.name, parc.address.city) == ("Agence du Grand Parc SRL", "Sint-Gillis")
    assert gent is not None
    assert gent.address is not None  # its own line changed, not its name or address
    assert eupen is not None
    assert eupen.address is None
    assert new is not None
    assert new.name == "Nieuw Kantoor BV"
    assert await copy.find(STRUCK_OFF, "fr") is None
    row = await db.fetchrow("SELECT legal_form, nace_code FROM register_enterprise WHERE enterprise_number = $1", GENT)
    assert tuple(row or ()) == ("610", "68100")


async def test_a_zip_file_is_read_as_a_folder_is_and_again_changes_nothing(db: Connection, tmp_path: Path) -> None:
    assert (await imported(db, zipped(tmp_path, FULL))).enterprises == 6
    assert (await imported(db, zipped(tmp_path, UPDATE))).is_new
    again = await imported(db, UPDATE)
    assert (again.is_new, again.enterprises) == (False, 6)
    state = await store.find_state(db)
    assert state is not None
    assert (state.extract.number, state.extract.kind) == (141, "update")


async def test_a_dry_run_changes_nothing(db: Connection, database: Database) -> None:
    assert (await imported(db, FULL, dry_run=True)).enterprises == 6
    assert await store.find_state(db) is None
    await imported(db, FULL)
    await imported(db, UPDATE, dry_run=True)
    found = await LocalRegister(database).find(PARC, "fr")
    assert found is not None
    assert found.name == "Agence du Parc SRL"


async def test_an_update_of_another_base_is_refused(db: Connection, tmp_path: Path) -> None:
    with pytest.raises(ExtractMismatch, match="a full file comes first"):
        await imported(db, UPDATE)
    await imported(db, FULL)
    with pytest.raises(ExtractMismatch, match="first 141 to 143, or a full file"):
        await imported(db, numbered(tmp_path, UPDATE, 144))
    with pytest.raises(ExtractMismatch, match="older"):
        await imported(db, numbered(tmp_path, FULL, 139))


BROKEN: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("enterprise.csv", lambda data: data[: data.index(b"0400") + 15], "enterprise.csv, line 4: unexpected end"),
    ("denomination.csv", lambda data: data.rstrip(b'"\n'), "denomination.csv, line 12: unexpected end of data"),
    ("enterprise.csv", lambda data: data.replace(b"0200.065.765", b"0200.065.766"), "line 3: '0200.065.766' is no ent"),
    ("address.csv", lambda data: data + bytes(range(256)) * 20, "address.csv, line"),
    ("address.csv", lambda data: b"PK\x03\x04" + bytes(500), "address.csv, line 1: column"),
    ("denomination.csv", lambda data: data.replace("É".encode(), b"\xc9"), "line 8: 'Peeters \\udcc9lodie' is no text"),
    ("denomination.csv", lambda data: data.replace(b'"Denomination"', b'"Name"'), "column Denomination is missing"),
    ("enterprise.csv", lambda data: data.replace(b"14-03-2012", b"2012-03-14"), "line 2: '2012-03-14' is no date"),
    ("enterprise.csv", lambda data: data.split(b"\n")[0] + b"\n", "enterprise.csv is empty"),
    ("enterprise.csv", lambda data: data + data.split(b"\n")[1] + b"\n", "two lines say what enterprise 0123456749 is"),
    ("denomination.csv", lambda data: b"\n".join(data.split(b"\n")[:4]) + b"\n", "5 of 6 enterprises have no name"),
    ("meta.csv", lambda data: data.replace(b'"142"', b'"many"'), "meta.csv says too little"),
]  # fmt: skip


async def test_a_file_that_is_not_whole_is_refused_with_the_line_and_changes_nothing(
    db: Connection, database: Database, tmp_path: Path
) -> None:
    await imported(db, FULL)
    newer = numbered(tmp_path, FULL, 142)
    for place, (file, change, said) in enumerate(BROKEN):
        with pytest.raises(ExtractRefused) as refused:
            await imported(db, changed(tmp_path / str(place), newer, file, change))
        assert said in str(refused.value)
        state = await store.find_state(db)
        assert state is not None
        assert state.extract.number == 140
        assert await LocalRegister(database).find(PARC, "fr") is not None


async def test_a_much_smaller_file_is_refused_unless_one_insists(db: Connection, tmp_path: Path) -> None:
    await imported(db, FULL)

    def few(data: bytes) -> bytes:
        return b"\n".join(data.split(b"\n")[:4]) + b"\n"

    smaller = changed(tmp_path, numbered(tmp_path, FULL, 142), "enterprise.csv", few)
    with pytest.raises(ExtractRefused, match="3 enterprises where 6 are there"):
        await imported(db, smaller)
    assert (await imported(db, smaller, anyway=True)).enterprises == 3


@pytest.mark.parametrize("file", ["address.csv", "denomination.csv"])
async def test_an_extract_that_lacks_a_file_is_refused(db: Connection, tmp_path: Path, file: str) -> None:
    folder = tmp_path / "lacking"
    shutil.copytree(FULL, folder)
    (folder / file).unlink()
    with pytest.raises(ExtractRefused, match=f"{file} is missing"):
        await imported(db, folder)


def test_what_is_no_extract_at_all_is_refused(tmp_path: Path) -> None:
    half = zipped(tmp_path, FULL)
    half.write_bytes(half.read_bytes()[:700])
    for path in (half, tmp_path / "nowhere.zip", FULL / "meta.csv", tmp_path):
        with pytest.raises(ExtractRefused):
            ExtractFiles(path)


async def test_an_import_that_is_cut_off_leaves_what_was_there(
    database: Database, db: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await imported(db, FULL)
    for step in ("fill", "analyze", "save_state"):
        killed = await database.connect()

        async def die(*_: object, killed: Connection = killed, **__: object) -> None:
            killed.terminate()
            raise ConnectionResetError

        with monkeypatch.context() as patch:
            patch.setattr(store, step, die)
            with pytest.raises(ConnectionResetError):
                await imported(killed, numbered(tmp_path, FULL, 150))
        found = await LocalRegister(database).find(PARC, "fr")
        assert found is not None
    assert (await imported(db, numbered(tmp_path, FULL, 150))).enterprises == 6


async def test_two_imports_do_not_run_at_once(database: Database, db: Connection) -> None:
    other = await database.connect()
    assert await store.lock(db)
    assert not await store.lock(other)
    await other.close()


async def test_the_command_imports_in_order_and_tells_what_is_there(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def run(*arguments: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, arguments)
        return code, *capsys.readouterr()

    monkeypatch.setenv("IMMO_POSTGRES_ORGANISATION", database.dsn)
    monkeypatch.setenv("IMMO_ORGANISATION_REGISTER_SOURCE", "local")
    assert "no extract has been imported" in (await run("status"))[1]
    code, out, _ = await run("import", str(zipped(tmp_path, UPDATE)), str(FULL))
    assert code == 0
    assert [line.split(" is there")[0] for line in out.splitlines()] == [
        "extract 140 (full, of 04-10-2026)",
        "extract 141 (update, of 05-10-2026)",
    ]
    assert (await run("import", str(FULL)))[0] == 1
    code, _, said = await run("import", "--dry-run", str(numbered(tmp_path, UPDATE, 150)))
    assert (code, said.startswith("refused: update 150 changes extract 149")) == (1, True)
    status = json.loads((await run("status", "--json"))[1])
    assert (status["answers"], status["there"]["extract"]["number"]) == ("local", 141)
    monkeypatch.delenv("IMMO_POSTGRES_ORGANISATION")
    assert (await run("status"))[0] == 2


# The rules by themselves.


@pytest.mark.parametrize(
    ("text", "number"),
    [("0200.065.765", "0200065765"), ("1000.000.120", "1000000120"), ("2.012.345.678", None), ("9000.000.123", None)],
)
def test_only_enterprises_count(text: str, number: str | None) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("text", ["", "0200065765", "0200.065.76", "0200-065-765", "x.012.345.678", "٠٢٠٠.065.765"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(LineRefused):
        number_of(text)


def test_an_extract_follows_the_one_before_it() -> None:
    day = ExtractFiles(FULL).extract.snapshot
    full, update = Extract(140, "full", day), Extract(141, "update", day)
    assert check_base(full, None, anyway=False)
    assert check_base(update, full, anyway=False)
    assert not check_base(update, update, anyway=False)
    assert not check_base(full, full, anyway=False)
    assert check_base(full, full, anyway=True)
    assert check_base(Extract(150, "full", day), full, anyway=False)
