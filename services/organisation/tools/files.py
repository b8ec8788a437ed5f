"""The catalogue as YAML: read with the line of whatever is wrong, written so that reading it again gives the same.

A file holds `tools:`, a list, or one tool. A text that is the same in all languages may stand once instead of four times.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import yaml
from pydantic import ValidationError

from services.organisation.tools.rules import Entry, FieldUnknown, TextsMissing, checked
from services.organisation.tools.yaml_nodes import ReadNode, YamlRefused, read_nodes
from shared.errors import Invalid, Problem, Violations
from shared.i18n import LANGUAGES
from shared.markers import N_
from shared.problems import Malformed, violations_of

MAX_CHARS = 1_000_000
MAX_TOOLS = 100
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,49}")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_DRAWINGS = ("logo", "banner")
Drawing = Callable[[str], str]


class FileUnreadable(Invalid):
    """params: reason, in English, as the YAML reader says it."""

    code = "file-unreadable"
    message = N_("This file cannot be read: {reason}.")


class ToolIdMissing(Invalid):
    code = "tool-id-missing"
    message = N_("Each tool needs an id of its own: small letters, digits and hyphens.")


class DrawingElsewhere(Invalid):
    """params: reason, in English."""

    code = "drawing-elsewhere"
    message = N_("This drawing cannot be found ({reason}). The drawing itself may stand here, from <svg to </svg>.")


class PlaceholderUnknown(Invalid):
    """params: name."""

    code = "placeholder-unknown"
    message = N_("Nobody says what stands for {name} here.")


@dataclass(frozen=True)
class Trouble:
    """What is wrong in a file, and where. line: counted from 1. path: `cadastrefinder.usage_modes.0.names`."""

    source: str
    line: int
    path: str
    problem: Problem
    hint: str = ""

    def __str__(self) -> str:
        sentence = self.problem.message.format(**self.problem.params) if self.problem.params else self.problem.message
        where = f"{self.path}: " if self.path else ""
        return f"{self.source}:{self.line}: {where}{sentence}{f' ({self.hint})' if self.hint else ''}"

    def as_problem(self) -> Problem:
        """For a form: the field says line and place."""
        return type(self.problem)(field=f"{self.line}:{self.path}", **self.problem.params)


class FileRefused(Exception):
    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__("\n".join(map(str, troubles)))
        self.troubles = list(troubles)

    def as_problem(self) -> Violations:
        return Violations([trouble.as_problem() for trouble in self.troubles])


@dataclass
class Reading:
    """One file. drawing: gives the text of a drawing that lies beside it. values: what placeholders of addresses stand for."""

    source: str
    drawing: Drawing
    values: Mapping[str, str]
    lines: dict[str, int] = field(default_factory=dict[str, int])
    troubles: list[Trouble] = field(default_factory=list[Trouble])

    def trouble(self, path: str, problem: Problem, *, shown: str | None = None, hint: str = "") -> None:
        """path: as in `lines`. shown: how the place is called, where that is shorter."""
        found = path
        while found and found not in self.lines:
            found = found.rpartition(".")[0]
        line = self.lines.get(found, 1)
        self.troubles.append(Trouble(self.source, line, shown if shown is not None else path, problem, hint))


def read(text: str, source: str, *, drawing: Drawing, values: Mapping[str, str] | None = None) -> dict[str, Entry]:
    """The tools of a file by their ids. Raises FileRefused with all that is wrong, not only the first."""
    reading = Reading(source, drawing, values or {})
    entries: dict[str, Entry] = {}
    for path, tool in _tools(text, reading):
        tool_id = tool.pop("id", None)
        if not isinstance(tool_id, str) or not _SLUG.fullmatch(tool_id) or tool_id in entries:
            reading.trouble(f"{path}.id".lstrip("."), ToolIdMissing())
            continue
        entry = _entry(path, tool_id, tool, reading)
        if entry is not None:
            entries[tool_id] = entry
    if reading.troubles:
        raise FileRefused(reading.troubles)
    return entries


def no_drawing(path: str) -> str:
    """For files that come without others beside them."""
    raise OSError(f"{path[:80]} did not come along with this file")


def _tools(text: str, reading: Reading) -> list[tuple[str, dict[str, Any]]]:
    try:
        node = read_nodes(text, max_chars=MAX_CHARS)
    except YamlRefused as refused:
        reading.lines[""] = refused.line
        reading.troubles.append(Trouble(reading.source, refused.line, "", FileUnreadable(reason=refused.reason)))
        return []
    reading.lines.update(node.lines)
    return _listed(node, reading)


def _listed(node: ReadNode, reading: Reading) -> list[tuple[str, dict[str, Any]]]:
    value = node.value
    if isinstance(value, dict):
        whole = cast(dict[str, Any], value)
        if "tools" not in whole:
            return [("", whole)]
        for name in whole:
            if name != "tools":
                reading.trouble(name, FieldUnknown())
        value = whole["tools"]
    if not isinstance(value, list) or not value or len(cast(list[Any], value)) > MAX_TOOLS:
        reading.trouble("tools", FileUnreadable(reason=f"it should hold 1 to {MAX_TOOLS} tools"))
        return []
    found: list[tuple[str, dict[str, Any]]] = []
    for at, tool in enumerate(cast(list[Any], value)):
        if isinstance(tool, dict):
            found.append((f"tools.{at}", cast(dict[str, Any], tool)))
        else:
            reading.trouble(f"tools.{at}", ToolIdMissing())
    return found


def _entry(path: str, tool_id: str, tool: dict[str, Any], reading: Reading) -> Entry | None:
    inside = f"{path}." if path else ""
    before = len(reading.troubles)
    for name in _DRAWINGS:
        if isinstance(tool.get(name), str):
            tool[name] = _drawing(inside + name, f"{tool_id}.{name}", tool[name], reading)
    if isinstance(tool.get("start_url"), str):
        tool["start_url"] = _filled(f"{inside}start_url", f"{tool_id}.start_url", tool["start_url"], reading)
    if len(reading.troubles) > before:
        return None
    try:
        return checked(Entry.model_validate(_in_four_languages(tool)))
    except ValidationError as error:
        for one in error.errors():
            place = ".".join(map(str, one["loc"]))
            hint = one["msg"] if one["type"] not in ("value_error", "extra_forbidden") else ""
            reading.trouble(inside + place, _problem(one), shown=f"{tool_id}.{place}".rstrip("."), hint=hint)
    except Violations as error:
        for one in error.errors:
            reading.trouble(inside + (one.field or ""), one, shown=f"{tool_id}.{one.field}")
    return None


def _problem(error: Any) -> Problem:
    if error["type"] == "extra_forbidden":
        return FieldUnknown()
    if error["type"] == "value_error" and "text in each" in error["msg"]:
        return TextsMissing()
    found = violations_of([error]).errors
    return found[0] if found else Malformed()


def _drawing(path: str, shown: str, value: str, reading: Reading) -> str | None:
    if value.lstrip().startswith("<"):
        return value
    try:
        return reading.drawing(value)
    except (OSError, UnicodeDecodeError) as error:
        reading.trouble(path, DrawingElsewhere(reason=str(error)), shown=shown)
        return None


def _filled(path: str, shown: str, value: str, reading: Reading) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1] not in reading.values:
            reading.trouble(path, PlaceholderUnknown(name=found[0]), shown=shown)
        return reading.values.get(found[1], found[0])

    return _PLACEHOLDER.sub(one, value)


def _in_four_languages(tool: dict[str, Any]) -> dict[str, Any]:
    """One text for all where one stands instead of four."""
    spread = _spread(tool, ("names", "descriptions", "details"))
    if isinstance(tool.get("terms"), dict):
        spread["terms"] = _spread(tool["terms"], ("texts",))
    if isinstance(tool.get("recognition_names"), dict):
        spread["recognition_names"] = _spread(tool["recognition_names"], tuple(tool["recognition_names"]))
    modes = tool.get("usage_modes")
    if isinstance(modes, list):
        spread["usage_modes"] = [_mode(mode) for mode in cast(list[Any], modes)]
    return spread


def _mode(mode: Any) -> Any:
    if not isinstance(mode, dict):
        return mode
    spread = _spread(cast(dict[str, Any], mode), ("names", "descriptions"))
    roles = spread.get("roles")
    if isinstance(roles, list):
        spread["roles"] = [_role(role) for role in cast(list[Any], roles)]
    return spread


def _role(role: Any) -> Any:
    return _spread(cast(dict[str, Any], role), ("names",)) if isinstance(role, dict) else role


def _spread(part: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    once = {name: part[name] for name in names if isinstance(part.get(name), str)}
    return {**part, **{name: dict.fromkeys(LANGUAGES, text) for name, text in once.items()}}


def written(entries: Mapping[str, Entry]) -> str:
    """The file that `read` reads the same tools out of."""
    tools = [{"id": tool_id, **_short(entry)} for tool_id, entry in entries.items()]
    document = tools[0] if len(tools) == 1 else {"tools": tools}
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def _short(entry: Entry) -> dict[str, Any]:
    return _gathered(entry.model_dump(mode="json", exclude_defaults=True))


def _gathered(value: Any) -> Any:
    if isinstance(value, dict):
        parts = cast(dict[str, Any], value)
        if set(parts) == set(LANGUAGES):
            texts = {language: parts[language] for language in LANGUAGES}
            return next(iter(texts.values())) if len(set(texts.values())) == 1 else texts
        return {name: _gathered(part) for name, part in parts.items()}
    if isinstance(value, list):
        return [_gathered(part) for part in cast(list[Any], value)]
    return value


class _Dumper(yaml.SafeDumper):
    """Long texts and drawings as blocks that can be read."""


def _text(dumper: Any, text: str) -> yaml.ScalarNode:
    is_block = "\n" in text or text.startswith("<svg")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


_Dumper.add_representer(str, _text)
