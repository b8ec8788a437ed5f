"""Extracts of the company register for the tests: the hand-made sample, and what is made of it."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from services.organisation.register.importing import Options, Outcome, import_extract
from shared.db import Connection

VECTORS = Path(__file__).parent / "vectors"
FULL, UPDATE = VECTORS / "kbo-full", VECTORS / "kbo-update"
PARC, GENT, EUPEN, ALONE, ABROAD, STRUCK_OFF, NEW = (
    "0123456749", "0200065765", "0400000383", "0712345630", "0555555523", "0600000131", "1000000120",
)  # fmt: skip


async def imported(db: Connection, path: Path, **options: bool) -> Outcome:
    return await import_extract(db, path, Options(**options), lambda what, part: None)


def changed(tmp_path: Path, source: Path, file: str, change: Callable[[bytes], bytes]) -> Path:
    """The extract with one file changed."""
    folder = tmp_path / f"{source.name}-changed"
    shutil.copytree(source, folder, dirs_exist_ok=True)
    (folder / file).write_bytes(change((folder / file).read_bytes()))
    return folder


def numbered(tmp_path: Path, source: Path, number: int) -> Path:
    def renumber(meta: bytes) -> bytes:
        return meta.replace(b'"140"', b'"%d"' % number).replace(b'"141"', b'"%d"' % number)

    return changed(tmp_path, source, "meta.csv", renumber)


def zipped(tmp_path: Path, source: Path) -> Path:
    path = tmp_path / f"{source.name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for one in sorted(source.iterdir()):
            file.write(one, one.name)
    return path
