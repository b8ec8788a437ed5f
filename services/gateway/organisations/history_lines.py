"""An entry of an organisation's history as people read it. Pure."""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from services.gateway.model.catalogue import Tool
from services.gateway.organisations.history_words import ACTIONS, DETAILS, VALUES
from shared.formats import BRUSSELS
from shared.i18n import Translator
from shared.markers import N_

UNKNOWN = "–"
NAMELESS = {
    "support": N_("Our support"),
    "platform": N_("The platform"),
    "invited": N_("Whoever was invited"),
}
ERASED = N_("Somebody whose account was erased")
NAME_UNKNOWN = N_("Somebody whose name is not known")
FORGOTTEN = N_("an address that was forgotten meanwhile")


@dataclass(frozen=True)
class Line:
    """actor, person: who did it, and on whom, empty where it was on nobody or themselves. names: by account id, to filter by.

    details: what the sentence does not say, as names and values.
    """

    at: str
    action: str
    sentence: str
    actor: str
    actor_id: str
    person: str
    person_id: str
    details: tuple[tuple[str, str], ...]
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def local_time(self) -> str:
        """As spreadsheets read it."""
        return datetime.fromisoformat(self.at).astimezone(BRUSSELS).strftime("%Y-%m-%d %H:%M:%S")


class Teller:
    """Says entries in one language."""

    def __init__(self, words: Translator, tools: Mapping[str, Tool], language: str) -> None:
        self._words = words
        self._tools = tools
        self._language = language

    def line(self, entry: Mapping[str, Any]) -> Line:
        """entry: as the organisation service gives it."""
        actor_id, account_id = (str(entry[who]["account_id"]) if entry[who] else "" for who in ("actor", "account"))
        actor, person = self._actor(entry), self._name(entry["account"])
        said = ACTIONS.get(entry["action"])
        details = cast(Mapping[str, Any], entry["details"])
        known = {
            **{name: self._value(name, value) for name, value in details.items()},
            "actor": actor,
            "person": person,
            "tool": self._tool(entry),
            "role": self._role(entry),
            "address": entry["address"] or self._words.gettext(FORGOTTEN),
        }
        is_own = bool(actor_id) and actor_id == account_id
        text = "" if said is None else (said.own or said.text) if is_own else said.text
        is_about_another = bool(account_id) and not is_own
        return Line(
            at=entry["at"],
            action=entry["action"],
            sentence=_filled(self._words.gettext(text), known) if text else entry["action"],
            actor=actor,
            actor_id=actor_id,
            person=person if is_about_another else "",
            person_id=account_id if is_about_another else "",
            details=self._details(entry, text),
            names={one: name for one, name in ((actor_id, actor), (account_id, person)) if one},
        )

    def _actor(self, entry: Mapping[str, Any]) -> str:
        if entry["by"] == "person":
            return self._name(entry["actor"])
        return self._words.gettext(NAMELESS.get(entry["by"], NAMELESS["platform"]))

    def _name(self, person: Mapping[str, Any] | None) -> str:
        if person is None:
            return UNKNOWN
        nameless = ERASED if person["erased"] else NAME_UNKNOWN
        return person["name"] or self._words.gettext(nameless)

    def _tool(self, entry: Mapping[str, Any]) -> str:
        tool = self._tools.get(entry["tool_id"] or "")
        return tool.views[self._language].name if tool else entry["tool_id"] or UNKNOWN

    def _role(self, entry: Mapping[str, Any], detail: str = "role") -> str:
        details = entry["details"]
        if detail not in details:
            return UNKNOWN
        if details[detail] is None:
            return self._words.gettext(N_("no access"))
        tool = self._tools.get(entry["tool_id"] or "")
        role = str(details[detail])
        return tool.role_name(entry["usage_mode"] or "", role, self._language) if tool else role

    def _details(self, entry: Mapping[str, Any], text: str) -> tuple[tuple[str, str], ...]:
        """Ids say nothing to people, and what stands in the sentence is said."""
        said = {"tool_id"} if "{tool}" in text else set[str]()
        named = {"tool_id": self._tool(entry), "usage_mode": self._mode(entry), "was": self._role(entry, "was")}
        return tuple(
            (self._words.gettext(DETAILS.get(name, name)), named.get(name) or self._value(name, value))
            for name, value in entry["details"].items()
            if not _is_id(value) and f"{{{name}}}" not in text and name not in said
        )

    def _mode(self, entry: Mapping[str, Any]) -> str:
        tool = self._tools.get(entry["tool_id"] or "")
        slug = str(entry["details"].get("usage_mode") or entry["usage_mode"] or "")
        return tool.mode_name(slug, self._language) if tool and slug else slug

    def _value(self, name: str, value: object) -> str:
        if isinstance(value, bool):
            return self._words.gettext(N_("yes") if value else N_("no"))
        if isinstance(value, list | tuple):
            return ", ".join(self._value(name, one) for one in cast(list[object], value))
        known = VALUES.get(name, {}).get(str(value))
        return self._words.gettext(known) if known else UNKNOWN if value is None else str(value)


def _filled(text: str, known: Mapping[str, object]) -> str:
    """No value is taken for a pattern, whatever somebody is called."""
    return "".join(
        literal + (str(known.get(name, UNKNOWN)) if name else "")
        for literal, name, _, _ in string.Formatter().parse(text)
    )


def _is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
