"""What a card of the selection screen says: whether it opens, why not, and the way out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from services.gateway.model.catalogue import Tool
from services.gateway.selection import store
from services.gateway.selection.asked import Asked
from services.gateway.selection.obstacles import Obstacle, needs_somebody, obstacle_of
from services.gateway.selection.store import LOOKS
from services.gateway.web.templates import enterprise_number, initials
from services.gateway.web.visit import Visit
from shared.db import Connection


@dataclass(frozen=True, slots=True)
class Card:
    """obstacle: what is in the way of starting, None for nothing. logo: the address of the organisation's, empty for none.

    sees_low_wallet: its wallet is low or empty, and the person is one of those who see it."""

    registration_id: Any
    organisation_id: Any
    organisation_name: str
    number: str
    initials: str
    usage_mode: str
    role: str
    is_manager: bool
    is_wallet_empty: bool
    sees_low_wallet: bool
    obstacle: Obstacle | None
    logo: str = ""


@dataclass(slots=True)
class Page:
    """cards: as HTML; count: how many they are. asked: the one organisation that the tool asks for.

    is_offered: whether organisations may still register the tool."""

    cards: Markup
    count: int
    query: str = ""
    is_searchable: bool = False
    previous_url: str = ""
    next_url: str = ""
    warning: str = ""
    asked: Asked | None = None
    is_offered: bool = True


async def cards_html(db: Connection, visit: Visit, tool: Tool, rows: Sequence[Any]) -> Markup:
    """Cards that can be started look alike at every visit, so they are remembered by what they are made of."""
    known, about = visit.own.fragments, (visit.language, tool.id, tool.version)
    lost = [row["organisation_id"] for row in rows if needs_somebody(row)]
    managers = await store.managers_of(db, lost) if lost else {}
    html: list[str] = []
    for row in rows:
        if row["rank"] != 0:
            html.append(_render(visit, tool, row, managers.get(row["organisation_id"], ())))
            continue
        key = (about, row[LOOKS])
        html.append(known.get(key) or known.keep(key, _render(visit, tool, row)))
    return Markup("".join(html))  # noqa: S704 - templates' all


def _render(visit: Visit, tool: Tool, row: Mapping[str, Any], managers: Sequence[str] = ()) -> Markup:
    card = card_of(visit, tool, row, managers)
    html = visit.own.templates.render("selection/card.html", visit.language, card=card)
    return Markup(html)  # noqa: S704 - a template's


def card_of(visit: Visit, tool: Tool, row: Mapping[str, Any], managers: Sequence[str] = ()) -> Card:
    language, usage_mode, name = visit.language, row["usage_mode"], row["organisation_name"]
    logo = row["organisation_logo"]
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
        sees_low_wallet=row["sees_low_wallet"],
        obstacle=None if row["rank"] == 0 else obstacle_of(visit, tool, row, managers),
        logo=f"/organisations/{row['organisation_id']}/pictures/{logo}" if logo else "",
    )
