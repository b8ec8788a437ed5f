"""Every screen with made-up content: for looking at it, for the axe test, and to prove that each template renders."""

from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from services.gateway.web.forms import Form
from services.gateway.web.templates import Templates
from services.gateway.web.ui import AccountView, ToolView, Ui, monogram

TOOL_COLOURS = {
    "anti-blanchiment": "#7a1f2b", "bizmart": "#8a4b08", "btv": "#4b3b8f", "cadastrefinder": "#1b6b3a",
    "cibweb": "#0f4c8a", "covast": "#a3341d", "myrentpro": "#0b6e78", "romi": "#54407a",
}  # fmt: skip
NORA = AccountView("Nora Peeters", "Nora", "NP", "nora.peeters", eid_linked=True)
LONG = "0195a7c0-0000-7000-8000-000000000001"


def thing(**values: Any) -> SimpleNamespace:
    return SimpleNamespace(**values)


def tool(name: str, description: str = "", **more: Any) -> SimpleNamespace:
    slug = name.lower().replace(" ", "").replace(".", "")
    base = {"id": slug, "name": name, "monogram": monogram(name), "description": description, "needs_eid": True,
            "registrations": [], "start_url": "#", "register_url": "#", "terms_version": "2025-01"}  # fmt: skip
    return thing(**{**base, **more})


CADASTRE = tool("CadastreFinder", "Extraits et plans cadastraux en quelques secondes.")
TOOLS = [
    tool("Anti-Blanchiment", "Identification des clients et obligations de vigilance.", needs_eid=True),
    tool("bizMart", "Fonds de commerce à remettre.", needs_eid=False),
    tool("CadastreFinder", "Extraits et plans cadastraux en quelques secondes.", registrations=[
        thing(organisation_name="", usage_mode_name="Agent immobilier", state="active", access_url="#"),
        thing(organisation_name="", usage_mode_name="Géomètre", state="suspended", access_url="#")]),
    tool("CIBweb", "Documentation juridique et modèles.", needs_eid=False),
    tool("MyRent Pro", "Enregistrement des baux.", registrations=[
        thing(organisation_name="", usage_mode_name="Gestionnaire", state="active", access_url="#")]),
]  # fmt: skip


def ui(**more: Any) -> Ui:
    base: dict[str, Any] = {"csrf": "token", "path": "/", "account": NORA}
    return Ui(**{**base, **more})


ON_THE_WAY: dict[str, Any] = {"tool": ToolView("cadastrefinder", "CadastreFinder", "CF"), "request_id": LONG}


def journey(**more: Any) -> Ui:
    return ui(**{**ON_THE_WAY, **more})


def card(at: int, **more: Any) -> SimpleNamespace:
    names = ["Immo Dyle & Fils", "Vastgoed De Linde", "Kanzlei Eifelblick", "Agence du Parc", "Habitat Meuse-Sambre SRL"]
    base = {"organisation_id": LONG, "registration_id": f"r{at}", "organisation_name": names[at % 5], "number": "0123.456.749",
            "usage_mode": "Agent immobilier", "role": "Utilisateur" if at % 2 else "Administrateur", "initials": "ID",
            "can_start": True, "is_wallet_empty": False, "is_manager": True, "icon": "", "reason": "", "explanation": "",
            "way_out": "", "way_out_url": ""}  # fmt: skip
    return thing(**{**base, **more})


def cards(count: int, *more: SimpleNamespace, **page: Any) -> SimpleNamespace:
    base = {"cards": [*(card(at) for at in range(count)), *more], "is_searchable": False, "query": "", "previous_url": "",
            "next_url": "", "warning": ""}  # fmt: skip
    return thing(**{**base, **page})


SHUT = [
    card(7, can_start=False, icon="clock", reason="En attente de confirmation.", explanation="Un gestionnaire doit encore vous confirmer.", usage_mode="", role=""),
    card(8, can_start=False, icon="badge-check", reason="Reconnaissance insuffisante.", explanation="Il faut : numéro IPI, ou collaborateur FS323.", way_out="Mes reconnaissances", way_out_url="#"),
    card(9, can_start=False, icon="ban", reason="L’enregistrement est suspendu.", explanation="La reconnaissance sur laquelle il repose n’est plus valable.", way_out="Page d’accès", way_out_url="#"),
    card(10, is_wallet_empty=True),
]  # fmt: skip
ORGANISATION = thing(id=LONG, name="Immo Dyle & Fils", initials="ID", enterprise_number="0123456749", manager=True, awaiting=2, state="active", my_state=None, balance_cents=272990)
ORGANISATIONS = [
    ORGANISATION,
    thing(**{**vars(ORGANISATION), "name": "Vastgoed De Linde", "initials": "VL", "manager": False, "awaiting": 0}),
    thing(**{**vars(ORGANISATION), "name": "Kanzlei Eifelblick", "initials": "KE", "manager": False, "state": "requested"}),
    thing(**{**vars(ORGANISATION), "name": "Agence du Parc", "initials": "AP", "manager": False, "state": "blocked"}),
]  # fmt: skip
PEOPLE = [
    thing(account_id="a1", name="Nora Peeters", initials="NP", type="head", type_name="Head of the company", email="nora@dyle.example", phone="+32 16 00 00 01", state="active", manager=True, role="admin", usable=True, held_names=["IPI"]),
    thing(account_id="a2", name="Mathieu Lambrecht", initials="ML", type="employee", type_name="Employee", email="mathieu@dyle.example", phone="", state="requested", manager=False, role=None, usable=True, held_names=[]),
    thing(account_id="a3", name="Ünal Özdemir-Vandenbroucke", initials="ÜÖ", type="trainee", type_name="Trainee", email="unal.ozdemir-vandenbroucke@dyle.example", phone="+32 470 00 00 02", state="active", manager=False, role="user", usable=False, held_names=["FS323"]),
    thing(account_id="a4", name="Greet Verlinden", initials="GV", type="external", type_name="External adviser", email="", phone="", state="blocked", manager=False, role="user", usable=True, held_names=[]),
]  # fmt: skip
for _person in PEOPLE:
    _person.chosen = _person.role or ""
ROLES = [thing(id="user", name="Utilisateur"), thing(id="admin", name="Administrateur")]
MODES = [
    thing(id="agent", name="Agent immobilier", description="Pour rechercher des parcelles au nom de vos clients.", is_registered=False, needs="numéro IPI", held_names=["numéro IPI"], missing_text="", allowed=True),
    thing(id="surveyor", name="Géomètre", description="Avec accès aux plans de mesurage.", is_registered=False, needs="numéro de géomètre-expert", held_names=[], missing_text="numéro de géomètre-expert", allowed=False),
    thing(id="reader", name="Lecteur", description="Consultation simple.", is_registered=True, needs="", held_names=[], missing_text="", allowed=True),
]  # fmt: skip
ACCESS = [thing(registration_id="r1", tool_name="CadastreFinder", usage_mode_name="Agent immobilier", roles=ROLES, role="user", role_name="Utilisateur"),
          thing(registration_id="r2", tool_name="MyRent Pro", usage_mode_name="Gestionnaire", roles=ROLES[:1], role=None, role_name="")]  # fmt: skip
WALLET = thing(balance_cents=272990, available_cents=270000)
TRANSACTIONS = [
    thing(at="2025-03-02T10:11:00+00:00", number="2025-000012", description="Extrait cadastral, Rue du Bac 7", state="completed", amount_cents=-2299, balance_after_cents=272990),
    thing(at="2025-03-01T09:00:00+00:00", number="2025-000011", description="Bancontact", state="pending", amount_cents=5000, balance_after_cents=None),
    thing(at="2025-02-27T16:45:00+00:00", number="2025-000010", description="Visa", state="failed", amount_cents=10000, balance_after_cents=None),
    thing(at="2025-02-20T16:45:00+00:00", number="2025-000009", description="Bancontact", state="completed", amount_cents=25000, balance_after_cents=275289),
]  # fmt: skip
RECOGNITIONS = thing(is_waiting=True, recognitions=[
    thing(name="Numéro IPI", number="509 871", source="IPI", is_valid=True, valid_until="2026-12-31"),
    thing(name="Collaborateur vérifié FS323", number="", source="FS323", is_valid=False, valid_until=None)],
    registries=[thing(name="IPI", state="answered"), thing(name="CIB Vlaanderen", state="pending"), thing(name="FS323", state="unavailable")])  # fmt: skip
PROFILE = thing(first_name="Nora", last_name="Peeters", username="nora.peeters", email="nora@peeters.example", birth_date="1987-04-12", eid_linked=True)
NOTES = [thing(title="Mathieu Lambrecht demande à rejoindre Immo Dyle & Fils", at="2025-03-01T09:00:00+00:00", unread=True), thing(title="Bienvenue", at="2025-02-01T09:00:00+00:00", unread=False)]


def wrong(**errors: str) -> Form:
    form = Form.of({"username": "nora", "email": "info@dyle.example", "first_name": "Nora", "last_name": "Peeters", "amount": "10000", "type": "employee"})
    form.errors.update(errors)
    return form


FILLED = wrong()
SIGN_UP_ERRORS = wrong(username="Le nom d’utilisateur compte au moins 6 caractères.", password="Ce mot de passe est trop facile à deviner.")
MEMBER: dict[str, Any] = {"organisation": ORGANISATION, "here": "#", "person": PEOPLE[1]}
WIZARD: dict[str, Any] = {"tool": CADASTRE, "organisation": ORGANISATION, "form": Form()}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "landing": ("landing.html", {"ui": ui(account=None), "tools": TOOLS}),
    "sign-in": ("accounts/sign_in.html", {"ui": ui(account=None, section="sign-in"), "form": Form(), "needs_eid": False}),
    "sign-in-tool": ("accounts/sign_in.html", {"ui": journey(account=None, section="sign-in"), "form": Form(), "needs_eid": True}),
    "sign-up": ("accounts/sign_up.html", {"ui": journey(account=None), "form": Form(), "shared_mailbox": False}),
    "sign-up-errors": ("accounts/sign_up.html", {"ui": ui(account=None), "form": SIGN_UP_ERRORS, "shared_mailbox": True}),
    "activate": ("accounts/activate.html", {"ui": journey(), "form": Form(), "email": "nora@peeters.example", "retry_after_s": 58}),
    "sign-out": ("accounts/sign_out.html", {"ui": ui()}),
    "profile": ("accounts/profile.html", {"ui": ui(), "profile": PROFILE, "form": Form()}),
    "notifications": ("accounts/notifications.html", {"ui": ui(), "notifications": NOTES}),
    "eid": ("eid/link.html", {"ui": journey(), "step_up": False, "may_skip": True}),
    "recognitions": ("recognitions/index.html", {"ui": journey(), "view": RECOGNITIONS, "next_url": "#"}),
    "organisations": ("organisations/index.html", {"ui": ui(section="organisations"), "organisations": ORGANISATIONS}),
    "organisations-none": ("organisations/index.html", {"ui": ui(section="organisations"), "organisations": []}),
    "find": ("organisations/find.html", {"ui": journey(), "form": wrong(number="Les deux derniers chiffres ne correspondent pas aux huit premiers."), "found": None}),
    "found": ("organisations/find.html", {"ui": journey(), "form": Form(), "found": ORGANISATION}),
    "new": ("organisations/new.html", {"ui": journey(), "form": FILLED, "number": "0123456749", "is_proposed": True, "countries": [("BE", "Belgique"), ("FR", "France")]}),
    "join": ("organisations/join.html", {"ui": ui(), "form": FILLED, "organisation": ORGANISATION}),
    "joined": ("organisations/joined.html", {"ui": ui(), "organisation": ORGANISATION, "managers": ["Nora Peeters", "Jan De Smet"]}),
    "employees": ("organisations/employees.html", {"ui": ui(section="organisations"), "organisation": ORGANISATION, "tab": "employees", "employees": PEOPLE, "filter": "all"}),
    "employee": ("organisations/employee.html", {"ui": ui(), "tab": "employees", **MEMBER, "person": PEOPLE[0], "access": ACCESS}),
    "confirm": ("organisations/confirm_data.html", {"ui": ui(), "tab": "employees", "form": FILLED, **MEMBER}),
    "confirm-access": ("organisations/confirm_access.html", {"ui": ui(), "tab": "employees", "form": FILLED, "access": ACCESS, **MEMBER}),
    "block": ("organisations/change_state.html", {"ui": ui(), "tab": "employees", "form": Form(), "action": "block", **MEMBER}),
    "activate-employee": ("organisations/change_state.html", {"ui": ui(), "tab": "employees", "form": Form(), "action": "activate", **MEMBER}),
    "remove": ("organisations/change_state.html", {"ui": ui(), "tab": "employees", "form": wrong(), "action": "remove", **MEMBER}),
    "tools": ("tools/index.html", {"ui": ui(section="tools"), "tools": TOOLS}),
    "organisation-tools": ("tools/organisation_tools.html", {"ui": ui(), "organisation": ORGANISATION, "tab": "tools", "tools": TOOLS}),
    "register": ("tools/register_organisation.html", {"ui": journey(), **WIZARD, "step": 1, "organisations": ORGANISATIONS}),
    "register-mode": ("tools/register_mode.html", {"ui": journey(), **WIZARD, "step": 2, "modes": MODES, "chosen": "agent", "any_allowed": True}),
    "register-stopped": ("tools/register_mode.html", {"ui": journey(), **WIZARD, "step": 2, "modes": MODES[1:2], "chosen": "", "any_allowed": False}),
    "register-terms": ("tools/register_terms.html", {"ui": journey(), **WIZARD, "step": 3, "mode": MODES[0], "terms": ["Un premier alinéa."] * 6}),
    "register-done": ("tools/register_done.html", {"ui": journey(), **WIZARD, "step": 4, "access_url": "#"}),
    "access": ("tools/access.html", {"ui": ui(), **WIZARD, "tab": "tools", "mode": MODES[0], "suspended": "", "kinds": ["ipi"], "people": PEOPLE, "roles": ROLES, "registration_id": "r1"}),
    "wallet": ("wallet/index.html", {"ui": ui(), "organisation": ORGANISATION, "tab": "wallet", "form": FILLED, "wallet": WALLET, "transactions": TRANSACTIONS, "next_url": "#"}),
    "wallet-empty": ("wallet/index.html", {"ui": ui(), "organisation": ORGANISATION, "tab": "wallet", "form": FILLED, "wallet": thing(balance_cents=0, available_cents=0), "transactions": [], "next_url": ""}),
    **{f"top-up-{state}": ("wallet/top_up.html", {"ui": ui(), "organisation": ORGANISATION, "tab": "wallet", "top_up": thing(id="t1", state=state, amount_cents=5000)}) for state in ("pending", "completed", "failed", "expired")},
    "select": ("selection/index.html", {"ui": journey(), "tool": CADASTRE, "page": cards(1), "refusal": None}),
    "select-none": ("selection/index.html", {"ui": journey(), "tool": CADASTRE, "page": cards(0), "refusal": None}),
    "select-some": ("selection/index.html", {"ui": journey(flash="CadastreFinder est enregistré."), "tool": CADASTRE, "page": cards(2, *SHUT), "refusal": None}),
    "select-many": ("selection/index.html", {"ui": journey(), "tool": CADASTRE, "page": cards(24, is_searchable=True, next_url="#"), "refusal": thing(title="Pas maintenant", text="Nous ne pouvons pas vérifier votre accès pour le moment.")}),
    "help": ("help/index.html", {"ui": ui(account=None), "sections": [], "support_email": "support@example.org", "code": "ERR_WEBEID_NATIVE_FATAL"}),
    "help-error": ("help/error_code.html", {"ui": ui(account=None), "code": "code-expired", "article": thing(title="The code has expired", meaning="Codes live for a short time.", advice=["Ask for a new one."])}),
    "terms": ("help/terms.html", {"ui": ui(account=None), "version": "2025-01"}),
    "error": ("error.html", {"ui": ui(account=None), "number": 404, "title": "Nothing here", "text": "Not this.", "way_out": "Home", "way_out_url": "/", "reference": "4bf92f3577b34da6"}),
    "design": ("design.html", {"ui": ui(), "form": SIGN_UP_ERRORS, "tools": TOOLS, "icons": ["star", "users"]}),
    "events": ("docs/events.html", {"ui": ui(account=None), "topics": []}),
}  # fmt: skip


def context_of(templates: Templates, screen: str, language: str) -> tuple[str, dict[str, Any]]:
    """The template of a screen and its content, with the cards of the selection screen rendered."""
    template, context = SCREENS[screen]
    page = context.get("page")
    if page is not None:
        page.fragments = [Markup(templates.render("selection/card.html", language, card=card)) for card in page.cards]
    return template, context
