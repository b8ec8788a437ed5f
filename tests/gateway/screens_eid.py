"""The screens that ask for a card, each case that can happen to one, and the person's own page about it."""

from datetime import date
from typing import Any

from services.gateway.eid.cases import CASES, GENERAL_ADVICE
from services.gateway.eid.proxy import EidProxy
from services.gateway.web.forms import Form
from tests.gateway.samples import journey, thing, ui

DESK: dict[str, Any] = {
    "cases": CASES,
    "general": GENERAL_ADVICE,
    "shown": "",
    "door": None,
    "after": "",
    "confirm_first": "",
}
DOOR = EidProxy(networks=("192.0.2.0/24",), url="https://card.immo.example:8443")  # type: ignore[arg-type]
LINK = thing(
    is_foreign=False,
    ending="3F9C",
    linked_on=date(2025, 1, 7),
    used_on=date(2025, 2, 1),
    valid_until=date(2030, 5, 4),
    has_ended=False,
)
FOREIGN = thing(**{**vars(LINK), "is_foreign": True, "has_ended": True})
OWN: dict[str, Any] = {"ui": ui(), "here": "/identity-card", "form": Form()}
STRANGER = {"first_name": "Zoë", "last_name": "Van den Bossche"}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "eid": ("eid/link.html", {"ui": journey(), "step_up": False, "may_skip": True, **DESK}),
    "eid-step-up": ("eid/link.html", {"ui": journey(), "step_up": True, "may_skip": False, **DESK}),
    "eid-confirm-first": (
        "eid/link.html",
        {"ui": journey(), "step_up": False, "may_skip": True, **DESK, "confirm_first": "/confirm?next=%2Feid"},
    ),
    "eid-again": ("eid/link.html", {"ui": ui(), "step_up": True, "may_skip": False, **DESK, "after": "/identity-card"}),
    **{
        f"eid-{case.codes[0].removeprefix('ERR_WEBEID_').lower()}": (
            "eid/link.html",
            {"ui": ui(), "step_up": False, "may_skip": False, **DESK, "shown": case.codes[0]},
        )
        for case in CASES
    },
    "card-sign-in": ("eid/sign_in.html", {"ui": journey(account=None), "stranger": None, **DESK, "door": DOOR}),
    "card-unknown": ("eid/sign_in.html", {"ui": ui(account=None), "stranger": STRANGER, **DESK}),
    "identity-card": ("eid/identity_card.html", {**OWN, "link": LINK}),
    "identity-card-foreign": ("eid/identity_card.html", {**OWN, "link": FOREIGN}),
    "identity-card-none": ("eid/identity_card.html", {**OWN, "link": None}),
    "unlink": ("eid/unlink.html", {**OWN, "link": LINK}),
}
