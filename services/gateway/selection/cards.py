"""What a card of the selection screen says: whether it opens, why not, and the way out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from services.gateway.model.catalogue import Tool
from services.gateway.selection.asked import Asked
from services.gateway.selection.store import LOOKS
from services.gateway.tools.views import needs_in_words, suspension
from services.gateway.web.templates import enterprise_number, initials
from services.gateway.web.visit import Visit
from shared.markers import N_


@dataclass(frozen=True, slots=True)
class Obstacle:
    """icon: of the sprite. The others: sentences; way_out_url: a path."""

    icon: str
    reason: str
    explanation: str
    way_out: str = ""
    way_out_url: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """obstacle: what is in the way of starting, None for nothing."""

    registration_id: Any
    organisation_id: Any
    organisation_name: str
    number: str
    initials: str
    usage_mode: str
    role: str
    is_manager: bool
    is_wallet_empty: bool
    obstacle: Obstacle | None


@dataclass(slots=True)
class Page:
    """cards: as HTML; count: how many they are. asked: the one organisation that the tool asks for."""

    cards: Markup
    count: int
    query: str = ""
    is_searchable: bool = False
    previous_url: str = ""
    next_url: str = ""
    warning: str = ""
    asked: Asked | None = None


def cards_html(visit: Visit, tool: Tool, rows: Sequence[Any]) -> Markup:
    """Cards that can be started look alike at every visit, so they are remembered by what they are made of."""
    known, about = visit.own.fragments, (visit.language, tool.id, tool.version)
    html: list[str] = []
    for row in rows:
        if row["rank"] != 0:
            html.append(_render(visit, tool, row))
            continue
        key = (about, row[LOOKS])
        html.append(known.get(key) or known.keep(key, _render(visit, tool, row)))
    return Markup("".join(html))  # noqa: S704 - templates' all


def _render(visit: Visit, tool: Tool, row: Mapping[str, Any]) -> Markup:
    html = visit.own.templates.render("selection/card.html", visit.language, card=card_of(visit, tool, row))
    return Markup(html)  # noqa: S704 - a template's


def card_of(visit: Visit, tool: Tool, row: Mapping[str, Any]) -> Card:
    language, usage_mode, name = visit.language, row["usage_mode"], row["organisation_name"]
    return Card(
        registration_id=row["registration_id"],
        organisation_id=row["organisation_id"],
        organisation_name=name,
        number=enterprise_number(row["enterprise_number"]),
        initials=initials(name),
        usage_mode=tool.mode_name(usage_mode, language) if usage_mode else "",
        role=tool.role_name(usage_mode, row["role"], language) if usage_mode else "",
        is_manager=row["is_manager"],
        is_wallet_empty=row["is_wallet_empty"],
        obstacle=None if row["rank"] == 0 else obstacle_of(visit, tool, row),
    )


def obstacle_of(visit: Visit, tool: Tool, row: Mapping[str, Any]) -> Obstacle:
    """The first thing in the way, in the order in which a person could do something about it."""
    words = visit.words.gettext
    if row["employee_state"] == "requested":
        return Obstacle(
            "clock",
            words(N_("Awaiting confirmation.")),
            words(N_("A manager still has to confirm you; you will get a mail.")),
        )
    if row["employee_state"] == "blocked":
        return Obstacle("ban", words(N_("You are blocked here.")), words(N_("Speak to a manager of the organisation.")))
    if row["is_suspended"]:
        return _suspended(visit, tool, row)
    needed = needs_in_words(visit, tool, row["missing"])
    explanation = visit.words.sentence(N_("What is needed: {needed}."), {"needed": needed}) if needed else ""
    return Obstacle(
        "badge-check",
        words(N_("Recognitions insufficient.")),
        explanation,
        words(N_("My recognitions")),
        visit.to("/recognitions"),
    )


def _suspended(visit: Visit, tool: Tool, row: Mapping[str, Any]) -> Obstacle:
    words = visit.words.gettext
    if row["suspended_reason"] == "terms-outdated" and row["is_manager"]:
        terms = visit.to(f"/organisations/{row['organisation_id']}/tools/{tool.id}/terms")
        title, way_out = words(N_("The registration is suspended.")), words(N_("Read and accept"))
        return Obstacle("ban", title, suspension(visit, row["suspended_reason"]), way_out, terms)
    access = f"/organisations/{row['organisation_id']}/registrations/{row['registration_id']}/access"
    return Obstacle(
        "ban",
        words(N_("The registration is suspended.")),
        suspension(visit, row["suspended_reason"]),
        words(N_("To the access page")) if row["is_manager"] else "",
        access if row["is_manager"] else "",
    )
