"""What people are told, and which mails they choose."""

from types import SimpleNamespace
from typing import Any

from services.gateway.notifications.words import CHOICES, TOPICS
from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import LONG, thing, ui

PARK, DYLE = (
    thing(id=LONG, name="Agence du Parc", choices={}),
    thing(id="2", name="Immo Dyle & Fils", choices={"a": "b"}),
)


def note(**more: Any) -> SimpleNamespace:
    usual: dict[str, Any] = {"id": LONG, "lines": [], "button": None, "url": None, "organisation": None}
    return thing(**{**usual, "created_at": "2025-03-01T09:00:00+00:00", "is_read": True, **more})


NOTES = [
    note(
        title="Mathieu Lambrecht demande à rejoindre Immo Dyle & Fils",
        lines=["Confirmez cette personne ou bloquez-la."],
        button="Voir la demande",
        url="#",
        organisation="Immo Dyle & Fils",
        is_read=False,
    ),
    note(
        id="2",
        title="La demande d’une collaboratrice de l’Agence immobilière Vandenbroucke-Delacroix & Associés",
        lines=[
            "Une ligne.",
            "Et une autre, qui est un peu plus longue que la première pour que l’on voie comment elle se comporte.",
        ],
        organisation="Agence immobilière Vandenbroucke-Delacroix & Associés",
    ),
    note(id="3", title="Bienvenue"),
]
LIST: dict[str, Any] = {
    "form": Form(),
    "notifications": NOTES,
    "organisations": [PARK, DYLE],
    "unread": 100,
    "latest": LONG,
    "is_first": True,
    "is_filtered": False,
    "first_url": "#",
    "next_url": "#",
}
NOTHING: dict[str, Any] = {**LIST, "notifications": [], "organisations": [], "unread": 0, "latest": "", "next_url": ""}
CHOOSING: dict[str, Any] = {
    "ui": ui(unread=3),
    "here": "/account/notifications",
    "action": "/account/notifications",
    "form": Form.of(dict.fromkeys(TOPICS, "daily")),
    "organisation": None,
    "options": list(CHOICES.items()),
    "topics": [thing(id=topic, name=name, hint=hint) for topic, (name, hint) in TOPICS.items()],
    "organisations": [PARK, DYLE],
}
STOPPING: dict[str, Any] = {"action": "#", "topic": "Demandes de collègues", "hint": "Quelqu’un souhaite se joindre."}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "notifications": ("notifications/index.html", {"ui": ui(unread=100), **LIST}),
    "notifications-earlier": (
        "notifications/index.html",
        {"ui": ui(unread=1), **LIST, "is_first": False, "is_filtered": True, "next_url": ""},
    ),
    "notifications-none": ("notifications/index.html", {"ui": ui(), **NOTHING}),
    "my-mails": ("notifications/preferences.html", CHOOSING),
    "my-mails-refused": (
        "notifications/preferences.html",
        {**CHOOSING, "form": wrong(wallet="Ce choix n’existe pas.")},
    ),
    "my-mails-for-one": ("notifications/preferences.html", {**CHOOSING, "organisation": PARK, "organisations": []}),
    "stop-mails": (
        "notifications/unsubscribe.html",
        {"ui": ui(account=None), **STOPPING, "is_everything": False, "is_done": False},
    ),
    "stopped-mails": (
        "notifications/unsubscribe.html",
        {"ui": ui(account=None), **STOPPING, "is_everything": True, "is_done": True},
    ),
}
