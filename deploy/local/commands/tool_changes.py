"""What would change in a tool, for somebody who reads it in a terminal."""

from __future__ import annotations

import difflib
import re
from typing import Any

from rich.console import Console
from rich.text import Text

LONG = 70
DRAWINGS = ("logo", "banner")


def print_changes(console: Console, tool_id: str, name: str, outcome: dict[str, Any]) -> None:
    """outcome: as the service answers. A new tool is told in a few lines; what was there is compared place by place."""
    if outcome["is_new"]:
        console.print(Text.assemble(("+ ", "green"), (tool_id, "bold"), f"  {name}  ", ("new", "green")))
        for change in outcome["changes"]:
            if re.fullmatch(r"usage_modes\.[\w-]+\.(names\.en|register_rule|use_rule)|terms\.version", change["path"]):
                console.print(Text.assemble("    ", (change["path"], "dim"), f"  {change['after'] or '(nothing)'}"))
        return
    console.print(Text.assemble(("~ ", "yellow"), (tool_id, "bold"), f"  {name}  version {outcome['version']}"))
    for change in outcome["changes"]:
        console.print(_line(change))


def _line(change: dict[str, Any]) -> Text:
    before, after = change["before"], change["after"]
    sign, style = ("+", "green") if before is None else ("-", "red") if after is None else ("~", "yellow")
    mark = ("! ", "bold red") if change["takes_away"] else "  "
    line = Text.assemble("  ", mark, (f"{sign} ", style), (change["path"], "cyan"), "  ")
    if change["path"] in DRAWINGS:
        words = {"+": "a drawing", "-": "no drawing any more", "~": "another drawing"}
        return line.append(words[sign])
    if before is not None and after is not None and max(len(before), len(after)) > LONG:
        return line.append_text(_compared(before, after))
    if before is not None:
        line.append(_said(before), "red strike" if after is not None else "red")
    if before is not None and after is not None:
        line.append(" → ")
    if after is not None:
        line.append(_said(after), "green")
    return line


def _said(value: str) -> str:
    return value if value else "(nothing)"


def _compared(before: str, after: str) -> Text:
    """Word by word, with little around what differs."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    text = Text()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            same = "".join(old[a:b])
            text.append(same if len(same) <= 2 * LONG else f"{same[:LONG]} … {same[-LONG:]}", "dim")
            continue
        # A gone word and the one in its place must not run together where colours do not show.
        if b > a:
            text.append("[-" + "".join(old[a:b]) + "-]", "red")
        if d > c:
            text.append("{+" + "".join(new[c:d]) + "+}", "green")
    return text
