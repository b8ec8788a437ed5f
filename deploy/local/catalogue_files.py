"""Files of the catalogue on disk, with the drawings that lie beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.local.data_folder import REPOSITORY
from deploy.local.errors import Refused
from services.organisation.tools.files import MAX_CHARS, FileRefused, Trouble, read
from services.organisation.tools.rules import Entry

EDITION = REPOSITORY / "editions" / "real-estate" / "tools.yaml"


def read_files(paths: Sequence[Path], values: Mapping[str, str]) -> dict[str, Entry]:
    """The tools of all files by id. Raises Refused with every trouble in every file, and where."""
    entries: dict[str, Entry] = {}
    troubles: list[str] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
            found = read(text, str(path), drawing=_beside(path), values=values)
        except (OSError, UnicodeDecodeError) as error:
            troubles.append(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}")
        except FileRefused as refused:
            troubles += map(_told, refused.troubles)
        else:
            troubles += [f"{path}: {tool_id} stands in another file too" for tool_id in found if tool_id in entries]
            entries |= found
    if troubles:
        raise Refused("\n".join([*troubles, "nothing was changed"]))
    return entries


def _told(trouble: Trouble) -> str:
    return str(trouble)


def _beside(path: Path) -> Callable[[str], str]:
    def drawing(name: str) -> str:
        folder = path.resolve().parent
        file = (folder / name).resolve()
        if not file.is_relative_to(folder):
            raise OSError(f"{name} lies outside the folder of the file")
        if file.stat().st_size > MAX_CHARS:
            raise OSError(f"{name} is too large")
        return file.read_text(encoding="utf-8")

    return drawing
