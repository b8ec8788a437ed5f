"""Made-up people, organisations and tools for the screens."""

from types import SimpleNamespace
from typing import Any

from services.gateway.web.ui import AccountView, ToolView, Ui, monogram

TOOL_COLOURS = {
    "anti-blanchiment": "#7a1f2b",
    "bizmart": "#8a4b08",
    "btv": "#4b3b8f",
    "cadastrefinder": "#1b6b3a",
    "cibweb": "#0f4c8a",
    "covast": "#a3341d",
    "myrentpro": "#0b6e78",
    "romi": "#54407a",
}
NORA = AccountView("Nora Peeters", "Nora", "NP", "nora.peeters", eid_linked=True)
LONG = "0195a7c0-0000-7000-8000-000000000001"


def thing(**values: Any) -> SimpleNamespace:
    return SimpleNamespace(**values)


def tool(name: str, description: str = "", **more: Any) -> SimpleNamespace:
    slug = name.lower().replace(" ", "").replace(".", "")
    base = {
        "id": slug,
        "name": name,
        "monogram": monogram(name),
        "logo": "",
        "page_url": "#",
        "is_offered": True,
        "description": description,
        "needs_eid": True,
        "registrations": [],
        "start_url": "#",
        "register_url": "#",
        "terms_version": "2025-01",
    }
    return thing(**{**base, **more})


CADASTRE = tool("CadastreFinder", "Extraits et plans cadastraux en quelques secondes.")
TOOLS = [
    tool("Anti-Blanchiment", "Identification des clients et obligations de vigilance.", needs_eid=True),
    tool("bizMart", "Fonds de commerce à remettre.", needs_eid=False),
    tool(
        "CadastreFinder",
        "Extraits et plans cadastraux en quelques secondes.",
        registrations=[
            thing(organisation_name="", usage_mode_name="Agent immobilier", state="active", access_url="#"),
            thing(organisation_name="", usage_mode_name="Géomètre", state="suspended", access_url="#"),
        ],
    ),
    tool("CIBweb", "Documentation juridique et modèles.", needs_eid=False),
    tool(
        "MyRent Pro",
        "Enregistrement des baux.",
        registrations=[thing(organisation_name="", usage_mode_name="Gestionnaire", state="active", access_url="#")],
    ),
]


def ui(**more: Any) -> Ui:
    base: dict[str, Any] = {"csrf": "token", "path": "/", "account": NORA}
    return Ui(**{**base, **more})


ON_THE_WAY: dict[str, Any] = {"tool": ToolView("cadastrefinder", "CadastreFinder", "CF"), "request_id": LONG}


def journey(**more: Any) -> Ui:
    return ui(**{**ON_THE_WAY, **more})


def card(at: int, **more: Any) -> SimpleNamespace:
    names = [
        "Immo Dyle & Fils",
        "Vastgoed De Linde",
        "Kanzlei Eifelblick",
        "Agence du Parc",
        "Habitat Meuse-Sambre SRL",
    ]
    base = {
        "organisation_id": LONG,
        "registration_id": f"r{at}",
        "organisation_name": names[at % 5],
        "number": "0123.456.749",
        "usage_mode": "Agent immobilier",
        "role": "Utilisateur" if at % 2 else "Administrateur",
        "initials": "ID",
        "is_wallet_empty": False,
        "sees_low_wallet": False,
        "is_manager": True,
        "obstacle": None,
        "logo": "",
    }
    return thing(**{**base, **more})


def cards(count: int, *more: SimpleNamespace, **page: Any) -> SimpleNamespace:
    base = {
        "samples": [*(card(at) for at in range(count)), *more],
        "is_searchable": False,
        "query": "",
        "previous_url": "",
        "next_url": "",
        "warning": "",
        "asked": None,
        "is_offered": True,
    }
    return thing(**{**base, **page})


def obstacle(icon: str, reason: str, explanation: str, way_out: str = "") -> SimpleNamespace:
    return thing(icon=icon, reason=reason, explanation=explanation, ways=[(way_out, "#")] if way_out else [])


SHUT = [
    card(
        7,
        usage_mode="",
        role="",
        obstacle=obstacle("clock", "En attente de confirmation.", "Un gestionnaire doit encore vous confirmer."),
    ),
    card(
        8,
        obstacle=obstacle(
            "badge-check",
            "Reconnaissance insuffisante.",
            "Il faut : numéro IPI, ou collaborateur FS323.",
            "Mes reconnaissances",
        ),
    ),
    card(
        9,
        obstacle=obstacle(
            "ban",
            "L’enregistrement est suspendu.",
            "La reconnaissance sur laquelle il repose n’est plus valable.",
            "Page d’accès",
        ),
    ),
    card(10, is_wallet_empty=True, sees_low_wallet=True),
    card(11, sees_low_wallet=True),
]
