"""An organisation's people: the list, one of them, what is done to them, and letting someone in."""

from typing import Any

from services.gateway.web.forms import Form
from tests.gateway.sample_people import ACCESS, ORGANISATION, PEOPLE, wrong
from tests.gateway.samples import thing, ui

SINCE = "2026-10-03T08:00:00Z"
EVERYTHING = ("edit", "promote", "block", "remove")


def person(place: int, *can: str, **more: Any) -> Any:
    """One of the people, as the page about them has it."""
    facts = {
        "fax": "+32 16 00 00 09",
        "since": SINCE,
        "can": can,
        "is_me": False,
        "is_last_manager": False,
        "standing_on": [],
        "access": ACCESS,
        "version": 3,
    }
    return thing(**{**vars(PEOPLE[place]), **facts, **more})


def about(place: int, *can: str, **more: Any) -> dict[str, Any]:
    return {
        "ui": ui(section="organisations"),
        "tab": "employees",
        "organisation": ORGANISATION,
        "here": "#",
        "form": Form(),
        "person": person(place, *can, **more),
    }


def listed(**more: Any) -> dict[str, Any]:
    return {
        "ui": ui(section="organisations"),
        "organisation": ORGANISATION,
        "tab": "employees",
        "employees": [person(place) for place in range(len(PEOPLE))],
        "total": 4712,
        "filter": "all",
        "query": "",
        "sort": "name",
        "is_first": False,
        "address": "#",
        "next": "#",
        "file": "#",
        "me": "a1",
        **more,
    }


PROFILE = thing(
    name="Nora Peeters",
    language="Nederlands",
    picture="",
    recognitions=[thing(name="IPI", valid_until="2027-01-31"), thing(name="FS323", valid_until=None)],
    is_complete=False,
)
CHANGE = "organisations/change_state.html"
ADD = {"ui": ui(), "tab": "employees", "organisation": ORGANISATION, "here": "#", "form": Form()}
SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "employees": ("organisations/employees.html", listed()),
    "employees-none-found": (
        "organisations/employees.html",
        listed(employees=[], query="zoë", total=0, next="", is_first=True),
    ),
    "employees-none-waiting": (
        "organisations/employees.html",
        listed(employees=[], filter="awaiting", total=0, next=""),
    ),
    "employees-none-blocked": (
        "organisations/employees.html",
        listed(employees=[], filter="blocked", total=0, next=""),
    ),
    "employee": ("organisations/employee.html", {**about(2, *EVERYTHING), "part": "here"}),
    "employee-requested": ("organisations/employee.html", {**about(1, "confirm", "block", "remove"), "part": "here"}),
    "employee-last-manager": (
        "organisations/employee.html",
        {**about(0, "edit", "step-down", "leave", is_me=True, is_last_manager=True), "part": "here"},
    ),
    "employee-manager": (
        "organisations/employee.html",
        {**about(0, "edit", "dismiss", "block", "remove"), "part": "here"},
    ),
    "employee-blocked": ("organisations/employee.html", {**about(3, "edit", "activate", "remove"), "part": "here"}),
    "employee-profile": ("organisations/employee_profile.html", {**about(0), "part": "profile", "profile": PROFILE}),
    "employee-edit": ("organisations/employee_edit.html", {**about(2), "form": wrong(phone="12")}),
    "confirm": ("organisations/employee_data.html", {**about(1), "form": wrong(), "way": "confirm"}),
    "confirm-access": ("organisations/employee_access.html", {**about(1), "way": "confirm"}),
    "add-employee": ("organisations/employee_add.html", {**ADD, "asked": "", "known": None}),
    "add-nobody": ("organisations/employee_add.html", {**ADD, "asked": "nora@mail.example", "known": None}),
    "add-known": (
        "organisations/employee_add.html",
        {**ADD, "asked": "nora", "known": thing(name="Nora Peeters", state="requested", account_id="a1")},
    ),
    "add-data": ("organisations/employee_data.html", {**about(1), "way": "add"}),
    "add-access": ("organisations/employee_access.html", {**about(1), "way": "add"}),
    "block": (
        CHANGE,
        {**about(2, standing_on=["CadastreFinder"]), "action": "block", "losing": ["CadastreFinder", "ROMi"]},
    ),
    "activate-employee": (CHANGE, {**about(3), "action": "activate", "losing": []}),
    "remove": (CHANGE, {**about(2), "form": wrong(), "action": "remove", "losing": []}),
    "leave": (CHANGE, {**about(0, is_me=True), "action": "remove", "losing": ["CadastreFinder"]}),
    "promote": (CHANGE, {**about(2), "action": "promote", "losing": []}),
    "dismiss": (CHANGE, {**about(0), "action": "dismiss", "losing": []}),
    "step-down": (CHANGE, {**about(0, is_me=True), "action": "dismiss", "losing": []}),
    "take-back": ("organisations/take_back.html", {"ui": ui(), "form": Form(), "organisation": ORGANISATION}),
}
