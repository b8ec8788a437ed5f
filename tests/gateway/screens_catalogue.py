"""The catalogue for everyone, new terms, and the catalogue as the staff keeps it."""

from pathlib import Path
from typing import Any

from services.gateway.catalogue.fields import sections, values_of
from services.gateway.catalogue.words import pieces
from services.gateway.web.forms import Form
from tests.gateway.sample_people import ORGANISATION
from tests.gateway.samples import CADASTRE, TOOLS, journey, thing, tool, ui

NOW = "2026-11-21T10:00:00Z"
LANGUAGES = ("fr", "nl", "en", "de")
EDITION = Path(__file__).parents[2] / "editions" / "real-estate"


def texts(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


MODE: dict[str, Any] = {
    "id": "agent",
    "name": "Agent immobilier",
    "names": texts("Agent immobilier"),
    "descriptions": texts("Consulter le cadastre."),
    "description": "Consulter le cadastre.",
    "register_rule": "ipi",
    "use_rule": "ipi or fs323",
    "register_needs": "numéro IPI",
    "use_needs": "numéro IPI ou contrôle FS323",
    "is_restricted": True,
    "is_self_service": True,
    "roles": [{"id": "user", "name": "Utilisateur", "names": texts("Utilisateur")}],
}
ENTRY: dict[str, Any] = {
    "state": "offered",
    "names": texts("CadastreFinder"),
    "descriptions": texts("Trouvez une parcelle."),
    "details": texts("Un alinéa."),
    "sign_in_acr": "eid",
    "start_url": "https://tool.example/",
    "support_email": "help@tool.example",
    "colours": {"primary": "#1f6f54"},
    "logo": None,
    "banner": None,
    "terms": {"version": "2026-11", "required_from": "2027-01-01", "texts": texts("Soyez aimable.")},
    "usage_modes": [MODE],
    "recognition_names": {},
}
SECTIONS = sections(ENTRY)
SHOWN = tool(
    "CadastreFinder",
    "Trouvez une parcelle et demandez-en l’extrait cadastral.",
    banner="",
    details=["Le cadastre en ligne, jour et nuit.", "Chaque recherche est rattachée à un dossier."],
    modes=[
        thing(**{**MODE, "roles": ["Utilisateur", "Administrateur"]}),
        thing(**{**MODE, "is_restricted": False, "is_self_service": False, "roles": ["Utilisateur"]}),
    ],
    sign_in="Avec une carte d’identité (eID).",
    support_email="help@tool.example",
    registrations=[
        thing(organisation_name="Immo Dyle", usage_mode_name="Agent immobilier", state="active", access_url="#"),
        thing(organisation_name="De Linde", usage_mode_name="Agent immobilier", state="suspended", access_url=""),
    ],
)
HEAD = tool(
    "CadastreFinder",
    "Trouvez une parcelle.",
    version=3,
    organisations=41,
    at=NOW,
    by="Nora Peeters",
    reason="Le fournisseur a déménagé.",
    entry=ENTRY,
)


def change(place: str, before: str | None, after: str | None, **more: Any) -> Any:
    base = {"place": place, "before": before, "after": after, "takes_away": False, "is_drawing": False, "pieces": []}
    return thing(**{**base, **more})


CHANGES = [
    change("Adresse pour les questions", "old@tool.example", "new@tool.example"),
    change("Mode d’utilisation agent · Pour l’enregistrer", "ipi", "ipi and cib", takes_away=True),
    change("Conditions · Français", "x", "y", pieces=pieces("Soyez aimable avec tous", "Soyez aimable envers chacun")),
    change("Logo", None, "data:image/svg+xml;base64,PHN2Zy8+", is_drawing=True),
    change("Rôle admin · Nom · Français", "Administrateur", None, takes_away=True),
]
TERMS = {
    "version": "2026-11",
    "text": ["Un premier alinéa."] * 4,
    "required_from": "2027-01-01",
    "is_stopped": False,
    "is_behind": True,
    "accepted": thing(version="2026-01", text=["Un alinéa."], accepted_at=NOW, name="Nora Peeters"),
}
READING: dict[str, Any] = {"tool": CADASTRE, "organisation": ORGANISATION, "form": Form(), "later": ""}
OUTCOME = {"tool_id": "cadastrefinder", "is_new": False, "changes": CHANGES}
PREVIEW: dict[str, Any] = {"document": "{}", "versions": "{}", "back": "#", "form": Form(), "takes_away": True}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "tools-strangers": (
        "tools/index.html",
        {"ui": ui(account=None), "tools": [*TOOLS[:2], tool("ROMi", register_url="")]},
    ),
    "tool": ("tools/tool.html", {"ui": ui(section="tools"), "tool": SHOWN}),
    "tool-strangers": (
        "tools/tool.html",
        {"ui": ui(account=None), "tool": thing(**{**vars(SHOWN), "is_offered": False, "registrations": []})},
    ),
    "new-terms": ("tools/terms.html", {"ui": journey(), **READING, "terms": thing(**TERMS), "later": "r1"}),
    "terms-accepted": ("tools/terms.html", {"ui": ui(), **READING, "terms": thing(**{**TERMS, "is_behind": False})}),
    "catalogue": (
        "catalogue/index.html",
        {"ui": ui(), "tools": [HEAD, thing(**{**vars(HEAD), "is_offered": False, "id": "romi"})], "problems": []},
    ),
    "catalogue-tool": (
        "catalogue/tool.html",
        {"ui": ui(), "tool": HEAD, "modes": [MODE], "sections": list(SECTIONS.values())},
    ),
    **{
        f"catalogue-{name}": (
            "catalogue/edit.html",
            {
                "ui": ui(),
                "tool": HEAD,
                "part": section,
                "mode_name": "Agent immobilier" if section.mode else "",
                "form": Form.of(values_of(section, ENTRY)),
                "sign_ins": [("pwd", "Mot de passe"), ("eid", "Carte d’identité")],
            },
        )
        for name, section in SECTIONS.items()
    },
    "catalogue-preview": ("catalogue/preview.html", {"ui": ui(), "changed": [OUTCOME], **PREVIEW}),
    "catalogue-nothing": ("catalogue/preview.html", {"ui": ui(), "changed": [], **PREVIEW}),
    "catalogue-refused": (
        "catalogue/refused.html",
        {"ui": ui(), "problems": ["Ligne 12, cadastrefinder.names: il manque un texte."], "back": "#"},
    ),
    "catalogue-versions": (
        "catalogue/versions.html",
        {
            "ui": ui(),
            "tool": HEAD,
            "versions": [
                thing(number=2, by="Nora Peeters", at=NOW, reason="Parce que.", changes=CHANGES, is_present=True),
                thing(number=1, by="l’exploitant", at=NOW, reason="", changes=[], is_present=False),
            ],
            "older_url": "#",
        },
    ),
}
