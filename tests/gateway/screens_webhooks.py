"""A tool's webhooks as the staff sees them."""

from typing import Any

from services.gateway.web.forms import Form
from tests.gateway.samples import thing, ui
from tests.gateway.screens_catalogue import HEAD, NOW

URL = "https://outil.example/recevoir/les-evenements-de-la-plateforme"


def webhook(**more: Any) -> Any:
    base: dict[str, Any] = {
        "id": "01a2",
        "url": URL,
        "description": "Production",
        "client_id": "cadastrefinder",
        "types": [],
        "state": "on",
        "state_name": "Reçoit des événements",
        "off_sentence": "",
        "off_at": None,
        "created_at": NOW,
        "delivered_at": NOW,
        "paused_until": None,
        "waiting": 3,
        "waiting_since": NOW,
        "old_secret_until": None,
    }
    return thing(**{**base, **more})


def delivery(**more: Any) -> Any:
    base: dict[str, Any] = {
        "id": 12,
        "kind": "AccessWithdrawn",
        "state": "delivered",
        "state_name": "Remis",
        "said": "HTTP 204",
        "answer": "",
        "duration_ms": 41,
        "attempts": 1,
        "created_at": NOW,
        "ended_at": NOW,
        "run_at": None,
        "is_test": False,
        "is_replay": False,
        "calls": [thing(at=NOW, said="HTTP 204", duration_ms=41)],
    }
    return thing(**{**base, **more})


OFF = webhook(
    state="off",
    state_name="Désactivé",
    off_sentence="Désactivé parce que rien n’a pu être remis depuis des jours.",
    off_at=NOW,
    delivered_at=None,
    types=["immoconnect.organisation.AccessGranted.v1"],
)
WAITING = delivery(
    state="waiting",
    state_name="En attente",
    said="HTTP 500",
    answer="panne",
    attempts=4,
    ended_at=None,
    run_at=NOW,
    calls=[
        thing(at=NOW, said="no answer within 15 s", duration_ms=15004),
        *[thing(at=NOW, said="HTTP 500", duration_ms=38)] * 3,
    ],
)
LOG: dict[str, Any] = {
    "ui": ui(),
    "tool": HEAD,
    "deliveries": [
        WAITING,
        delivery(),
        delivery(kind="", said="pas de réponse", state="failed", state_name="Non remis"),
    ],
    "states": [("", "Tous"), ("waiting", "En attente"), ("delivered", "Remis"), ("failed", "Non remis")],
    "state": "",
    "older_url": "?before=1",
    "form": Form(),
}
PAYLOAD = '{\n  "specversion": "1.0",\n  "type": "immoconnect.organisation.AccessWithdrawn.v1"\n}'

KINDS = [
    ("kind-AccessGranted", "Une personne a reçu un accès", "AccessGranted"),
    ("kind-AccessWithdrawn", "Une personne a perdu son accès", "AccessWithdrawn"),
    ("kind-Unheard", "Unheard", "Unheard"),
]
WRONG = Form.of({"url": "http://10.0.0.1/", "client_id": "cadastrefinder", "kind-AccessGranted": "yes"})
WRONG.errors.update(url="Adresse refusée.", reason="Dites pourquoi.")

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "webhooks": ("catalogue/webhooks.html", {"ui": ui(), "tool": HEAD, "webhooks": [webhook(), OFF]}),
    "webhooks-none": ("catalogue/webhooks.html", {"ui": ui(), "tool": HEAD, "webhooks": []}),
    "webhook": (
        "catalogue/webhook.html",
        {**LOG, "webhook": webhook(state="failing", paused_until=NOW, old_secret_until=NOW)},
    ),
    "webhook-off": ("catalogue/webhook.html", {**LOG, "webhook": OFF, "deliveries": [], "older_url": ""}),
    "webhook-new": ("catalogue/webhook_new.html", {"ui": ui(), "tool": HEAD, "kinds": KINDS, "form": Form()}),
    "webhook-new-refused": ("catalogue/webhook_new.html", {"ui": ui(), "tool": HEAD, "kinds": KINDS, "form": WRONG}),
    "webhook-secret-kept-once": (
        "catalogue/webhook_secret.html",
        {"ui": ui(), "tool": HEAD, "webhook_id": "01a2", "secret": "whsec_" + "Ab3d" * 11, "until": NOW},
    ),
    "webhook-secret": (
        "catalogue/webhook_confirm.html",
        {"ui": ui(), "tool": HEAD, "webhook": webhook(), "action": "secret", "form": Form()},
    ),
    "webhook-remove": (
        "catalogue/webhook_confirm.html",
        {"ui": ui(), "tool": HEAD, "webhook": webhook(), "action": "remove", "form": WRONG},
    ),
    "webhook-delivery": (
        "catalogue/webhook_delivery.html",
        {"ui": ui(), "tool": HEAD, "webhook_id": "01a2", "delivery": WAITING, "payload": PAYLOAD},
    ),
}
