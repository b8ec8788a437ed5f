"""Why a card cannot be started, and the ways out: of each reason there is what somebody can do about it, and who."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.gateway.model.catalogue import Tool
from services.gateway.tools.views import access_url, needs_in_words, suspension
from services.gateway.web.visit import Visit
from shared.markers import N_

Way = tuple[str, str]
"""Its words and its address."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """icon: of the sprite. reason, explanation: sentences. ways: out of it, the nearest first."""

    icon: str
    reason: str
    explanation: str
    ways: tuple[Way, ...] = ()


def needs_somebody(row: Mapping[str, Any]) -> bool:
    """Whether the way out leads through a manager, so that their names help."""
    if row["employee_state"] in ("requested", "blocked", "asked"):
        return True
    return bool(row["is_suspended"]) and not (row["is_manager"] or row["is_tool_manager"])


def obstacle_of(visit: Visit, tool: Tool, row: Mapping[str, Any], managers: Sequence[str]) -> Obstacle:
    """The first thing in the way, in the order in which a person could do something about it. managers: the names of some."""
    state = row["employee_state"]
    if state in ("requested", "blocked"):
        return _membership(visit, state, managers)
    if row["is_suspended"]:
        return _suspended(visit, tool, row, managers)
    if state in ("asked", "without"):
        return _without_role(visit, row, managers)
    return _insufficient(visit, tool, row)


def _membership(visit: Visit, state: str, managers: Sequence[str]) -> Obstacle:
    words, names = visit.words, {"names": ", ".join(managers)}
    ways = ((words.gettext(N_("My organisations")), visit.to("/organisations")),)
    if state == "requested":
        wait = words.gettext(N_("A manager still has to confirm you; you will get a mail."))
        who = words.sentence(N_("These managers can confirm you: {names}."), names) if managers else ""
        return Obstacle("clock", words.gettext(N_("Awaiting confirmation.")), f"{wait} {who}".strip(), ways)
    mistake = N_("If you think that this is a mistake, speak to {names}.")
    speak = words.sentence(mistake, names) if managers else words.gettext(N_("Speak to a manager of the organisation."))
    return Obstacle("ban", words.gettext(N_("You are blocked here.")), speak)


def _without_role(visit: Visit, row: Mapping[str, Any], managers: Sequence[str]) -> Obstacle:
    words = visit.words
    ask = visit.to(f"/organisations/{row['organisation_id']}/registrations/{row['registration_id']}/ask")
    if row["employee_state"] == "asked":
        wait = words.gettext(N_("A manager still has to answer; you will get a mail."))
        speak = words.sentence(N_("Speak to {names}."), {"names": ", ".join(managers)}) if managers else ""
        reason = words.gettext(N_("You have asked for this role."))
        return Obstacle("clock", reason, f"{wait} {speak}".strip(), ((words.gettext(N_("My request")), ask),))
    reason = words.gettext(N_("You have no role in the tool here yet."))
    if row["is_manager"] or row["is_tool_manager"]:
        return Obstacle("user", reason, words.gettext(N_("You may give yourself one.")), (_to_access(visit, row),))
    return Obstacle("user", reason, "", ((words.gettext(N_("Ask for access")), ask),))


def _insufficient(visit: Visit, tool: Tool, row: Mapping[str, Any]) -> Obstacle:
    """Recognitions come from registries, which know people by their identity card."""
    words, missing = visit.words, row["missing"] or ()
    needed = needs_in_words(visit, tool, missing)
    explanation = words.sentence(N_("What is needed: {needed}."), {"needed": needed}) if needed else ""
    kinds = [need for needs in missing for need in needs if need != "manager" and not need.startswith("list:")]
    ways: list[Way] = []
    if kinds or not missing:
        if visit.account is not None and not visit.account.eid_linked:
            ways.append((words.gettext(N_("Link my identity card")), visit.to("/eid")))
        ways.append((words.gettext(N_("My recognitions")), visit.to("/recognitions")))
    return Obstacle("badge-check", words.gettext(N_("Recognitions insufficient.")), explanation, tuple(ways))


def _suspended(visit: Visit, tool: Tool, row: Mapping[str, Any], managers: Sequence[str]) -> Obstacle:
    words, reason = visit.words, row["suspended_reason"]
    why, ways = suspension(visit, reason), tuple[Way, ...]()
    if reason == "terms-outdated" and row["is_manager"]:
        terms = visit.to(f"/organisations/{row['organisation_id']}/tools/{tool.id}/terms")
        ways = ((words.gettext(N_("Read and accept")), terms),)
    elif row["is_manager"] or row["is_tool_manager"]:
        ways = (_to_access(visit, row),)
    elif managers:
        why = f"{why} {words.sentence(N_('Speak to {names}.'), {'names': ', '.join(managers)})}"
    return Obstacle("ban", words.gettext(N_("The registration is suspended.")), why, ways)


def _to_access(visit: Visit, row: Mapping[str, Any]) -> Way:
    words = visit.words.gettext(N_("To the access page"))
    return words, access_url(row["organisation_id"], row["registration_id"])
