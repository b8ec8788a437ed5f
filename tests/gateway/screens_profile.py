"""My data: of someone new, of someone with everything, and of someone who mistyped."""

from typing import Any

from services.gateway.profile import rules
from services.gateway.web.forms import Form
from shared.countries import countries
from tests.gateway.samples import ui

NEW: dict[str, Any] = {
    "version": 0,
    "username": "nora.peeters",
    "email": "nora@peeters.example",
    "first_name": "Nora",
    "last_name": "Peeters",
    "salutation": None,
    "sex": None,
    "birth_date": None,
    "country": None,
    "official_language": None,
    "language": "nl",
    "phones": [],
    "addresses": [],
    "links": [],
    "eid_linked": False,
    "locked_fields": [],
    "picture": None,
}
FULL: dict[str, Any] = {
    **NEW,
    "version": 3,
    "salutation": "ms",
    "sex": "female",
    "birth_date": "1985-03-02",
    "country": "BE",
    "official_language": "nl",
    "phones": [{"kind": "mobile", "number": "+32471234567", "extension": "", "written": "+32 471 23 45 67"}],
    "addresses": [
        {
            "kind": "home",
            "street": "Wetstraat",
            "number": "16",
            "box": "3",
            "postal_code": "1000",
            "city": "Brussel",
            "country": "BE",
        }
    ],
    "links": [{"kind": "linkedin", "url": "https://linkedin.com/in/nora"}],
    "eid_linked": True,
    "locked_fields": ["first_name", "last_name", "birth_date", "sex"],
    "picture": "ab" * 32,
}


def _context(data: dict[str, Any], form: Form | None = None) -> dict[str, Any]:
    form = form or Form.of(rules.values_of(data))
    rows = {name: len(rules.ROWS.rows_of(form.values, name)) for name in rules.LISTS}
    return {
        "ui": ui(),
        "here": "/profile",
        "data": data,
        "form": form,
        "rows": rows,
        "max_rows": rules.ROWS.max_rows,
        "countries": countries("nl"),
        "is_changed": form.has_errors,
    }


def _wrong() -> Form:
    form = Form.of(rules.values_of(FULL))
    form.errors["phones.0.number"] = "Dit is geen telefoonnummer."
    return form


PROFILE_SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "profile": ("profile/index.html", _context(FULL)),
    "profile-new": ("profile/index.html", _context(NEW)),
    "profile-errors": ("profile/index.html", _context(FULL, _wrong())),
}
