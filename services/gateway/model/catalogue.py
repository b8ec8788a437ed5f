"""The tools and the age of the read model, kept in the process for a moment: each page needs them and they seldom change."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.gateway.web.toolcolours import stylesheet
from services.gateway.web.ui import ToolView, monogram
from shared.db import Connection, Database
from shared.svg import drawing_id

TTL_S = 2.0
DECIDING_TOPIC = "organisation.events"


@dataclass(frozen=True)
class Tool:
    """A catalogue entry as its event told it; texts are by language. banner: an address. drawings: by the names in their addresses."""

    id: str
    version: int
    entry: Mapping[str, Any]
    views: Mapping[str, ToolView] = field(default_factory=dict[str, ToolView])
    modes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    banner: str = ""
    drawings: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, tool_id: str, version: int, entry: Mapping[str, Any]) -> "Tool":
        logo, banner = _address(entry.get("logo")), _address(entry.get("banner"))
        drawings = {drawing_id(one): one for one in (entry.get("logo"), entry.get("banner")) if one}
        views = {language: ToolView(tool_id, name, monogram(name), logo) for language, name in entry["names"].items()}
        modes = {mode["id"]: mode for mode in entry["usage_modes"]}
        return cls(tool_id, version, entry, views, modes, banner, drawings)

    @property
    def needs_eid(self) -> bool:
        return self.entry["sign_in_acr"] == "eid"

    @property
    def is_offered(self) -> bool:
        """Whether those who have not registered it may do so."""
        return self.entry.get("state", "offered") == "offered"

    def text(self, name: str, language: str) -> str:
        """name: of an entry's field with a text in each language, such as `descriptions`; empty where there is none."""
        return _in(self.entry.get(name) or {}, language)

    def mode_name(self, usage_mode: str, language: str) -> str:
        mode = self.modes.get(usage_mode)
        return _in(mode["names"], language) if mode else usage_mode

    def role_name(self, usage_mode: str, role: str, language: str) -> str:
        mode = self.modes.get(usage_mode, {"roles": ()})
        return next((_in(one["names"], language) for one in mode["roles"] if one["id"] == role), role)

    def recognition_name(self, kind: str, language: str) -> str:
        """As the tool calls it; in capitals where it does not say."""
        names = self.entry.get("recognition_names", {}).get(kind)
        return _in(names, language) if names else kind.upper()

    def roles_called(self, words: str, language: str) -> list[str]:
        """The roles whose name contains `words`, for the search of the selection screen."""
        return [
            role["id"]
            for mode in self.modes.values()
            for role in mode["roles"]
            if words.casefold() in _in(role["names"], language).casefold()
        ]


def _address(drawing: str | None) -> str:
    return f"/tools/drawings/{drawing_id(drawing)}.svg" if drawing else ""


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")


@dataclass(frozen=True)
class Snapshot:
    """as_of: how far the read model has followed organisation's events; None before the first heartbeat."""

    tools: Mapping[str, Tool]
    stylesheet: str
    as_of: datetime | None

    def age_s(self, now: datetime) -> float:
        return (now - self.as_of).total_seconds() if self.as_of else float("inf")

    def offered(self) -> Iterator[Tool]:
        return (tool for tool in self.tools.values() if tool.is_offered)

    def drawing(self, name: str) -> str | None:
        return next((tool.drawings[name] for tool in self.tools.values() if name in tool.drawings), None)

    def listed(self, language: str) -> list[Tool]:
        """Those on offer, by name."""
        return sorted(self.offered(), key=lambda tool: _in(tool.entry["names"], language).casefold())


class Catalogue:
    """Reads a snapshot at most every two seconds, whoever asks and however many do."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()
        self._tools: dict[str, tuple[int, Tool]] = {}

    async def snapshot(self) -> Snapshot:
        if self._snapshot is None or self._clock() - self._read_at > TTL_S:
            async with self._lock:
                if self._snapshot is None or self._clock() - self._read_at > TTL_S:
                    self._snapshot = await self._read()
                    self._read_at = self._clock()
        return self._snapshot

    async def tool(self, tool_id: str) -> Tool | None:
        """Reads at once when it knows no such tool: it may have been published just now."""
        found = (await self.snapshot()).tools.get(tool_id)
        if found is None:
            self._read_at = float("-inf")
            found = (await self.snapshot()).tools.get(tool_id)
        return found

    async def _read(self) -> Snapshot:
        async with self._database.acquire() as db:
            rows = await tools_and_age(db, known={tool_id: version for tool_id, (version, _) in self._tools.items()})
        as_of = rows[0]["as_of"] if rows else None
        present = {row["tool_id"]: row for row in rows if row["tool_id"]}
        for tool_id, row in present.items():
            if row["entry"] is not None:
                self._tools[tool_id] = (row["version"], Tool.of(tool_id, row["version"], row["entry"]))
        tools = {tool_id: self._tools[tool_id][1] for tool_id in present}
        return Snapshot(tools, stylesheet({one.id: one.entry["colours"] for one in tools.values()}), as_of)


async def tools_and_age(db: Connection, *, known: Mapping[str, int]) -> list[Any]:
    """A row a tool, and one row when there is none; `entry` only where its version is not the known one."""
    return await db.fetch(
        """
        SELECT age.as_of, tool.tool_id, tool.version,
               CASE WHEN tool.version IS DISTINCT FROM known.version THEN tool.entry END AS entry
        FROM (SELECT min(as_of) AS as_of FROM model_age WHERE topic = $1) AS age
        LEFT JOIN tool ON true
        LEFT JOIN unnest($2::text[], $3::bigint[]) AS known (tool_id, version) ON known.tool_id = tool.tool_id
        """,
        DECIDING_TOPIC,
        list(known),
        list(known.values()),
    )


def now_utc() -> datetime:
    return datetime.now(UTC)
