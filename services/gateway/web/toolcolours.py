"""The colours of tools as one stylesheet: catalogue data must not become inline styles, which the content policy refuses."""

import re
from collections.abc import Mapping

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
INK, PAPER = "#11191b", "#ffffff"


def stylesheet(colours_of: Mapping[str, Mapping[str, str]]) -> str:
    """One rule a tool, `.tool-<id>`; anything that is not a slug or a six-digit colour is left out."""
    rules = (_rule(tool_id, colours.get("primary", "")) for tool_id, colours in sorted(colours_of.items()))
    return "\n".join(rule for rule in rules if rule)


def _rule(tool_id: str, primary: str) -> str:
    if not SLUG.fullmatch(tool_id) or not COLOUR.fullmatch(primary):
        return ""
    return f".tool-{tool_id}{{--tool:{primary};--on-tool:{_readable_on(primary)}}}"


def _readable_on(colour: str) -> str:
    """White or ink, whichever stands out more."""
    light = _luminance(colour)
    return PAPER if (1.05 / (light + 0.05)) >= ((light + 0.05) / (_luminance(INK) + 0.05)) else INK


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2, 0..1."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
