"""What somebody sees whose mails come back."""

from typing import Any

from tests.gateway.samples import CADASTRE, cards, journey, ui
from tests.gateway.screens_security import HERE, NONE

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "security-unreachable": (
        "security/index.html",
        {**HERE, "ui": ui(is_unreachable=True), "factors": NONE, "email": "nora@peeters.example"},
    ),
    "select-unreachable": (
        "selection/index.html",
        {"ui": journey(is_unreachable=True), "tool": CADASTRE, "page": cards(2), "refusal": None},
    ),
}
