"""Templates flattened as they are loaded: what is included and inherited stands in its place, which a rendering would pay for each time.

Knows what our templates use: literal names, blocks without `super()`, and imports at the top of whoever extends.
"""

import re
from collections.abc import Callable

from jinja2 import Environment, FileSystemLoader

_INCLUDE = re.compile(r'{% include "([^"]+)" %}')
_EXTENDS = re.compile(r'\s*(?:{#.*?#}\s*)?{% extends "([^"]+)" %}', re.DOTALL)
_TAG = re.compile(r"{%-?\s*(?:block (\w+)|(endblock))\s*-?%}")


class FlatLoader(FileSystemLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        text, path, is_current = super().get_source(environment, template)
        inlined = _INCLUDE.sub(lambda found: self.get_source(environment, found[1])[0].rstrip("\n"), text)
        extends = _EXTENDS.match(inlined)
        if extends is None:
            return inlined, path, is_current
        child = inlined[extends.end() :]
        return merged(self.get_source(environment, extends[1])[0], child), path, is_current


def merged(parent: str, child: str) -> str:
    """The parent's text with the child's blocks in it; blocks that are left can be filled by a grandchild.

    What the child has outside its blocks, imports and macros, comes first.
    """
    own, outside = _blocks(child)
    return outside.strip() + _filled(parent, own)


def _blocks(text: str) -> tuple[dict[str, str], str]:
    """The outermost blocks of a template, and what stands outside of them."""
    found: dict[str, str] = {}
    outside: list[str] = []
    at, depth, name, start = 0, 0, "", 0
    for tag in _TAG.finditer(text):
        if tag[1]:
            if depth == 0:
                outside.append(text[at : tag.start()])
                name, start = tag[1], tag.end()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                found[name] = text[start : tag.start()]
                at = tag.end()
    outside.append(text[at:])
    return found, "".join(outside)


def _filled(text: str, own: dict[str, str]) -> str:
    """Each block with what the child says, wherever it stands, also inside another block."""
    pieces: list[str] = []
    at, depth, replaced_at = 0, 0, -1
    for tag in _TAG.finditer(text):
        if tag[1]:
            depth += 1
            if replaced_at < 0 and tag[1] in own:
                pieces += [
                    text[at : tag.start()],
                    f"{{% block {tag[1]} %}}",
                    _filled(own[tag[1]], own),
                    "{% endblock %}",
                ]
                replaced_at = depth
        else:
            if replaced_at == depth:
                at, replaced_at = tag.end(), -1
            depth -= 1
    pieces.append(text[at:])
    return "".join(pieces)
