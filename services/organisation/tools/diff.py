"""What a change of a catalogue entry comes to, place by place. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from services.organisation.tools.rules import Entry
from shared.tokens import ACR_LEVELS

_RULES = ("register_rule", "use_rule")


@dataclass(frozen=True)
class Change:
    """path: `usage_modes.agent.names.fr`, parts of lists by their ids. before, after: None where there is none.

    takes_away: somebody may lose something by it, or has to do something to keep it.
    """

    path: str
    before: str | None
    after: str | None
    takes_away: bool


def changes(before: Entry | None, after: Entry) -> list[Change]:
    """In the order of the entry; none for two that are the same. before: None for a tool that is new."""
    old, new = _flat(before) if before else {}, _flat(after)
    paths = [*new, *(path for path in old if path not in new)]
    return [
        Change(
            path, old.get(path), new.get(path), before is not None and _takes_away(path, old.get(path), new.get(path))
        )
        for path in paths
        if old.get(path) != new.get(path)
    ]


def _takes_away(path: str, before: str | None, after: str | None) -> bool:
    name = path.rsplit(".", 1)[-1]
    if after is None:
        return before is not None and name != "required_from"
    match name:
        case "state":
            return after == "retired"
        case "register_rule" | "use_rule":
            return bool(after)
        case "is_restricted":
            return after == "true"
        case "is_self_service":
            return after == "false"
        case "sign_in_acr":
            return before is not None and _strength(after) > _strength(before)
        case "required_from":
            return True
        case _:
            return False


def _strength(acr: str) -> int:
    levels: Sequence[str] = ACR_LEVELS
    return levels.index(acr) if acr in levels else 0


def _flat(entry: Entry) -> dict[str, str]:
    return dict(_walk("", entry.model_dump(mode="json")))


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """An empty rule says something; whatever else is empty is as if it were not there."""
    inside = f"{path}." if path else ""
    if isinstance(value, Mapping):
        for name, part in cast(Mapping[str, Any], value).items():
            if not (isinstance(value, Mapping) and name == "id" and path):
                yield from _walk(inside + name, part)
    elif isinstance(value, list):
        for part in cast(list[Any], value):
            yield from _walk(inside + str(part["id"]), part)
    elif isinstance(value, bool):
        yield path, "true" if value else "false"
    elif value is not None and (value != "" or path.endswith(_RULES)):
        yield path, str(value)
