"""The screens of privacy: what is kept, the file, and the way out."""

from datetime import UTC, datetime
from typing import Any

from services.gateway.privacy.labels import LABELS, SERVICES
from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import ui

MOMENT = datetime(2026, 2, 7, 12, 30, tzinfo=UTC)
NOTHING: dict[str, Any] = {"state": None, "starts_at": None}
CLEAR: dict[str, Any] = {
    "blocked_by": [],
    "closing": [{"id": "1", "name": "Immo Seul", "enterprise_number": "0403170701"}],
}
BLOCKED: dict[str, Any] = {
    "blocked_by": [{"id": "2", "name": "Immo De Smet & Zonen", "enterprise_number": "0403170701"}],
    "closing": [],
}
KNOWN: dict[str, Any] = {
    "identity": {
        "account": {"username": "ada.lambert", "email": "ada@example.com", "birth_date": None},
        "profile": {"phones": [{"kind": "mobile", "number": "+32470123456"}], "links": []},
        "second_factors": {"passkeys": [], "recovery_codes_left": 8},
        "sessions": [{"created_at": "2026-01-31T12:30:00Z", "amr": ["pwd", "otp"], "user_agent": "Firefox <b>"}],
    },
    "organisation": {"memberships": [{"organisation": "Immo De Smet & Zonen", "manager": True, "phone": None}]},
    "recognition": {"a_key_of_tomorrow": "7"},
    "wallet": {"charges": []},
    "notify": {"mails": []},
    "gateway": {"account": None},
}


def index(state: str | None, outlook: dict[str, Any] | None = CLEAR) -> tuple[str, dict[str, Any]]:
    starts_at = MOMENT if state in ("scheduled", "held") else None
    erasure = {"state": state, "starts_at": starts_at}
    return "privacy/index.html", {"ui": ui(), "here": "/privacy", "erasure": erasure, "outlook": outlook}


def erase(outlook: dict[str, Any] | None, form: Form | None = None) -> tuple[str, dict[str, Any]]:
    return "privacy/erase.html", {"ui": ui(), "here": "/privacy", "form": form or Form(), "outlook": outlook}


def confirm(form: Form) -> tuple[str, dict[str, Any]]:
    return "privacy/confirm.html", {"ui": ui(), "here": "/privacy", "form": form, "retry_after_s": 60}


SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "privacy": index(None),
    "privacy-requested": index("requested"),
    "privacy-scheduled": index("scheduled"),
    "privacy-held": index("held", BLOCKED),
    "privacy-running": index("purging", None),
    "privacy-download": ("privacy/download.html", {"ui": ui(), "here": "/privacy", "form": Form()}),
    "privacy-erase": erase(CLEAR),
    "privacy-erase-blocked": erase(BLOCKED),
    "privacy-erase-unknown": erase(None),
    "privacy-confirm": confirm(Form()),
    "privacy-confirm-wrong": confirm(wrong(code="Ce code n’est pas le bon.")),
    "privacy-export": (
        "privacy/export.html",
        {"data": KNOWN, "services": SERVICES, "labels": LABELS, "picture": "identity/picture.webp", "made_at": MOMENT},
    ),
}
