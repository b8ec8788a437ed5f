"""YAML as plain values with the line of each, by its path. Nothing of YAML that surprises: no tags, a key once, `yes` is a word."""

from dataclasses import dataclass
from typing import Any

import yaml

MAX_NODES = 50_000  # also of what aliases repeat
MAX_DEPTH = 30
MAX_KEY_CHARS = 100  # paths are made of keys, and each value has one
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}


class YamlRefused(Exception):
    """line: counted from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True)
class ReadNode:
    """value: of strings, booleans, None, lists and dicts. lines: by path, such as `tools.0.names.fr`."""

    value: Any
    lines: dict[str, int]


def read_nodes(text: str, *, max_chars: int) -> ReadNode:
    """Raises YamlRefused."""
    if len(text) > max_chars:
        raise YamlRefused(1, f"it is longer than {max_chars} characters")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlRefused(mark.line + 1 if mark else 1, error.problem or "it is no YAML") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise YamlRefused(1, "it is no YAML") from error
    if root is None:
        raise YamlRefused(1, "it is empty")
    reader = _Reader()
    return ReadNode(reader.value(root, "", 0), reader.lines)


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self._left = MAX_NODES

    def value(self, node: yaml.Node, path: str, depth: int) -> Any:
        line = int(node.start_mark.line) + 1
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise YamlRefused(line, "it is too large, or nested too deep")
        self.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part, _inside(path, at), depth + 1) for at, part in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, part in node.value:
            line = int(key.start_mark.line) + 1
            if not isinstance(key, yaml.ScalarNode) or len(key.value) > MAX_KEY_CHARS:
                raise YamlRefused(line, f"a name is one word of at most {MAX_KEY_CHARS} characters")
            name = str(key.value)
            if name in found:
                raise YamlRefused(line, f"{name} stands twice in the same place")
            self.lines[_inside(path, name)] = line
            found[name] = self.value(part, _inside(path, name), depth + 1)
        return found


def _inside(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _scalar(node: yaml.Node) -> Any:
    """Numbers and dates stay as they are written: a catalogue has none that one counts with."""
    text = str(node.value)
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return _WORDS[text] if is_plain and text in _WORDS else text
