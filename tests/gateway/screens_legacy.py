"""The screens of accounts of older tools."""

from typing import Any

from services.gateway.accounts.mailboxes import SHARED
from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import journey, ui

UPGRADE: dict[str, Any] = {
    "ui": ui(account=None), "tools": ["CIBweb"], "missing": ["email", "terms"], "form": Form(), "mailboxes": SHARED,
    "is_shared": False, "strength": None,
}  # fmt: skip
OLD: list[dict[str, Any]] = [
    {"tool": "CIBweb", "username": "n.peeters", "attached_at": "2025-01-07T10:00:00+00:00"},
    {
        "tool": "immo-2000",
        "username": "nora.peeters@agence-du-parc.example",
        "attached_at": "2025-02-01T08:30:00+00:00",
    },
]
HERE: dict[str, Any] = {"ui": ui(), "here": "/security"}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "upgrade": ("legacy/upgrade.html", UPGRADE),
    "upgrade-all": (
        "legacy/upgrade.html",
        {
            **UPGRADE,
            "ui": journey(account=None),
            "tools": ["CIBweb", "COVAST"],
            "missing": ["name", "username", "email", "password", "terms"],
            "form": wrong(
                email="Cette adresse n’est pas valable.", password="Ce mot de passe est trop facile à deviner."
            ),
            "is_shared": True,
        },
    ),
    "upgrade-attach": ("legacy/attach.html", {"ui": ui(), "tools": ["CIBweb"], "form": Form()}),
    "old-accounts": ("legacy/old_accounts.html", {**HERE, "old_accounts": OLD}),
    "old-accounts-none": ("legacy/old_accounts.html", {**HERE, "old_accounts": []}),
    "old-accounts-attach": ("legacy/another.html", {**HERE, "form": wrong()}),
}
