"""Recognitions: found, awaited, none, beyond their end; how they came to be; and the staff's part of it."""

from typing import Any

from services.gateway.recognitions import views
from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import journey, thing, ui
from tests.gateway.screens_support import CASE

NOW = "2026-11-21T10:00:00Z"


def held(name: str, *, registry: str = "IPI", **more: Any) -> Any:
    said: dict[str, Any] = {
        "kind": "ipi",
        "name": name,
        "number": None,
        "state": "valid",
        "valid_until": None,
        "counts_until": None,
        "in_grace": False,
        "source": "professions",
        "source_name": registry,
        "fetched_at": NOW,
    }
    return views.recognition({**said, **more})


def line(change: str, why: str, **more: Any) -> Any:
    said: dict[str, Any] = {
        "at": NOW,
        "name": "Numéro IPI",
        "number": "509 871",
        "valid_until": "2027-12-31",
        "source": "professions",
        "source_name": "Registre des professions",
        "change": change,
        "why": why,
    }
    return views.line({**said, **more})


HELD = [
    held("Numéro IPI", number="509 871", valid_until="2026-12-31", counts_until="2026-12-31"),
    held("Vérifié par le FS323", registry="FS323", valid_until="2027-06-30", counts_until="2027-12-27"),
    held("Vérifié par le FS323", valid_until="2026-09-30", counts_until="2027-03-29", in_grace=True),
    held("Membre de CIB", state="lapsed"),
]
KINDS = [
    {
        "kind": "cib",
        "name": "Membre de CIB Vlaanderen",
        "description": "Affiliation à la fédération.",
        "ways": "Affiliez-vous auprès de la fédération.",
        "registry_name": "Registre des professions",
        "lag": {"from_months": 4, "to_months": 6},
    },
]
VIEW = thing(
    is_waiting=True,
    can_ask=True,
    ask_again_at=None,
    recognitions=HELD,
    registries=[
        thing(name="IPI", state="answered", as_of=None, lag=None),
        thing(name="CIB Vlaanderen", state="pending", as_of=None, lag=None),
        thing(name="Fonds 323", state="unavailable", as_of=None, lag=None),
        thing(name="FS323", state="answered", as_of="2026-06-01", lag={"from_months": 4, "to_months": 6}),
    ],
)
NONE = thing(is_waiting=False, can_ask=True, ask_again_at=NOW, recognitions=[], registries=[])
LINES = [
    line("lapsed", "withdrawn"),
    line("in-grace", "grace", number=None),
    line("granted", "recorded-by-support", source="support", source_name="", valid_until=None),
    line("changed", "a-new-reason"),
]
STAFF_LINES = [
    *LINES,
    line("granted", "recorded-by-support", evidence_id="e1", statement="Seen it.", file_name="a.pdf"),
]
BY_SUPPORT = held("Numéro IPI", source="support", source_name="")

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "recognitions": ("recognitions/index.html", {"ui": journey(), "view": VIEW, "others": KINDS, "next_url": "#"}),
    "recognitions-none": ("recognitions/index.html", {"ui": ui(), "view": NONE, "others": KINDS, "next_url": "#"}),
    "recognitions-history": (
        "recognitions/history.html",
        {"ui": ui(), "lines": LINES, "older": 17, "is_first": False},
    ),
    "recognitions-history-none": (
        "recognitions/history.html",
        {"ui": ui(), "lines": [], "older": None, "is_first": True},
    ),
    "support-recognitions": (
        "support/recognitions.html",
        {
            "ui": ui(),
            "case": CASE,
            "form": wrong(file="PDF, JPEG, PNG", statement="Que voyez-vous ?"),
            "held": [*HELD, BY_SUPPORT],
            "lines": STAFF_LINES,
            "kinds": [("ipi", "Numéro IPI")],
        },
    ),
    "support-recognitions-none": (
        "support/recognitions.html",
        {"ui": ui(), "case": CASE, "form": Form(), "held": [], "lines": [], "kinds": [("ipi", "Numéro IPI")]},
    ),
    "support-withdraw-recognition": (
        "support/withdraw_recognition.html",
        {"ui": ui(), "case": CASE, "form": Form(), "held": BY_SUPPORT},
    ),
}
