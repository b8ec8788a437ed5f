"""Committed schemas and golden samples of every contract, and the check that nobody breaks one.

`python -m shared.events.snapshots write` adds what is missing and refuses to rewrite what is incompatible; `check` only looks.
A change is compatible when every field of the snapshot is still there with the same schema, and no field that was not required before
is required now; then old events decode in new code, and new events decode in old code.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.events.base import Event
from shared.events.registry import EVENTS
from shared.sealed import Sealed

FOLDER = Path("docs/events")
Schema = dict[str, Any]

_SUBJECT = "018f6f5e-0000-7000-8000-000000000001"
_SEALED = f"sealed.v1.{_SUBJECT}.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
_BY_FORMAT = {"uuid": _SUBJECT, "date-time": "2026-01-31T12:30:00Z", "date": "2026-12-31"}


def schema_of(event: type[Event]) -> Schema:
    return event.model_json_schema()


def sample_of(event: type[Event]) -> dict[str, Any]:
    """A whole event with every field filled, the same at each call."""
    schema = schema_of(event)
    return {name: _example(name, field, schema.get("$defs", {})) for name, field in schema["properties"].items()}


def _example(name: str, schema: Schema, definitions: Mapping[str, Schema]) -> Any:
    if "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[1]]
        return {key: _example(key, field, definitions) for key, field in target["properties"].items()}
    if "anyOf" in schema:
        return _example(name, next(option for option in schema["anyOf"] if option.get("type") != "null"), definitions)
    for known in ("enum", "examples"):
        if known in schema:
            return schema[known][0]
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "integer":
            return 1
        case "boolean":
            return True
        case "array":
            return [_example(name, schema["items"], definitions)]
        case "object":
            return {"en": name}
        case _ if schema.get("pattern", "").startswith("^sealed"):
            return _SEALED
        case _:
            return _BY_FORMAT.get(schema.get("format", ""), name)


def incompatibilities(old: Schema, new: Schema, path: str = "") -> Iterator[str]:
    """What an event written or read under `old` would no longer be under `new`, in words."""
    for name, field in old.get("properties", {}).items():
        where = f"{path}{name}"
        now = new.get("properties", {}).get(name)
        if now is None:
            yield f"{where} is gone"
        elif _bare(field) != _bare(now):
            yield f"{where} changed from {_bare(field)} to {_bare(now)}"
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{path}{name} became required"
    for name, part in old.get("$defs", {}).items():
        if name not in new.get("$defs", {}):
            yield f"{path}{name} is gone"
        else:
            yield from incompatibilities(part, new["$defs"][name], f"{path}{name}.")


def _bare(schema: Schema) -> Schema:
    """Without the words. The values of an enumeration count: who knows fewer of them could not read a new one."""
    return {key: value for key, value in schema.items() if key not in ("title", "description", "default", "examples")}


def problems(folder: Path = FOLDER) -> Iterator[str]:
    """Everything that is missing or broken against the committed snapshots, one line each."""
    for event_type, event in EVENTS.items():
        schema_file, sample_file = _files(folder, event_type)
        if not (schema_file.exists() and sample_file.exists()):
            yield f"{event_type}: no snapshot; run `python -m shared.events.snapshots write`"
            continue
        old = json.loads(schema_file.read_text())
        yield from (f"{event_type}: {what}" for what in incompatibilities(old, schema_of(event)))
        if old != schema_of(event):
            yield f"{event_type}: the snapshot is not current; run `python -m shared.events.snapshots write`"
        event.model_validate_json(sample_file.read_text())
    for file in sorted((folder / "schemas").glob("*.json")):
        if file.stem not in EVENTS:
            yield f"{file.stem}: the contract is gone, but it was published once"


def write(folder: Path = FOLDER) -> list[str]:
    """Bring snapshots up to date. Returns what was refused because it is incompatible; such files stay as they are."""
    refused: list[str] = []
    for event_type, event in EVENTS.items():
        schema_file, sample_file = _files(folder, event_type)
        schema = schema_of(event)
        if schema_file.exists():
            broken = list(incompatibilities(json.loads(schema_file.read_text()), schema))
            refused += [f"{event_type}: {what}" for what in broken]
            if broken:
                continue
        _save(schema_file, schema)
        if not sample_file.exists():
            _save(sample_file, sample_of(event))
    return refused


def _files(folder: Path, event_type: str) -> tuple[Path, Path]:
    return folder / "schemas" / f"{event_type}.json", folder / "samples" / f"{event_type}.json"


def _save(file: Path, value: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2, sort_keys=True, default=_text) + "\n")


def _text(value: object) -> str:
    if isinstance(value, (UUID, date, datetime, Sealed)):
        return str(value)
    raise TypeError(type(value))


def main(command: str) -> int:
    lines = write() if command == "write" else list(problems())
    print("\n".join(lines) or f"{len(EVENTS)} contracts, all compatible with their snapshots")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
