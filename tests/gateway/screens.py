"""Every screen with made-up content: for looking at it, for the axe test, and to prove that each template renders."""

from typing import Any

from markupsafe import Markup

from services.gateway.web.forms import Form
from services.gateway.web.templates import Templates
from tests.gateway import (
    screens_access,
    screens_accounts,
    screens_addresses,
    screens_authorize,
    screens_catalogue,
    screens_eid,
    screens_employees,
    screens_help,
    screens_invitations,
    screens_legacy,
    screens_lists,
    screens_notifications,
    screens_organisations,
    screens_privacy,
    screens_recognitions,
    screens_security,
    screens_wallet,
    screens_wallet_bank,
    screens_wallet_invoices,
    screens_wallet_plans,
    screens_wallet_statement,
    screens_wallet_top_up,
    screens_webhooks,
)
from tests.gateway.sample_people import (
    MODES,
    ORGANISATION,
)
from tests.gateway.samples import CADASTRE, SHUT, TOOLS, cards, journey, thing, ui
from tests.gateway.screens_accounts import SIGN_UP_ERRORS
from tests.gateway.screens_profile import PROFILE_SCREENS
from tests.gateway.screens_support import SUPPORT_SCREENS

WIZARD: dict[str, Any] = {"tool": CADASTRE, "organisation": ORGANISATION, "form": Form()}

EVENTS = thing(
    name="identity.events",
    slug="identity-events",
    description="What happens to accounts.",
    events=[
        thing(
            name="AccountCreated",
            title="AccountCreated",
            summary="Somebody signed up.",
            type="immoconnect.identity.AccountCreated.v1",
            fields=[thing(name="account_id", type="uuid", required=True, description="Of the person.")],
            example="{}",
        )
    ],
)

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "landing": ("landing.html", {"ui": ui(account=None), "tools": TOOLS}),
    "sign-in": (
        "accounts/sign_in.html",
        {"ui": ui(account=None, section="sign-in"), "form": Form(), "needs_eid": False, "has_passkeys": True},
    ),
    "sign-in-tool": (
        "accounts/sign_in.html",
        {"ui": journey(account=None, section="sign-in"), "form": Form(), "needs_eid": True, "has_passkeys": False},
    ),
    **PROFILE_SCREENS,
    **screens_addresses.SCREENS,
    **SUPPORT_SCREENS,
    **screens_notifications.SCREENS,
    **screens_eid.SCREENS,
    **screens_recognitions.SCREENS,
    **screens_organisations.SCREENS,
    **screens_employees.SCREENS,
    "tools": ("tools/index.html", {"ui": ui(section="tools"), "tools": TOOLS}),
    "organisation-tools": (
        "tools/organisation_tools.html",
        {
            "ui": ui(),
            "organisation": ORGANISATION,
            "tab": "tools",
            "tools": TOOLS,
            "behind": [thing(name="CadastreFinder", required_from="2027-01-01", is_stopped=False, terms_url="#")],
            "ended": [
                thing(
                    tool_name="CIBweb",
                    usage_mode_name="Membre de CIB Vlaanderen",
                    why="Terminé par Nora Peeters",
                    ended_at="2026-02-01T09:30:00+00:00",
                    register_url="#",
                ),
                thing(
                    tool_name="COVAST",
                    usage_mode_name="Agent immobilier",
                    why="Terminé",
                    ended_at="2025-02-01T09:30:00+00:00",
                    register_url="",
                ),
            ],
        },
    ),
    "register-mode": (
        "tools/register_mode.html",
        {"ui": journey(), **WIZARD, "step": 2, "modes": MODES, "chosen": "agent", "any_allowed": True},
    ),
    "register-stopped": (
        "tools/register_mode.html",
        {"ui": journey(), **WIZARD, "step": 2, "modes": MODES[1:2], "chosen": "", "any_allowed": False},
    ),
    "register-terms": (
        "tools/register_terms.html",
        {"ui": journey(), **WIZARD, "step": 3, "mode": MODES[0], "terms": ["Un premier alinéa."] * 6},
    ),
    **screens_access.SCREENS,
    **screens_wallet.SCREENS,
    **screens_wallet_top_up.SCREENS,
    **screens_wallet_bank.SCREENS,
    **screens_wallet_invoices.SCREENS,
    **screens_wallet_plans.SCREENS,
    **screens_wallet_statement.SCREENS,
    **screens_webhooks.SCREENS,
    "select": ("selection/index.html", {"ui": journey(), "tool": CADASTRE, "page": cards(1), "refusal": None}),
    "select-none": ("selection/index.html", {"ui": journey(), "tool": CADASTRE, "page": cards(0), "refusal": None}),
    "select-some": (
        "selection/index.html",
        {
            "ui": journey(flash="CadastreFinder est enregistré."),
            "tool": CADASTRE,
            "page": cards(2, *SHUT),
            "refusal": None,
        },
    ),
    "select-many": (
        "selection/index.html",
        {
            "ui": journey(),
            "tool": CADASTRE,
            "page": cards(24, is_searchable=True, next_url="#"),
            "refusal": thing(title="Pas maintenant", text="Nous ne pouvons pas vérifier votre accès pour le moment."),
        },
    ),
    **screens_help.SCREENS,
    "terms": ("help/terms.html", {"ui": ui(account=None), "version": "2025-01"}),
    "error": (
        "error.html",
        {
            "ui": ui(account=None),
            "number": 404,
            "title": "Nothing here",
            "text": "Not this.",
            "way_out": "Home",
            "way_out_url": "/",
            "code": "not-found",
            "reference": "",
        },
    ),
    "error-ours": (
        "error.html",
        {
            "ui": ui(account=None),
            "number": 503,
            "title": "Momentan nicht möglich",
            "text": "Ein Teil der Plattform ist außer Reichweite.",
            "way_out": "Zur Startseite",
            "way_out_url": "/",
            "code": "service-unavailable",
            "reference": "4bf92f3577b34da6a3ce929d0e0e4736",
        },
    ),
    "design": ("design.html", {"ui": ui(), "form": SIGN_UP_ERRORS, "tools": TOOLS, "icons": ["star", "users"]}),
    "events": ("docs/events.html", {"ui": ui(account=None), "topics": [], "shown": None}),
    "events-topic": ("docs/events.html", {"ui": ui(account=None), "topics": [], "shown": EVENTS}),
    **screens_accounts.SCREENS,
    **screens_authorize.SCREENS,
    **screens_catalogue.SCREENS,
    **screens_lists.SCREENS,
    **screens_privacy.SCREENS,
    **screens_legacy.SCREENS,
    **screens_security.SCREENS,
    **screens_invitations.SCREENS,
}


def context_of(templates: Templates, screen: str, language: str) -> tuple[str, dict[str, Any]]:
    """The template of a screen and its content, with the cards of the selection screen rendered."""
    template, context = SCREENS[screen]
    page = context.get("page")
    if page is not None:
        html = [templates.render("selection/card.html", language, card=card) for card in page.samples]
        page.cards, page.count = Markup("".join(html)), len(html)
    return template, context
