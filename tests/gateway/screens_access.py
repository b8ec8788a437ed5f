"""Screens of registering, access, requests, mandates and the end of a registration."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from services.gateway.tools.access_form import Edits, View
from services.gateway.tools.access_views import AccessPage
from services.gateway.web.forms import Form
from tests.gateway.sample_people import ORGANISATION, ORGANISATIONS, ROLES, wrong
from tests.gateway.samples import CADASTRE, LONG, journey, thing, tool, ui

COLUMNS = [thing(kind="ipi", name="numéro IPI"), thing(kind="fs323", name="collaborateur vérifié FS323")]
MODE = thing(
    name="Agent immobilier",
    description="Pour vos clients.",
    needs="numéro IPI ou collaborateur vérifié FS323",
    register_needs="numéro IPI",
)


def person(at: int, name: str, **more: Any) -> SimpleNamespace:
    usual: dict[str, Any] = {
        "account_id": f"a{at}",
        "name": name,
        "initials": name[:2].upper(),
        "manager": False,
        "is_blocked": False,
        "role": "",
        "chosen": "",
        "is_tool_manager": False,
        "manages": False,
        "is_changed": False,
        "is_crossed": False,
        "usable": True,
        "held": set[str](),
        "until": {},
    }
    return thing(**{**usual, **more})


PEOPLE = [
    person(
        1, "Nora Peeters", manager=True, role="admin", chosen="admin", held={"ipi"}, until={"ipi": date(2027, 3, 1)}
    ),
    person(
        2, "Ünal Özdemir-Vandenbroucke", role="user", chosen="admin", usable=False, is_changed=True, is_crossed=True
    ),
    person(3, "Greet Verlinden", is_blocked=True, role="user", chosen="user"),
    person(4, "Mathieu Lambrecht", held={"fs323"}, is_tool_manager=True, manages=True),
]
STANDING = thing(
    suspended="", reason="", person="Nora Peeters", recognition="numéro IPI", until=date(2027, 3, 1), is_held=True
)
REQUESTS = [
    thing(
        account_id="a5",
        name="Sofie Willems",
        initials="SW",
        role="Utilisateur",
        is_known=True,
        current_role="",
        missing="numéro IPI ou collaborateur vérifié FS323",
        requested_on=date(2026, 1, 5),
    )
]


def own(**more: Any) -> SimpleNamespace:
    usual: dict[str, Any] = {
        "id": "r1",
        "tool_id": "cadastrefinder",
        "tool_name": "CadastreFinder",
        "organisation_name": "",
        "usage_mode": "agent",
        "usage_mode_name": "Agent immobilier",
        "state": "active",
        "suspended": "",
        "needs": "numéro IPI",
        "missing": "",
        "lacks": [],
        "role": "",
        "role_id": "",
        "requested": "",
        "answer": "",
        "why": "",
        "roles": [thing(id="user", name="Utilisateur", is_at_once=False)],
        "requests": 0,
        "may_edit": False,
        "access_url": "",
        "ask_url": "#",
    }
    return thing(**{**usual, **more})


OWN = [
    own(role="Administrateur", access_url="#", requests=2, may_edit=True),
    own(usage_mode_name="Géomètre", requested="Utilisateur", missing="numéro de géomètre-expert"),
    own(usage_mode_name="Lecteur", state="suspended", answer="Votre demande n’a pas été acceptée.", why="Plus tard."),
]


def access(**more: Any) -> dict[str, Any]:
    page = AccessPage(LONG, LONG, View())  # type: ignore[arg-type]
    usual: dict[str, Any] = {
        "ui": ui(),
        "organisation": ORGANISATION,
        "tab": "tools",
        "tool": CADASTRE,
        "mode": MODE,
        "form": Form(),
        "standing": STANDING,
        "columns": COLUMNS,
        "people": PEOPLE,
        "requests": [],
        "roles": ROLES,
        "is_manager": True,
        "registration_id": "r1",
        "access_page": page,
        "pages": 1,
        "total": 4,
        "crossed": False,
    }
    return {**usual, **more}


BUSY = AccessPage(LONG, LONG, View(q="é", page=2), Edits(roles={"a2": ("admin", "user")}), onward=View(page=3))  # type: ignore[arg-type]
ALTERNATIVES = [
    thing(account_id="a1", name="Nora Peeters", recognition="numéro IPI", until=date(2027, 3, 1), is_present=True),
    thing(account_id="a4", name="Mathieu Lambrecht", recognition="numéro IPI", until=None, is_present=False),
]
ABOUT: dict[str, Any] = {
    "ui": ui(),
    "organisation": ORGANISATION,
    "tab": "tools",
    "tool": CADASTRE,
    "mode_name": "Agent immobilier",
    "here": "/organisations/o/registrations/r",
    "form": Form(),
}
ASKING: dict[str, Any] = {
    "ui": journey(),
    "organisation": ORGANISATION,
    "tool": CADASTRE,
    "form": Form(),
    "chosen": "user",
    "back": "#",
}
WIZARD: dict[str, Any] = {"ui": journey(), "tool": CADASTRE, "organisation": ORGANISATION, "form": Form()}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "access": ("tools/access.html", access()),
    "access-busy": (
        "tools/access.html",
        access(
            standing=thing(
                **{**vars(STANDING), "suspended": "La reconnaissance n’est plus valable.", "is_held": False}
            ),
            requests=REQUESTS,
            access_page=BUSY,
            pages=4,
            total=180,
            crossed=True,
            form=wrong(),
        ),
    ),
    "access-of-a-tool-manager": ("tools/access.html", access(is_manager=False, requests=REQUESTS)),
    "access-nobody": ("tools/access.html", access(people=[], total=0)),
    "mandate": (
        "tools/mandate.html",
        {**ABOUT, "needs": "numéro IPI", "is_mandated": True, "alternatives": ALTERNATIVES, "others": 1},
    ),
    "mandate-alone": (
        "tools/mandate.html",
        {**ABOUT, "needs": "numéro IPI", "is_mandated": True, "alternatives": ALTERNATIVES[:1], "others": 0},
    ),
    "mandate-none": (
        "tools/mandate.html",
        {**ABOUT, "needs": "", "is_mandated": False, "alternatives": [], "others": 0},
    ),
    "mandates": (
        "tools/mandates.html",
        {
            **{name: value for name, value in ABOUT.items() if name != "mode_name"},
            "person_name": "Nora Peeters",
            "account_id": "a1",
            "mandates": [
                thing(tool_name="CadastreFinder", usage_mode_name="Agent immobilier", others=2, url="#"),
                thing(tool_name="CIBweb", usage_mode_name="Membre", others=0, url="#"),
            ],
        },
    ),
    "mandates-none": (
        "tools/mandates.html",
        {**ABOUT, "person_name": "Nora Peeters", "account_id": "a1", "mandates": []},
    ),
    "organisation-tools-mine": (
        "tools/organisation_tools.html",
        {
            **{name: value for name, value in ABOUT.items() if name != "tool"},
            "behind": [],
            "ended": [],
            "tools": [
                tool("CadastreFinder", "Extraits cadastraux.", registrations=OWN, register_url=""),
                tool("CIBweb", "Documentation.", register_url="", whom_url="#"),
            ],
        },
    ),
    "end-registration": ("tools/end.html", {**ABOUT, "people": 12, "tool_managers": 1, "requests": 2}),
    "ask": ("tools/ask.html", {**ASKING, "own": own(missing="numéro IPI", role="Utilisateur")}),
    "ask-again": (
        "tools/ask.html",
        {**ASKING, "own": own(requested="Utilisateur", suspended="Suspendu.", roles=[]), "form": wrong()},
    ),
    "ask-which": (
        "tools/whom_to_ask.html",
        {**WIZARD, "registrations": [own(), own(role="Administrateur")], "managers": []},
    ),
    "ask-whom": (
        "tools/whom_to_ask.html",
        {**WIZARD, "registrations": [], "managers": [thing(name="Nora Peeters", mail_url="mailto:nora@dyle.example")]},
    ),
    "register": (
        "tools/register_organisation.html",
        {
            **WIZARD,
            "step": 1,
            "organisations": [
                thing(**{**vars(one), "has_tool": at % 2 == 1}) for at, one in enumerate(ORGANISATIONS * 2)
            ],
        },
    ),
    "register-done": (
        "tools/register_done.html",
        {**WIZARD, "step": 4, "own": own(role="Utilisateur", access_url="#")},
    ),
    "register-done-without-access": ("tools/register_done.html", {**WIZARD, "step": 4, "own": own(missing="IPI")}),
}
