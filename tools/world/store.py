"""What the simulators remember: JSON documents in one SQLite file, so that a restart forgets nothing."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Body = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    label    TEXT NOT NULL DEFAULT '',
    body     TEXT NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX IF NOT EXISTS document_by_kind ON document (kind, position);
"""


class Document(NamedTuple):
    """`position` grows with every write and is never used twice: a reader can ask for what came after it."""

    position: int
    key: str
    body: Body


class Store:
    """Documents by kind and key. Used from one thread; each write is its own transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    def put(self, kind: str, key: str, body: Body, label: str = "") -> int:
        """Write a document and return its new position. label: a word to find several documents by."""
        written = self._db.execute(
            "INSERT OR REPLACE INTO document (kind, key, label, body) VALUES (?, ?, ?, ?)",
            (kind, key, label, json.dumps(body)),
        )
        return written.lastrowid or 0

    def find(self, kind: str, key: str) -> Body | None:
        row = self._db.execute("SELECT body FROM document WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def remove(self, kind: str, key: str) -> None:
        self._db.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))

    def oldest(self, kind: str, *, after: int = 0, limit: int = 100) -> list[Document]:
        rows = self._db.execute(
            "SELECT position, key, body FROM document WHERE kind = ? AND position > ? ORDER BY position LIMIT ?",
            (kind, after, limit),
        )
        return list(_documents(rows))

    def newest(self, kind: str, *, label: str = "", limit: int = 100) -> list[Document]:
        """Return the newest documents, newest first; with a label only those of which it is a whole word."""
        rows = self._db.execute(
            "SELECT position, key, body FROM document WHERE kind = ? AND instr(' ' || label || ' ', ?) > 0"
            " ORDER BY position DESC LIMIT ?",
            (kind, f" {label} " if label else " ", limit),
        )
        return list(_documents(rows))

    def keep_newest(self, kind: str, count: int) -> None:
        """Drop all but the newest `count` documents of a kind."""
        self._db.execute(
            "DELETE FROM document WHERE kind = ? AND position <= "
            "(SELECT position FROM document WHERE kind = ? ORDER BY position DESC LIMIT 1 OFFSET ?)",
            (kind, kind, count),
        )


def _documents(rows: sqlite3.Cursor) -> Iterator[Document]:
    for position, key, body in rows:
        yield Document(position, key, json.loads(body))
