"""Files that the bank, or whoever fetches them there, drops into a folder."""

import os
import time
from pathlib import Path
from uuid import UUID

import pytest

from services.wallet.bank import drop_folder, store
from services.wallet.bank.jobs import received_transfers
from shared.db import Database
from tests.conftest import DatabaseOf
from tests.support.events import fetch
from tests.wallet.book import balance_of, open_filled
from tests.wallet.coda_writer import coda
from tests.wallet.statements import IBAN, movement, statement


class Folder:
    """The folder, and a wallet that transfers are for."""

    def __init__(self, database: Database, path: Path, wallet_id: UUID, digits: str) -> None:
        self.database, self.path, self.wallet_id, self.digits = database, path, wallet_id, digits

    def file(self, cents: int = 5_000) -> bytes:
        return coda(statement(movement(cents, structured=self.digits)))

    def drop(self, name: str, data: bytes, *, age_s: float = 60) -> None:
        (self.path / name).write_bytes(data)
        os.utime(self.path / name, (time.time() - age_s,) * 2)

    async def look(self, only_iban: str | None = IBAN) -> None:
        await drop_folder.watch_folder(self.database, self.path, only_iban=only_iban)()
        await received_transfers(self.database)()

    async def balance(self) -> int:
        return await balance_of(self.database, self.wallet_id)

    def names(self, where: str = ".") -> list[str]:
        return sorted(one.name for one in (self.path / where).iterdir() if not one.is_dir())


@pytest.fixture
async def folder(database_of: DatabaseOf, tmp_path: Path) -> Folder:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=0)
        digits = await store.find_communication(db, wallet_id)
    assert digits is not None
    return Folder(database, tmp_path, wallet_id, digits)


async def test_a_file_is_imported_once_and_moved_aside_also_when_it_comes_again(folder: Folder) -> None:
    folder.drop("monday.cod", folder.file())
    await folder.look()
    assert await folder.balance() == 5_000
    assert (folder.names(), folder.names("done")) == ([], ["monday.cod"])
    folder.drop("monday.cod", folder.file())
    await folder.look()
    assert await folder.balance() == 5_000
    assert (folder.names(), len(folder.names("done"))) == ([], 2)
    assert len(await fetch(folder.database, "SELECT FROM bank_file")) == 1


async def test_what_contradicts_itself_is_moved_with_the_reason_beside_it_and_holds_up_no_other(folder: Folder) -> None:
    folder.drop("a.cod", folder.file()[:-200])
    folder.drop("b.cod", folder.file())
    await folder.look()
    assert await folder.balance() == 5_000
    assert folder.names("done") == ["b.cod"]
    assert folder.names("refused") == ["a.cod", "a.cod.reason.txt"]
    assert "refused at line" in (folder.path / "refused" / "a.cod.reason.txt").read_text()


async def test_a_statement_of_another_account_is_refused(folder: Folder) -> None:
    folder.drop("a.cod", folder.file())
    await folder.look(only_iban="BE68539007547034")
    assert await folder.balance() == 0
    assert IBAN in (folder.path / "refused" / "a.cod.reason.txt").read_text()


async def test_what_is_still_being_written_and_what_is_no_file_stays(folder: Folder) -> None:
    folder.drop("fresh.cod", folder.file(), age_s=0)
    folder.drop(".hidden.cod", folder.file())
    (folder.path / "link.cod").symlink_to(folder.path / ".hidden.cod")
    (folder.path / "folder").mkdir()
    await folder.look()
    assert await folder.balance() == 0
    assert folder.names() == [".hidden.cod", "fresh.cod", "link.cod"]


async def test_whoever_was_stopped_before_the_move_finds_the_file_again_and_it_counts_once(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.drop("a.cod", folder.file())
    with monkeypatch.context() as stopped:
        stopped.setattr(drop_folder, "_move", _full)
        await folder.look()
    assert (await folder.balance(), folder.names()) == (5_000, ["a.cod"])
    await folder.look()
    assert (await folder.balance(), folder.names("done")) == (5_000, ["a.cod"])


def _full(*_: object) -> None:
    raise OSError("no space left")
