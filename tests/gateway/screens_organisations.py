"""The screens of organisations themselves: overview, finding, creating, joining, data, pictures, closing."""

from typing import Any

from services.gateway.organisations import data_form
from services.gateway.web.forms import Form
from tests.gateway.sample_people import ORGANISATION, ORGANISATIONS, wrong
from tests.gateway.samples import LONG, journey, thing, ui

COUNTRIES = [("BE", "Belgique"), ("FR", "France"), ("IE", "Irlande")]
SEAT = {
    "street": "Bondgenotenlaan",
    "number": "12",
    "box": "3",
    "postal_code": "3000",
    "city": "Leuven",
    "country": "BE",
}
_ABROAD = ("branch", "12 Quay Street", "", "", "", "Galway", "IE")
ABROAD = dict(zip(data_form.ROWS.lists["addresses"], _ABROAD, strict=True))
DATA: dict[str, Any] = {
    "version": 3,
    "name": "Immo Dyle & Fils",
    "legal_form": "private-limited",
    "activity": "Estate agency and property management",
    "description": "A family business.\n\nSince 1986.",
    "languages": ["nl", "fr"],
    "email": "info@dyle.example",
    "phone": "+32 16 22 33 44",
    "fax": None,
    "website": "https://dyle.example",
    "address": SEAT,
    "addresses": [{**SEAT, "kind": "billing"}, ABROAD],
    "links": [{"kind": "linkedin", "url": "https://linkedin.com/company/dyle"}],
}
EMPTY: dict[str, Any] = {
    **DATA,
    "legal_form": None,
    "activity": "",
    "description": "",
    "languages": [],
    "phone": None,
    "website": None,
    "addresses": [],
    "links": [],
}
WORDS: dict[str, Any] = {
    "legal_forms": list(data_form.LEGAL_FORMS.items()),
    "address_kinds": list(data_form.ADDRESS_KINDS.items()),
    "networks": list(data_form.NETWORKS.items()),
    "languages": list(data_form.LANGUAGES.items()),
}
OUTLOOK = {"employees": 4, "other_managers": 0, "waiting": 1, "registrations": 2, "invitations": 1}
EMPLOYEE = thing(**{**vars(ORGANISATION), "manager": False})
SUPPORTED = {
    "id": LONG,
    "enterprise_number": "0123456749",
    "name": "Immo Dyle & Fils",
    "created_at": "2026-01-31T12:30:00+00:00",
    "closed_at": None,
    "outlook": OUTLOOK,
}
CLOSED = {**SUPPORTED, "closed_at": "2026-02-01T12:30:00+00:00"}


def overview(organisations: list[Any], total: int, *, search: str = "") -> tuple[str, dict[str, Any]]:
    return (
        "organisations/index.html",
        {
            "ui": ui(section="organisations"),
            "organisations": organisations,
            "total": total,
            "search": search,
            "has_search": total > 6,
        },
    )


def edit(form: Form, **more: Any) -> tuple[str, dict[str, Any]]:
    context: dict[str, Any] = {
        "rows": data_form.ROWS.count(form.values),
        "max_rows": 10,
        "is_changed": False,
        "differing": [],
    }
    return (
        "organisations/data_edit.html",
        {
            "ui": ui(),
            "tab": "data",
            "organisation": ORGANISATION,
            "form": form,
            "countries": COUNTRIES,
            **WORDS,
            **context,
            **more,
        },
    )


def mistaken() -> Form:
    form = wrong(**{"name": "Use at most 200 characters.", "description": "Too long.", "addresses.1.city": "Fill this in."})  # fmt: skip
    form.values.update(data_form.values_of(DATA))
    return form


def page(template: str, **context: Any) -> tuple[str, dict[str, Any]]:
    return template, {"ui": ui(), "tab": "data", "organisation": ORGANISATION, "form": Form(), **context}


DIFFERING = [("Activity", "Letting", "Selling"), ("Social media", "", "https://linkedin.com/company/dyle")]

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "organisations": overview(ORGANISATIONS, 4),
    "organisations-one": overview(ORGANISATIONS[:1], 1),
    "organisations-many": overview(ORGANISATIONS * 12, 48),
    "organisations-searched": overview([], 48, search="Dijle"),
    "organisations-none": overview([], 0),
    "find": (
        "organisations/find.html",
        {
            "ui": journey(),
            "form": wrong(number="Les deux derniers chiffres ne correspondent pas aux huit premiers."),
            "found": None,
        },
    ),
    "found": ("organisations/find.html", {"ui": journey(), "form": Form(), "found": ORGANISATION}),
    "found-closed": (
        "organisations/find.html",
        {"ui": journey(), "form": Form(), "found": thing(**{**vars(ORGANISATION), "is_closed": True})},
    ),
    "new": (
        "organisations/new.html",
        {"ui": journey(), "form": wrong(), "number": "0123456749", "is_proposed": True, "countries": COUNTRIES},
    ),
    "join": page("organisations/join.html", form=wrong(), was_faster=False),
    "join-late": page("organisations/join.html", was_faster=True),
    "joined": page("organisations/joined.html", managers=["Nora Peeters", "Jan De Smet"]),
    "organisation-data": page("organisations/data.html", data=DATA, countries=dict(COUNTRIES), **WORDS),
    "organisation-data-employee": page(
        "organisations/data.html", data=EMPTY, countries=dict(COUNTRIES), **{**WORDS, "organisation": EMPLOYEE}
    ),
    "organisation-data-edit": edit(Form.of(data_form.values_of(EMPTY))),
    "organisation-data-wrong": edit(mistaken(), is_changed=True),
    "organisation-data-meanwhile": edit(Form.of(data_form.values_of(DATA)), is_changed=True, differing=DIFFERING),
    "organisation-pictures": page("organisations/pictures.html"),
    "organisation-pictures-wrong": page("organisations/pictures.html", form=wrong(cover="This picture is too small.")),
    "organisation-close": page("organisations/close.html", outlook=OUTLOOK, balance_cents=272990),
    "organisation-close-others": page(
        "organisations/close.html", outlook={**OUTLOOK, "other_managers": 2}, balance_cents=None
    ),
    "support-organisations": ("support/organisations.html", {"ui": ui(), "form": Form(), "found": SUPPORTED}),
    "support-organisation-closed": ("support/organisations.html", {"ui": ui(), "form": Form(), "found": CLOSED}),
    "support-organisation-close": (
        "support/organisation.html",
        {"ui": ui(), "form": wrong(reason="Say why."), "found": SUPPORTED, "action": "close"},
    ),
    "support-organisation-reopen": (
        "support/organisation.html",
        {"ui": ui(), "form": Form(), "found": CLOSED, "action": "reopen"},
    ),
}
