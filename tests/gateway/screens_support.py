"""The support console: the desk, what was found, a case, and each thing that can be done in one."""

from typing import Any

from services.gateway.support.words import ACTIONS, RECORD
from services.gateway.web.forms import Form
from tests.gateway.samples import ui

NOW = "2026-11-21T10:00:00Z"
ACCOUNT: dict[str, Any] = {
    "id": "0193b5a0-0000-7000-8000-000000000001",
    "username": "nora.peeters",
    "first_name": "Nora",
    "last_name": "Peeters",
    "email": "nora@peeters.example",
    "language": "nl",
    "state": "pending",
    "created_at": NOW,
    "activated_at": NOW,
    "terms_version": "2026-01",
    "terms_accepted_at": NOW,
    "eid_linked_at": NOW,
    "eid_kind": "belgian",
    "eid_valid_until": NOW,
    "eid_certificate_ending": "4F2A",
    "passkeys": 1,
    "has_totp": True,
    "sessions": 2,
    "last_seen_at": NOW,
    "codes": [
        {"purpose": "activation", "sent_at": NOW, "expires_at": NOW, "tries_left": 3, "used_at": None},
        {"purpose": "password-reset", "sent_at": NOW, "expires_at": NOW, "tries_left": 0, "used_at": None},
    ],
    "audit": [
        {"at": NOW, "action": "support-case-opened", "actor": "account:0193", "reason": "Ticket 4711"},
        {"at": NOW, "action": "signed-in", "actor": "account:0193b5a0-0000-7000-8000-000000000001", "reason": None},
        {"at": NOW, "action": "sign-in-failed", "actor": "anonymous", "reason": None},
        {"at": NOW, "action": "something-new", "actor": "service:operator", "reason": None},
    ],
}
CASE: dict[str, Any] = {
    "id": "0193b5a0-0000-7000-8000-000000000002",
    "reason": "Ticket 4711: lost the card",
    "opened_at": NOW,
    "expires_at": NOW,
    "account": ACCOUNT,
}
FOUND = {**ACCOUNT, "email": "n•••@peeters.example", "eid_linked": True}
OPEN = {**CASE, "username": "nora.peeters", "first_name": "Nora", "last_name": "Peeters"}

SUPPORT_SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "support": ("support/index.html", {"ui": ui(), "form": Form(), "found": None, "cases": []}),
    "support-found": (
        "support/index.html",
        {"ui": ui(), "form": Form.of({"query": "Peeters,"}), "found": [FOUND], "cases": [OPEN]},
    ),
    "support-nothing": ("support/index.html", {"ui": ui(), "form": Form.of({"query": "x"}), "found": [], "cases": []}),
    "support-open": ("support/open.html", {"ui": ui(), "account_id": ACCOUNT["id"], "form": Form()}),
    "support-case": (
        "support/case.html",
        {"ui": ui(), "case": CASE, "record": dict(RECORD), "actions": list(ACTIONS)},
    ),
    **{
        f"support-{name}": ("support/confirm.html", {"ui": ui(), "case": CASE, "action": action, "form": Form()})
        for name, action in ACTIONS.items()
    },
}
