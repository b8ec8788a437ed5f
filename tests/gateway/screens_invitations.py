"""Invitations and the history of an organisation, as screens with made-up content."""

from typing import Any

from services.gateway.organisations.history_lines import Line
from services.gateway.web.forms import Form
from tests.gateway.sample_people import ORGANISATION, wrong
from tests.gateway.samples import LONG, thing, ui
from tests.gateway.screens_employees import ACCESS

_TYPES = [("employee", "Employee"), ("external", "External adviser")]
_AT = "2026-02-01T09:30:00+00:00"


def _invitation(state: str, email: str, **more: Any) -> Any:
    facts = {"id": "i1", "email": email, "type_name": "Employee", "manager": False, "state": state, "mails_sent": 1,
             "invited_by_name": "Nora Peeters", "invited_at": _AT, "expires_at": _AT, "account_id": None,
             "refused_at": None, "access": []}  # fmt: skip
    return thing(**{**facts, **more})


_INVITATIONS = [
    _invitation(
        "open",
        "bram.wouters-vandenbroucke.van.het.grote.kantoor@dyle.example",
        manager=True,
        access=[thing(tool_name="CadastreFinder", role_name="Administrator")],
    ),
    _invitation("open", "bram.wouters@dile.example", refused_at=_AT),
    _invitation("open", "new@dyle.example", mails_sent=0, invited_by_name=""),
    _invitation("accepted", "mathieu@dyle.example", account_id="a2"),
    *(_invitation(state, f"{state}@dyle.example") for state in ("declined", "withdrawn", "expired", "obsolete")),
]
_LINES = [
    Line(_AT, "confirm", "Nora Peeters confirmed Mathieu Lambrecht.", "Nora Peeters", LONG, "Mathieu Lambrecht", LONG,
         (("Place", "Employee"), ("Manager", "no"))),
    Line(_AT, "invite", "Nora Peeters invited bram@dyle.example.", "Nora Peeters", LONG, "", "", ()),
    Line(_AT, "never-heard-of", "never-heard-of", "Our support", "", "", "", (("kept", "yes"),)),
]  # fmt: skip
_HISTORY: dict[str, Any] = {
    "organisation": ORGANISATION,
    "tab": "history",
    "here": "#",
    "actions": [("", "Everything"), ("confirm", "Confirmed")],
    "csv_url": "#",
    "is_first": True,
}
_OFFER: dict[str, Any] = {
    "organisation": {"name": "Immo Dyle & Fils", "enterprise_number": "0123456749"},
    "invited_by_name": "Nora Peeters",
    "email": "bram.wouters@dyle.example",
    "manager": True,
    "expires_at": _AT,
    "tools": ["CadastreFinder", "CIBweb"],
    "is_yours": None,
}
_SHOWN: dict[str, Any] = {"type_name": "Employee", "form": Form()}
_TAB: dict[str, Any] = {"organisation": ORGANISATION, "tab": "invitations", "here": "#"}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "invitations": (
        "organisations/invitations.html",
        {"ui": ui(section="organisations"), **_TAB, "invitations": _INVITATIONS, "form": Form(), "next_url": "#"},
    ),
    "invitations-none": (
        "organisations/invitations.html",
        {"ui": ui(section="organisations"), **_TAB, "invitations": [], "form": wrong(), "next_url": ""},
    ),
    "invite": (
        "organisations/invite.html",
        {
            "ui": ui(section="organisations"),
            **_TAB,
            "form": wrong(email="Déjà invité."),
            "types": _TYPES,
            "access": ACCESS,
        },
    ),
    "invitation-address": (
        "organisations/invitation_address.html",
        {"ui": ui(section="organisations"), **_TAB, "invitation": _INVITATIONS[1], "form": wrong(email="No address.")},
    ),
    "invitation-withdraw": (
        "organisations/invitation_withdraw.html",
        {"ui": ui(section="organisations"), **_TAB, "invitation": _INVITATIONS[0], "form": Form()},
    ),
    "invited-stranger": ("invitations/show.html", {"ui": ui(account=None), "offer": _OFFER, **_SHOWN}),
    "invited": ("invitations/show.html", {"ui": ui(), "offer": {**_OFFER, "is_yours": True}, **_SHOWN}),
    "invited-other": ("invitations/show.html", {"ui": ui(), "offer": {**_OFFER, "is_yours": False}, **_SHOWN}),
    "invitation-decline": ("invitations/decline.html", {"ui": ui(account=None), "offer": _OFFER}),
    **{
        f"invitation-{state}": ("invitations/over.html", {"ui": ui(account=None), "state": state})
        for state in ("accepted", "declined", "withdrawn", "expired", "unknown")
    },
    "history": (
        "organisations/history.html",
        {
            "ui": ui(section="organisations"),
            **_HISTORY,
            "lines": _LINES,
            "form": Form.of({"action": "confirm", "actor": LONG}),
            "people": [thing(name="actor", value=LONG, title="Done by Nora Peeters", url="#")],
            "next_url": "#",
        },
    ),
    "history-none": (
        "organisations/history.html",
        {"ui": ui(section="organisations"), **_HISTORY, "lines": [], "form": wrong(), "people": [], "next_url": ""},
    ),
}
