"""What the pages of organisations show, made of what the services answer."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from services.gateway.organisations.store import is_viewer
from services.gateway.web.templates import initials
from services.gateway.web.visit import Visit
from shared.markers import N_

EMPLOYEE_TYPES = {
    "head": N_("Head of the company"),
    "employee": N_("Employee"),
    "self-employed": N_("Self-employed, working for the organisation"),
    "trainee": N_("Trainee"),
    "external": N_("External adviser"),
}


def with_initials(facts: Mapping[str, Any], **more: Any) -> SimpleNamespace:
    """facts: with a name."""
    return SimpleNamespace(**{**facts, "initials": initials(facts["name"] or "?"), **more})


def employee(visit: Visit, facts: Mapping[str, Any]) -> SimpleNamespace:
    name = facts["name"] or facts["email"]
    type_name = visit.words.gettext(EMPLOYEE_TYPES.get(facts["type"], str(facts["type"])))
    return SimpleNamespace(**{**facts, "name": name, "initials": initials(name or "?"), "type_name": type_name})


async def organisation(visit: Visit, organisation_id: Any, *, awaiting: int | None = None) -> SimpleNamespace:
    """The head of an organisation's pages. awaiting: how many wait for confirmation, where it is known already.

    sees_wallet: as a manager, or because one lets them; the wallet service decides, this says where the tab is.
    """
    facts: dict[str, Any] = await visit.get("organisation", f"/api/organisations/{organisation_id}")
    sees_wallet = bool(facts["manager"])
    async with visit.at.database.acquire() as db:
        if not facts["manager"]:
            sees_wallet = await is_viewer(db, organisation_id, visit.account_id)
        elif awaiting is None:
            awaiting = await db.fetchval(
                "SELECT count(*) FROM employee WHERE organisation_id = $1 AND state = 'requested'", organisation_id
            )
    return with_initials(facts, awaiting=awaiting or 0, sees_wallet=sees_wallet)
