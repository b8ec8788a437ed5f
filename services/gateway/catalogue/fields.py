"""The forms in which the staff edits a tool: each a few places of its entry, read out of it and written back. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from services.gateway.web.templates import LANGUAGE_NAMES
from shared.markers import N_

Kind = Literal["text", "area", "colour", "date", "rule", "sign-in", "check"]


@dataclass(frozen=True)
class Field:
    """path: in the entry, with places in lists as numbers, and the name of the field in the form. label, hint: msgids.

    about: the id of what it names, where there are several in one form.
    """

    path: str
    label: str
    kind: Kind = "text"
    language: str = ""
    hint: str = ""
    required: bool = True
    about: str = ""


@dataclass(frozen=True)
class Section:
    """title: a msgid. mode: the usage mode that it is about, as its entry has it."""

    name: str
    title: str
    fields: tuple[Field, ...]
    mode: Mapping[str, Any] | None = None


def sections(entry: Mapping[str, Any]) -> dict[str, Section]:
    """By name, in the order in which they are shown."""
    found = [_general(), _texts(), _terms(), *(_mode(at, mode) for at, mode in enumerate(entry["usage_modes"]))]
    return {section.name: section for section in found}


def _general() -> Section:
    fields = (
        Field(
            "start_url",
            N_("Address where it starts"),
            hint=N_("https://, without a question mark where it can be helped."),
        ),
        Field("support_email", N_("E-mail address for questions")),
        Field("sign_in_acr", N_("How one signs in"), "sign-in"),
        Field("colours.primary", N_("Colour"), "colour"),
    )
    return Section("general", N_("Addresses, sign-in and colour"), fields)


def _texts() -> Section:
    fields = (
        *_in_languages("names", N_("Name"), "text"),
        *_in_languages("descriptions", N_("Short description"), "area"),
        *_in_languages("details", N_("Description"), "area", required=False),
    )
    return Section("texts", N_("Names and descriptions"), fields)


def _terms() -> Section:
    fields = (
        Field(
            "terms.version",
            N_("Version"),
            hint=N_("A changed text needs a new version: what was accepted stays as it was."),
        ),
        Field(
            "terms.required_from",
            N_("Needed from"),
            "date",
            hint=N_("From that day on nobody works under older terms. Left empty, everyone goes on as before."),
            required=False,
        ),
        *_in_languages("terms.texts", N_("Terms"), "area"),
    )
    return Section("terms", N_("Terms"), fields)


def _mode(at: int, mode: Mapping[str, Any]) -> Section:
    path = f"usage_modes.{at}"
    rule_hint = N_("For example: ipi or fs323; all of (ipi, manager). Empty: nothing is needed.")
    fields = (
        *_in_languages(f"{path}.names", N_("Name"), "text"),
        *_in_languages(f"{path}.descriptions", N_("Short description"), "area"),
        Field(f"{path}.register_rule", N_("Needed to register it"), "rule", hint=rule_hint, required=False),
        Field(f"{path}.use_rule", N_("Needed to use it"), "rule", hint=rule_hint, required=False),
        Field(f"{path}.is_restricted", N_("Only for organisations on the tool’s list"), "check", required=False),
        Field(f"{path}.is_self_service", N_("A manager may take a role that nobody has"), "check", required=False),
        *_roles(path, mode["roles"]),
    )
    return Section(f"mode-{mode['id']}", N_("Usage mode"), fields, mode)


def _roles(path: str, roles: Sequence[Mapping[str, Any]]) -> Iterator[Field]:
    for at, role in enumerate(roles):
        yield from _in_languages(f"{path}.roles.{at}.names", N_("Name of the role"), "text", about=role["id"])


def _in_languages(path: str, label: str, kind: Kind, *, required: bool = True, about: str = "") -> Iterator[Field]:
    for language, _ in LANGUAGE_NAMES:
        yield Field(f"{path}.{language}", label, kind, language, required=required, about=about)


def values_of(section: Section, entry: Mapping[str, Any]) -> dict[str, str]:
    return {field.path: _shown(_at(entry, field.path)) for field in section.fields}


def merged(section: Section, entry: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The entry with what stands in the form; what the form does not show stays."""
    changed = deepcopy(dict(entry))
    for field in section.fields:
        value: Any = values.get(field.path, "").replace("\r\n", "\n").strip()
        if field.kind == "check":
            value = value == "yes"
        elif field.kind == "date":
            value = value or None
        _put(changed, field.path, value)
    details: dict[str, str] = changed["details"] or {}
    if not any(details.values()):
        changed["details"] = None
    return changed


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _at(entry: Any, path: str) -> Any:
    value = entry
    for part in path.split("."):
        if value is None:
            return None
        value = _inside(value, part)
    return value


def _inside(value: Any, part: str) -> Any:
    return value[int(part)] if part.isdecimal() else value.get(part)


def _put(entry: Any, path: str, value: Any) -> None:
    *inside, name = path.split(".")
    place = entry
    for part in inside:
        if _inside(place, part) is None:
            place[part] = {}
        place = _inside(place, part)
    place[name] = value
