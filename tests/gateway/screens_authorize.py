"""Screens that a tool's wishes bring about."""

from typing import Any

from services.gateway.journey.leaving import Leaving
from services.gateway.selection.asked import Asked
from tests.gateway.samples import CADASTRE, cards, journey, ui

LEAVING = Leaving("/sign-out?logout=1", "CadastreFinder", "https://tool.example/bye", "jan.janssens")
ASKED = Asked("Immo Dyle & Fils", "0123.456.749", [])
SHUT = Asked(
    "Immo Dyle & Fils", "0123.456.749", [], "Vous ne faites pas partie de cette organisation.", "Rejoindre", "/"
)


def _page(count: int, asked: Asked) -> Any:
    page = cards(count)
    page.asked = asked
    return page


SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "sign-out": ("accounts/sign_out.html", {"ui": ui(), "leaving": None}),
    "sign-out-tool": ("accounts/sign_out.html", {"ui": ui(), "leaving": LEAVING}),
    "select-asked": (
        "selection/index.html",
        {"ui": journey(), "tool": CADASTRE, "page": _page(1, ASKED), "refusal": None},
    ),
    "select-asked-shut": (
        "selection/index.html",
        {"ui": journey(), "tool": CADASTRE, "page": _page(0, SHUT), "refusal": None},
    ),
}
