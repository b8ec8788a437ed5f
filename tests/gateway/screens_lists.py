"""The lists of organisations that tools keep, as the staff imports them."""

from typing import Any

from services.gateway.web.forms import Form
from tests.gateway.samples import ui

NOW = "2026-11-21T10:00:00Z"
TOOL = {"id": "cadastrefinder", "name": "CadastreFinder"}
LISTS: list[dict[str, Any]] = [
    {
        "name": "agent",
        "usage_modes": {"agent": "Agent immobilier"},
        "version": 3,
        "entries": 1240,
        "imported_at": NOW,
        "reason": "La fédération a envoyé sa liste de novembre.",
    },
    {
        "name": "pilots",
        "usage_modes": {"agent": "Agent immobilier", "surveyor": "Géomètre"},
        "version": 0,
        "entries": 0,
        "imported_at": None,
        "reason": "",
    },
]
CONCERNED = [{"enterprise_number": "0123456749", "name": "Agence du Parc SRL"}]
OUTCOME: dict[str, Any] = {
    "version": 3,
    "before": 4,
    "after": 2,
    "added": ["0200065765"],
    "added_count": 1,
    "removed": ["0123456749", "0400000383", "1000000120"],
    "removed_count": 3,
    "losing": CONCERNED,
    "gaining": [{"enterprise_number": "0200065765", "name": "Immo De Hoek"}],
    "bad": [{"line": 7, "text": "0123456750;Agence", "reason": "check-digits", "why": "un chiffre doit être faux"}],
    "bad_count": 1,
    "is_shrunken": True,
}
WRONG = Form.of({"text": "bonjour"})
WRONG.general = "Ce fichier ne contient aucun numéro d’entreprise."
UNREASONED = Form()
UNREASONED.errors["reason"] = "Écrivez une raison."
PREVIEW = {"ui": ui(), "tool": TOOL, "list_name": "agent", "text": "0200065765\n", "outcome": OUTCOME, "form": Form()}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "lists": ("lists/index.html", {"ui": ui(), "tool": TOOL, "lists": LISTS, "form": Form(), "chosen": ""}),
    "lists-refused": ("lists/index.html", {"ui": ui(), "tool": TOOL, "lists": LISTS, "form": WRONG, "chosen": "agent"}),
    "lists-none": ("lists/index.html", {"ui": ui(), "tool": TOOL, "lists": [], "form": Form(), "chosen": ""}),
    "lists-preview": ("lists/preview.html", PREVIEW),
    "lists-preview-refused": ("lists/preview.html", {**PREVIEW, "form": UNREASONED}),
    "lists-preview-same": (
        "lists/preview.html",
        {
            **PREVIEW,
            "outcome": {
                **OUTCOME,
                **dict.fromkeys(("added_count", "removed_count", "bad_count"), 0),
                "losing": [],
                "gaining": [],
            },
        },
    ),
}
