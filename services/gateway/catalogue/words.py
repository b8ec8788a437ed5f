"""How changes of the catalogue are told to people."""

import base64
import difflib
import re
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from services.gateway.web.templates import LANGUAGE_NAMES
from services.gateway.web.visit import Visit
from shared.i18n import Translator
from shared.markers import N_

PARTS = {
    "state": N_("State"),
    "names": N_("Name"),
    "descriptions": N_("Short description"),
    "details": N_("Description"),
    "sign_in_acr": N_("How one signs in"),
    "start_url": N_("Address where it starts"),
    "support_email": N_("E-mail address for questions"),
    "colours": N_("Colour"),
    "logo": N_("Logo"),
    "banner": N_("Banner"),
    "terms": N_("Terms"),
    "version": N_("Version"),
    "required_from": N_("Needed from"),
    "usage_modes": N_("Usage mode"),
    "register_rule": N_("Needed to register it"),
    "use_rule": N_("Needed to use it"),
    "is_restricted": N_("Only for organisations on the tool’s list"),
    "is_self_service": N_("A manager may take a role that nobody has"),
    "roles": N_("Role"),
    "recognition_names": N_("Name of a recognition"),
}
VALUES = {
    "true": N_("Yes"),
    "false": N_("No"),
    "": N_("nothing in particular"),
    "offered": N_("Offered"),
    "retired": N_("No longer offered"),
}
_SAID = {"state", "is_restricted", "is_self_service", "register_rule", "use_rule"}
_SILENT = {"texts", "primary"}
_LANGUAGES = dict(LANGUAGE_NAMES)
BY = {"operator": N_("the operator"), "edition": N_("came along with the platform")}


def place(words: Translator, path: str) -> str:
    """`usage_modes.agent.names.fr`: Usage mode agent · Name · Français."""
    parts = [part for part in path.split(".") if part not in _SILENT]
    told: list[str] = []
    for at, part in enumerate(parts):
        if part in PARTS:
            told.append(words.gettext(PARTS[part]))
        elif part in _LANGUAGES and at == len(parts) - 1:
            told.append(_LANGUAGES[part])
        elif told:
            told[-1] += f" {part}"
        else:
            told.append(part)
    return " · ".join(told)


def told(visit: Visit, change: Mapping[str, Any]) -> SimpleNamespace:
    """One change, as a row. pieces: where both texts are long, what is the same, gone and new in them."""
    name = change["path"].rsplit(".", 1)[-1]
    before, after = change["before"], change["after"]
    is_drawing = name in ("logo", "banner")
    is_long = not is_drawing and before and after and max(len(before), len(after)) > 60
    return SimpleNamespace(
        place=place(visit.words, change["path"]),
        takes_away=change["takes_away"],
        is_drawing=is_drawing,
        before=_value(visit.words, name, before, is_drawing=is_drawing),
        after=_value(visit.words, name, after, is_drawing=is_drawing),
        pieces=pieces(before, after) if is_long else [],
    )


def _value(words: Translator, name: str, value: str | None, *, is_drawing: bool) -> str | None:
    if value is None:
        return None
    if is_drawing:
        return "data:image/svg+xml;base64," + base64.b64encode(value.encode()).decode()
    known = VALUES.get(value) if name in _SAID else None
    return value if known is None else words.gettext(known)


def pieces(before: str, after: str) -> list[tuple[str, str]]:
    """(kind, text), in order; kind: "same", "gone" or "new".

    Words that stand everywhere are passed over when the texts are laid side by side: with them long terms take seconds, in which
    nobody else gets a page.
    """
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    found: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            found.append(("gone", "".join(old[a:b])))
        if d > c:
            found.append(("new", "".join(new[c:d])))
    return found


def by_whom(visit: Visit, record: Mapping[str, Any]) -> str:
    """Who changed something: a name, the operator, or somebody whose name is gone."""
    known = BY.get(record["changed_by"])
    if known is not None:
        return visit.words.gettext(known)
    return str(record["name"]) or visit.words.gettext(N_("somebody who is no longer here"))


def problems(visit: Visit, errors: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of a file: where, and what is wrong there."""
    lines: list[str] = []
    for error in errors:
        line, _, path = str(error["field"]).partition(":")
        where = visit.words.sentence(N_("Line {line}"), {"line": line}) + (f", {path}" if path else "")
        lines.append(f"{where}: {error['detail']}")
    return lines
