"""Made-up organisations, their people, tools and wallets."""

from types import SimpleNamespace
from typing import Any

from services.gateway.web.forms import Form
from tests.gateway.samples import LONG, thing

ORGANISATION = thing(
    id=LONG,
    name="Immo Dyle & Fils",
    initials="ID",
    enterprise_number="0123456749",
    manager=True,
    awaiting=2,
    state="active",
    my_state=None,
    balance_cents=272990,
    logo=None,
    cover=None,
    is_closed=False,
    managers=[],
)
WAITING = {**vars(ORGANISATION), "manager": False, "state": "requested", "managers": ["Nora Peeters", "Jan De Smet"]}
ORGANISATIONS = [
    ORGANISATION,
    thing(**{**vars(ORGANISATION), "name": "Vastgoed De Linde", "initials": "VL", "manager": False, "awaiting": 0}),
    thing(**{**WAITING, "name": "Kanzlei Eifelblick", "initials": "KE"}),
    thing(**{**WAITING, "name": "Agence du Parc", "initials": "AP", "state": "blocked"}),
]
PEOPLE = [
    thing(
        account_id="a1",
        name="Nora Peeters",
        initials="NP",
        type="head",
        type_name="Head of the company",
        email="nora@dyle.example",
        phone="+32 16 00 00 01",
        state="active",
        manager=True,
        role="admin",
        usable=True,
        held_names=["IPI"],
    ),
    thing(
        account_id="a2",
        name="Mathieu Lambrecht",
        initials="ML",
        type="employee",
        type_name="Employee",
        email="mathieu@dyle.example",
        phone="",
        state="requested",
        manager=False,
        role=None,
        usable=True,
        held_names=[],
    ),
    thing(
        account_id="a3",
        name="Ünal Özdemir-Vandenbroucke",
        initials="ÜÖ",
        type="trainee",
        type_name="Trainee",
        email="unal.ozdemir-vandenbroucke@dyle.example",
        phone="+32 470 00 00 02",
        state="active",
        manager=False,
        role="user",
        usable=False,
        held_names=["FS323"],
    ),
    thing(
        account_id="a4",
        name="Greet Verlinden",
        initials="GV",
        type="external",
        type_name="External adviser",
        email="",
        phone="",
        state="blocked",
        manager=False,
        role="user",
        usable=True,
        held_names=[],
    ),
]
for _person in PEOPLE:
    _person.chosen = _person.role or ""
ROLES = [thing(id="user", name="Utilisateur"), thing(id="admin", name="Administrateur")]
MODES = [
    thing(
        id="agent",
        name="Agent immobilier",
        description="Pour rechercher des parcelles au nom de vos clients.",
        is_registered=False,
        needs="numéro IPI",
        checks=[
            thing(text="une organisation figurant sur la liste de CadastreFinder", is_met=True),
            thing(text="numéro IPI ou membre CIB", is_met=True),
        ],
        advice=[],
        allowed=True,
    ),
    thing(
        id="surveyor",
        name="Géomètre",
        description="Avec accès aux plans de mesurage.",
        is_registered=False,
        needs="numéro de géomètre-expert",
        checks=[thing(text="numéro de géomètre-expert", is_met=False)],
        advice=["Les reconnaissances viennent des registres dès que votre eID est liée ; certaines prennent des mois."],
        allowed=False,
    ),
    thing(
        id="reader",
        name="Lecteur",
        description="Consultation simple.",
        own=thing(role="", requested="", ask_url="#"),
        is_registered=True,
        needs="",
        checks=[],
        advice=[],
        allowed=True,
    ),
]
ACCESS = [
    thing(
        registration_id="r1",
        tool_name="CadastreFinder",
        usage_mode_name="Agent immobilier",
        roles=ROLES,
        role="user",
        role_name="Utilisateur",
    ),
    thing(
        registration_id="r2",
        tool_name="MyRent Pro",
        usage_mode_name="Gestionnaire",
        roles=ROLES[:1],
        role=None,
        role_name="",
    ),
]


def _transaction(number: int | None, at: str, kind: str, amount: str, balance: str, **more: Any) -> SimpleNamespace:
    base = {
        "id": f"t{number or at}",
        "number": number,
        "at": at,
        "kind": kind,
        "kind_name": "Utilisation d’un outil" if kind == "charge" else "Recharge",
        "tool_name": "CadastreFinder" if kind == "charge" else "",
        "description": "Extrait cadastral, Rue du Bac 7" if kind == "charge" else "Recharge par Bancontact",
        "state": "completed" if balance else "pending",
        "is_plus": kind != "charge",
        "amount": amount,
        "vat": "3,99 €" if kind == "charge" else "",
        "balance_before": balance and "2.752,89 €",
        "balance_after": balance,
        "url": "#",
        "receipt_url": "#" if balance else "",
        "who": "Greet Maes" if balance else "",
    }
    return thing(**{**base, **more})


TRANSACTIONS = [
    _transaction(12, "2025-03-02T10:11:00+00:00", "charge", "-22,99 €", "2.729,90 €"),
    _transaction(None, "2025-03-01T09:00:00+00:00", "top-up", "+50,00 €", ""),
    _transaction(None, "2025-02-27T16:45:00+00:00", "top-up", "+100,00 €", "", state="failed"),
    _transaction(11, "2025-02-20T16:45:00+00:00", "top-up", "+250,00 €", "2.752,89 €"),
]
PROFILE = thing(
    first_name="Nora",
    last_name="Peeters",
    username="nora.peeters",
    email="nora@peeters.example",
    birth_date="1987-04-12",
    eid_linked=True,
)


def wrong(**errors: str) -> Form:
    form = Form.of(
        {
            "username": "nora",
            "email": "info@dyle.example",
            "first_name": "Nora",
            "last_name": "Peeters",
            "amount": "10000",
            "type": "employee",
        }
    )
    form.errors.update(errors)
    return form
