"""The form of an organisation's data, between what the service says and what a browser sends. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.gateway.web.rows import Rows
from shared.markers import N_

ADDRESS = ("street", "number", "box", "postal_code", "city", "country")
SINGLE = ("name", "legal_form", "activity", "description", "email", "phone", "fax", "website")
LANGUAGES: Mapping[str, str] = {"fr": "Français", "nl": "Nederlands", "en": "English", "de": "Deutsch"}
ROWS = Rows(
    {"addresses": ("kind", *ADDRESS), "links": ("kind", "url")},
    {"addresses.kind": "billing", "addresses.country": "BE", "links.kind": "linkedin"},
)
LEGAL_FORMS: Mapping[str, str] = {
    "private-limited": N_("Private limited company (BV/SRL)"),
    "public-limited": N_("Public limited company (NV/SA)"),
    "cooperative": N_("Cooperative company (CV/SC)"),
    "general-partnership": N_("General partnership (VOF/SNC)"),
    "limited-partnership": N_("Limited partnership (CommV/SComm)"),
    "partnership": N_("Partnership (maatschap/société simple)"),
    "sole-trader": N_("Sole trader"),
    "non-profit": N_("Non-profit association (vzw/ASBL)"),
    "international-non-profit": N_("International non-profit association (ivzw/AISBL)"),
    "foundation": N_("Foundation"),
    "co-owners": N_("Association of co-owners (VME/ACP)"),
    "public-body": N_("Public body"),
    "foreign": N_("Company under foreign law"),
    "other": N_("Other"),
}
LABELS: Mapping[str, str] = {
    "name": N_("Name"),
    "legal_form": N_("Legal form"),
    "activity": N_("Activity"),
    "description": N_("Description"),
    "languages": N_("Languages"),
    "email": N_("E-mail address"),
    "phone": N_("Telephone"),
    "fax": N_("Fax"),
    "website": N_("Website"),
    "address": N_("Registered seat"),
    "addresses": N_("Further addresses"),
    "links": N_("Social media"),
}
ADDRESS_KINDS: Mapping[str, str] = {"billing": N_("For invoices"), "postal": N_("For post"), "branch": N_("Branch")}
NETWORKS: Mapping[str, str] = {
    "linkedin": "LinkedIn",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "x": "X",
    "youtube": "YouTube",
    "tiktok": "TikTok",
    "website": N_("Other website"),
}


def values_of(data: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of what the service says."""
    values = {name: str(data[name] or "") for name in (*SINGLE, "version")}
    values |= {f"address.{name}": str(data["address"][name] or "") for name in ADDRESS}
    values |= {f"languages.{code}": "yes" for code in data["languages"]}
    for name, fields in ROWS.lists.items():
        rows: Sequence[Mapping[str, Any]] = data[name]
        values |= {f"{name}.{at}.{field}": str(row[field]) for at, row in enumerate(rows) for field in fields}
    return values


def body_of(values: Mapping[str, str], *, version: int) -> dict[str, Any]:
    """values: tidied. version: for a form that lost its own."""
    seen = values.get("version", "")
    return {
        **{name: values.get(name, "").strip() for name in SINGLE},
        "languages": [code for code in LANGUAGES if values.get(f"languages.{code}")],
        "address": {name: values.get(f"address.{name}", "").strip() for name in ADDRESS},
        **{name: ROWS.rows_of(values, name) for name in ROWS.lists},
        "version": int(seen) if seen.isascii() and seen.isdecimal() else version,
    }


def differences(values: Mapping[str, str], data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Where what was typed is not what is there: label (a msgid), what is there, what was typed."""
    typed, there = body_of(values, version=0), body_of(values_of(data), version=0)
    return [
        (label, _written(name, there[name]), _written(name, typed[name]))
        for name, label in LABELS.items()
        if typed[name] != there[name]
    ]


def address_line(address: Mapping[str, Any]) -> str:
    """As one writes it on one line."""
    house = " ".join(part for part in (address["street"], address["number"]) if part)
    box = f"{house} / {address['box']}" if address["box"] else house
    town = " ".join(part for part in (address["postal_code"], address["city"]) if part)
    return ", ".join(part for part in (box, town, address["country"]) if part)


def _written(name: str, value: Any) -> str:
    if name == "address":
        return address_line(value)
    if name == "addresses":
        return " · ".join(address_line(one) for one in value)
    if name == "links":
        return " · ".join(str(one["url"]) for one in value)
    if name == "languages":
        return ", ".join(LANGUAGES[code] for code in value)
    return str(value or "")
