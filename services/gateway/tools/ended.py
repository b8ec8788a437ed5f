"""What an organisation had registered once: when it ended, why, and the way to register it again."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.gateway.web.visit import Visit
from shared.markers import N_

WHY: Mapping[tuple[str, str], str] = {
    ("registration-ended", "person"): N_("Ended by {name}"),
    ("registration-ended", "support"): N_("Ended by our support"),
    ("organisation-closed", "person"): N_("Ended when {name} closed the organisation"),
    ("organisation-closed", "support"): N_("Ended when our support closed the organisation"),
    ("organisation-closed", "platform"): N_("Ended with the closing of the organisation"),
}
SOMEHOW = N_("Ended")


async def ended_registrations(visit: Visit, organisation_id: UUID) -> list[SimpleNamespace]:
    found: list[dict[str, Any]] = await visit.get(
        "organisation", f"/api/organisations/{organisation_id}/ended-registrations"
    )
    return [_ended(visit, organisation_id, one) for one in found]


def _ended(visit: Visit, organisation_id: UUID, one: dict[str, Any]) -> SimpleNamespace:
    why = WHY.get((one["reason"], one["by"]), SOMEHOW)
    name = one["by_name"] or visit.words.gettext(N_("somebody whose name is not known"))
    again = visit.to(f"/organisations/{organisation_id}/tools/{one['tool_id']}/register")
    return SimpleNamespace(
        tool_name=one["tool_name"],
        usage_mode_name=one["usage_mode_name"],
        ended_at=one["ended_at"],
        why=visit.words.sentence(why, {"name": name}),
        register_url=again if one["can_register"] else "",
    )
