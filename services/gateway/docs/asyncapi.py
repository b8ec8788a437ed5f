"""The AsyncAPI document of all events, as something to read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "docs" / "events"
SEALED = "sealed.v1."


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class Event:
    name: str
    title: str
    summary: str
    type: str
    fields: list[Field]
    example: str


@dataclass(frozen=True)
class Topic:
    name: str
    slug: str
    description: str
    events: list[Event]


def read_document(folder: Path = FOLDER) -> dict[str, Any] | None:
    """None where the documentation was not shipped along."""
    path = folder / "asyncapi.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def topics_in(document: Mapping[str, Any], folder: Path = FOLDER) -> list[Topic]:
    components = document["components"]
    return [
        Topic(
            name,
            name.replace(".", "-"),
            channel.get("description", ""),
            [_event(components, message, folder) for message in channel["messages"]],
        )
        for name, channel in document["channels"].items()
    ]


def _event(components: Mapping[str, Any], name: str, folder: Path) -> Event:
    message, schema = components["messages"][name], components["schemas"].get(name, {})
    required = schema.get("required", [])
    fields = [
        Field(field, type_of(facts, schema.get("$defs", {})), field in required, facts.get("description", ""))
        for field, facts in schema.get("properties", {}).items()
    ]
    sample = folder / "samples" / f"{name}.json"
    example = json.dumps(json.loads(sample.read_text(encoding="utf-8")), indent=2) if sample.exists() else ""
    title = message.get("title", name)
    return Event(title, title, message.get("summary", ""), message.get("name", name), fields, example)


def type_of(facts: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """`uuid`, `fr | nl`, `list of Role`: short enough for a table."""
    if "$ref" in facts:
        return str(facts["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in facts:
        return " | ".join(type_of(one, definitions) for one in facts["anyOf"])
    if "enum" in facts or "const" in facts:
        return " | ".join(str(value) for value in facts.get("enum", [facts.get("const")]))
    if facts.get("type") == "array":
        items = facts.get("items") or {"type": "any"}
        return f"list of {type_of(items, definitions)}"
    if str(facts.get("pattern", "")).replace("\\", "").startswith(f"^{SEALED}"):
        return "sealed string"
    return str(facts.get("format") or facts.get("type") or "any")
