"""A tool asks for one organisation: only what the person is there is shown, with the reason where that does not open the tool."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.gateway.model.catalogue import Tool
from services.gateway.selection import store
from services.gateway.web.templates import enterprise_number
from services.gateway.web.visit import Visit
from shared.db import Connection
from shared.markers import N_


@dataclass(frozen=True, slots=True)
class Asked:
    """rows: its cards. reason: why none of them opens, with a way out; empty where one does."""

    name: str
    number: str
    rows: list[Any]
    reason: str = ""
    way_out: str = ""
    way_out_url: str = ""


async def find_asked(db: Connection, visit: Visit, tool: Tool, organisation: str) -> Asked:
    """organisation: an id, or an enterprise number of ten digits."""
    number = organisation if organisation.isdigit() else None
    found = await store.find_organisation(
        db, visit.account_id, id=None if number else UUID(organisation), number=number
    )
    if found is None:
        return _unknown(visit, number)
    name, shown = found["name"], enterprise_number(found["enterprise_number"])
    rows = await store.cards_in(db, visit.account_id, tool.id, found["organisation_id"])
    if rows:
        return Asked(name, shown, rows)
    return Asked(name, shown, rows, *_why_none(visit, tool, found))


def _unknown(visit: Visit, number: str | None) -> Asked:
    words = visit.words.gettext
    reason = words(N_("That organisation is not known here yet."))
    shown = enterprise_number(number) if number else ""
    find = visit.to(f"/organisations/find?number={number}" if number else "/organisations/find")
    return Asked(shown, "", [], reason, words(N_("Find my organisation")), find)


def _why_none(visit: Visit, tool: Tool, found: Any) -> tuple[str, str, str]:
    """The reason, the way out and its address."""
    words, state = visit.words.gettext, found["employee_state"]
    if found["is_closed"]:
        return words(N_("That organisation is closed: nobody works in its name any more.")), "", ""
    if state == "requested":
        return words(N_("A manager still has to confirm you; you will get a mail.")), "", ""
    if state == "blocked":
        return words(N_("You are blocked there. Speak to a manager of the organisation.")), "", ""
    if state is None:
        find = visit.to(f"/organisations/find?number={found['enterprise_number']}")
        return words(N_("You do not belong to that organisation.")), words(N_("Ask to join")), find
    if found["is_manager"]:
        register = visit.to(f"/tools/{tool.id}/register")
        return (
            words(N_("It has not registered the tool yet, or not for you.")),
            words(N_("Register the tool")),
            register,
        )
    return words(N_("It has not given you access. Ask a manager of the organisation.")), "", ""
