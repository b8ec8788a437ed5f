"""The screens of second factors, fresh proof, sessions and devices."""

from typing import Any

from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import ui

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "confirm-it-is-you": ("security/confirm.html", {"ui": ui(), "form": Form()}),
    "confirm-it-is-you-wrong": ("security/confirm.html", {"ui": ui(), "form": wrong(password="Ce n’est pas le bon.")}),
}
