"""The form of "my data", between what the service says and what a browser sends. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.gateway.web.rows import Rows

LISTS: Mapping[str, tuple[str, ...]] = {
    "phones": ("kind", "number", "extension"),
    "addresses": ("kind", "street", "number", "box", "postal_code", "city", "country"),
    "links": ("kind", "url"),
}
SINGLE = ("salutation", "first_name", "last_name", "sex", "birth_date", "country", "official_language", "language")
_DEFAULTS = {"phones.kind": "mobile", "addresses.kind": "home", "addresses.country": "BE", "links.kind": "linkedin"}
ROWS = Rows(LISTS, _DEFAULTS)


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


def body_of(values: Mapping[str, str], shown: Mapping[str, Any]) -> dict[str, Any]:
    """values: tidied. shown: what the service says now, for the fields that are locked and so not in the form."""
    locked: Sequence[str] = shown["locked_fields"]
    single = {name: shown[name] if name in locked else values.get(name, "").strip() or None for name in SINGLE}
    names = {name: single[name] or "" for name in ("first_name", "last_name")}
    version = values.get("version", "")
    lists = {name: ROWS.rows_of(values, name) for name in LISTS}
    return {**single, **names, **lists, "version": int(version) if version.isdecimal() else shown["version"]}
