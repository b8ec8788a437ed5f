"""What one is oneself in the registrations of an organisation."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from services.gateway.tools.views import access_url, need_name, needs_in_words, suspension
from services.gateway.web.visit import Visit
from shared.markers import N_

ENDED = {
    "refused": N_("Your request to be {role} was not granted on {day}."),
    "obsolete": N_("Your request to be {role} can no longer be granted: this role is gone."),
}


async def own_registrations(visit: Visit, organisation_id: object) -> list[SimpleNamespace]:
    """role, requested: one's own, by name, empty for none. roles: what there is to ask for. requests: who waits for one's answer."""
    path = f"/api/organisations/{organisation_id}/registrations/mine"
    found: list[dict[str, Any]] = await visit.get("organisation", path)
    return [await _own(visit, organisation_id, one) for one in found]


async def _own(visit: Visit, organisation_id: object, one: dict[str, Any]) -> SimpleNamespace:
    names = {role["id"]: role["name"] for role in one["roles"]}
    known = await visit.own.catalogue.tool(one["tool_id"])
    here = f"/organisations/{organisation_id}/registrations/{one['registration_id']}"
    ended: dict[str, Any] | None = one["ended"]
    return SimpleNamespace(
        id=one["registration_id"],
        organisation_name="",
        tool_id=one["tool_id"],
        tool_name=one["tool_name"],
        usage_mode=one["usage_mode"],
        usage_mode_name=one["usage_mode_name"],
        state=one["state"],
        suspended=suspension(visit, one["suspended_reason"]) if one["state"] != "active" else "",
        needs=one["needs"],
        missing=needs_in_words(visit, known, one["missing"]),
        lacks=[need_name(visit, known, need) for need in {need for needs in one["missing"] for need in needs}],
        role=names.get(one["role"], one["role"] or ""),
        role_id=one["role"] or "",
        requested=names.get(one["requested"], one["requested"] or ""),
        answer=_answer(visit, ended, names) if ended else "",
        why=ended["answer"] if ended else "",
        roles=[SimpleNamespace(**role) for role in one["roles"] if role["id"] not in (one["role"], one["requested"])],
        requests=one["requests"],
        may_edit=one["may_edit"],
        access_url=visit.to(access_url(organisation_id, one["registration_id"])) if one["may_edit"] else "",
        ask_url=visit.to(f"{here}/ask"),
    )


def _answer(visit: Visit, ended: dict[str, Any], names: dict[str, str]) -> str:
    """What became of the last request, where that does not show otherwise."""
    sentence = ENDED.get(ended["outcome"])
    if sentence is None:
        return ""
    day = visit.words.date(datetime.fromisoformat(ended["ended_at"]).date())
    return visit.words.sentence(sentence, {"role": names.get(ended["role"], ended["role"]), "day": day})
