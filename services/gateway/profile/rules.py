"""The form of "my data" with its lists, between what the service says and what a browser sends. Pure.

A field of a list is named as the service names it: `phones.0.number`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

LISTS: Mapping[str, tuple[str, ...]] = {
    "phones": ("kind", "number", "extension"),
    "addresses": ("kind", "street", "number", "box", "postal_code", "city", "country"),
    "links": ("kind", "url"),
}
SINGLE = ("salutation", "first_name", "last_name", "sex", "birth_date", "country", "official_language", "language")
MAX_ROWS = 10
_ROW = re.compile(r"(phones|addresses|links)\.(\d{1,2})\.([a-z_]+)")
_DEFAULTS = {"phones.kind": "mobile", "addresses.kind": "home", "addresses.country": "BE", "links.kind": "linkedin"}


def values_of(data: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of what the service says. Numbers as one reads them."""
    values = {name: str(data[name] or "") for name in (*SINGLE, "version")}
    for name, fields in LISTS.items():
        rows: Sequence[Mapping[str, Any]] = data[name]
        for at, row in enumerate(rows):
            values |= {f"{name}.{at}.{field}": str(row[field]) for field in fields}
            if name == "phones":
                values[f"{name}.{at}.number"] = str(row["written"] or row["number"])
    return values


def rows_of(values: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The rows of one list in the order of the form, as they were typed."""
    rows: dict[int, dict[str, str]] = {}
    for key, text in values.items():
        found = _ROW.fullmatch(key)
        if found and found[1] == name and found[3] in LISTS[name]:
            rows.setdefault(int(found[2]), dict.fromkeys(LISTS[name], ""))[found[3]] = text.strip()
    return [rows[at] for at in sorted(rows)][:MAX_ROWS]


def with_row(values: Mapping[str, str], name: str) -> dict[str, str]:
    """One more, empty. The same form when the list is full."""
    rows = rows_of(values, name)
    if len(rows) < MAX_ROWS:
        rows.append({field: _DEFAULTS.get(f"{name}.{field}", "") for field in LISTS[name]})
    return _with_rows(values, name, rows)


def without_row(values: Mapping[str, str], name: str, at: int) -> dict[str, str]:
    return _with_rows(values, name, [row for index, row in enumerate(rows_of(values, name)) if index != at])


def tidy(values: Mapping[str, str]) -> dict[str, str]:
    """Rows that hold nothing but their choices are gone, and the others count from 0 without gaps."""
    for name in LISTS:
        values = _with_rows(values, name, [row for row in rows_of(values, name) if _is_filled(row)])
    return dict(values)


def body_of(values: Mapping[str, str], shown: Mapping[str, Any]) -> dict[str, Any]:
    """values: tidied. shown: what the service says now, for the fields that are locked and so not in the form."""
    locked: Sequence[str] = shown["locked_fields"]
    single = {name: shown[name] if name in locked else values.get(name, "").strip() or None for name in SINGLE}
    names = {name: single[name] or "" for name in ("first_name", "last_name")}
    version = values.get("version", "")
    lists = {name: rows_of(values, name) for name in LISTS}
    return {**single, **names, **lists, "version": int(version) if version.isdecimal() else shown["version"]}


def _with_rows(values: Mapping[str, str], name: str, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    others = {key: text for key, text in values.items() if not key.startswith(f"{name}.")}
    return others | {f"{name}.{at}.{field}": text for at, row in enumerate(rows) for field, text in row.items()}


def _is_filled(row: Mapping[str, str]) -> bool:
    return any(text for field, text in row.items() if field not in ("kind", "country"))
