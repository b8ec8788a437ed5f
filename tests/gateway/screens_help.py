"""Help: topics, one article, what a code means, searching, and asking the help desk."""

from typing import Any

from services.gateway.help.library import Library
from services.gateway.help.meanings import MEANINGS, UNKNOWN
from services.gateway.web.forms import Form
from tests.gateway.samples import ui

LIBRARY = Library()
SHELF = LIBRARY.shelf("de")
TOP_UP, CONTACTS = SHELF.articles["top-up"], SHELF.articles["aml-contacts"]
STRANGER = ui(account=None, section="help")
CONTACT: dict[str, Any] = {
    "ui": STRANGER,
    "facts": {"browser": "Firefox 140", "system": "Ubuntu"},
    "asks_address": True,
    "support_email": "support@example.org",
    "max_text": 5000,
    "max_picture_bytes": 10 * 1024 * 1024,
    "has_lost_picture": False,
}
FROM_AN_ERROR = Form.of({"page": "/wallet", "code": "balance-short", "reference": "4bf92f3577b34da6a3ce929d0e0e4736"})
REFUSED = Form.of({"page": "/wallet", "name": "Nora Peeters", "email": "nora"})
REFUSED.errors["text"] = "Schreiben Sie, was Sie wissen möchten oder was nicht geklappt hat."
REFUSED.errors["email"] = "Geben Sie eine E-Mail-Adresse an, unter der wir Ihnen antworten können."
REFUSED.errors["picture"] = "Diese Datei ist zu groß. Wählen Sie eine mit höchstens 10 MB."
AWAY = Form.of({"text": "Warum sehe ich die Anwendung nicht?"})
AWAY.general = "Das ist im Augenblick nicht verfügbar. Versuchen Sie es später noch einmal."
AWAY.codes = frozenset(("service-unavailable",))

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "help": ("help/index.html", {"ui": STRANGER, "topics": SHELF.by_topic(), "asked_most": SHELF.asked_most()}),
    "help-article": (
        "help/article.html",
        {"ui": STRANGER, "article": TOP_UP, "topic": "Wallet and payments", "related": SHELF.asked_most()},
    ),
    "help-article-long": (
        "help/article.html",
        {"ui": ui(section="help"), "article": CONTACTS, "topic": "Questions about particular tools", "related": []},
    ),
    "help-search": (
        "help/search.html",
        {"ui": STRANGER, "query": "aufladen", "found": LIBRARY.search("aufladen", "de")},
    ),
    "help-search-nothing": ("help/search.html", {"ui": STRANGER, "query": "xyzzyq", "found": []}),
    "help-search-begin": ("help/search.html", {"ui": STRANGER, "query": "", "found": []}),
    "help-error": (
        "help/error_code.html",
        {
            "ui": STRANGER,
            "code": "code-expired",
            "meaning": MEANINGS["code-expired"],
            "article": SHELF.articles["activation-code"],
        },
    ),
    "help-error-article": (
        "help/error_code.html",
        {"ui": STRANGER, "code": "plan-over", "meaning": None, "article": SHELF.articles["plans"]},
    ),
    "help-error-unknown": (
        "help/error_code.html",
        {"ui": STRANGER, "code": "http-418", "meaning": UNKNOWN, "article": None},
    ),
    "contact": ("help/contact.html", {**CONTACT, "form": FROM_AN_ERROR}),
    "contact-signed-in": ("help/contact.html", {**CONTACT, "ui": ui(), "asks_address": False, "form": Form()}),
    "contact-refused": ("help/contact.html", {**CONTACT, "form": REFUSED, "has_lost_picture": True}),
    "contact-away": ("help/contact.html", {**CONTACT, "form": AWAY}),
    "contact-asked": (
        "help/asked.html",
        {"ui": STRANGER, "reference": "KAVO-MILU-47", "email": "nora.peeters@example.org"},
    ),
    "contact-asked-signed-in": ("help/asked.html", {"ui": ui(), "reference": "KAVO-MILU-47", "email": ""}),
}
