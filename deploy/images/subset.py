"""What one extra needs of the lock, for an image that holds no more. Standard library only: runs before anything is installed.

subset.py wants PYPROJECT EXTRA    the requirements of the project and of the extra
subset.py versions LOCK            the lock as constraints: versions without hashes
subset.py lock LOCK REPORT         of the lock, the entries that pip's report names, with their hashes
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path


def wants(pyproject: Path, extra: str) -> list[str]:
    """Raises KeyError for an extra that there is not."""
    project = tomllib.loads(pyproject.read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"][extra]]


def entries(lock: Path) -> Iterator[tuple[str, str]]:
    """(name, its lines) of each package."""
    for entry in re.split(r"\n(?=\S)", lock.read_text().strip()):
        yield normal(entry.split("==", 1)[0]), entry


def versions(lock: Path) -> list[str]:
    return [entry.splitlines()[0].rstrip("\\ ") for _, entry in entries(lock)]


def locked(lock: Path, report: Path) -> list[str]:
    needed = {normal(item["metadata"]["name"]) for item in json.loads(report.read_text())["install"]}
    found = {name: entry for name, entry in entries(lock) if name in needed}
    if missing := needed - set(found):
        raise SystemExit(f"not in {lock.name}: {', '.join(sorted(missing))}")
    return list(found.values())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower().strip()


def main(arguments: list[str]) -> None:
    match arguments:
        case ["wants", pyproject, extra]:
            lines = wants(Path(pyproject), extra)
        case ["versions", lock]:
            lines = versions(Path(lock))
        case ["lock", lock, report]:
            lines = locked(Path(lock), Path(report))
        case _:
            raise SystemExit(__doc__)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
