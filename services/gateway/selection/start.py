"""Starting a tool: the owner of the rules confirms; where it is silent, a read model that is fresh enough answers; else nobody starts."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from services.gateway.model.catalogue import Tool
from services.gateway.selection import store
from services.gateway.selection.rules import kinds_named
from services.gateway.web.visit import Visit
from shared import authzen
from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.markers import N_

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Started:
    redirect_to: str


@dataclass(frozen=True)
class NotNow:
    """Msgids."""

    title: str
    text: str


CHANGED = NotNow(
    N_("This has just changed"),
    N_("You can no longer start the tool in this way. What you see below is how things are now."),
)
NOBODY_CONFIRMS = NotNow(
    N_("Not possible just now"),
    N_(
        "Nobody can confirm your access at the moment, and what we remember is too old to rely on. Try again in a minute."
    ),
)


async def start(visit: Visit, tool: Tool, registration_id: UUID | None) -> Started | NotNow:
    """Raises RemoteProblem when identity refuses: a weak session, or a request of the tool's that has ended."""
    async with visit.at.database.acquire() as db:
        card = await store.find_card(db, visit.account_id, registration_id, tool.id) if registration_id else None
    if card is None or not _is_asked(visit, card):
        return CHANGED
    quality = await _decide(visit, tool, card)
    if isinstance(quality, NotNow):
        return quality
    body = {"session_token": visit.session_token, "quality": quality}
    try:
        answer = await visit.ask(f"/internal/authorizations/{visit.request_id}/complete", body)
    except RemoteProblem as problem:
        if problem.code == "no-longer-allowed":
            return CHANGED
        raise
    return Started(str(answer["redirect_to"]))


def _is_asked(visit: Visit, card: Any) -> bool:
    """Where the tool asks for one organisation, no other will do; identity sees to it too."""
    return visit.asked_organisation in (None, str(card["organisation_id"]), card["enterprise_number"])


async def _decide(visit: Visit, tool: Tool, card: Any) -> dict[str, Any] | NotNow:
    question = authzen.may_start(visit.account_id, tool.id, card["organisation_id"], card["usage_mode"], card["role"])
    try:
        async with asyncio.timeout(visit.at.settings.decision_timeout_s):
            decision = await visit.client("organisation").post(authzen.EVALUATION, question)
    except (Unavailable, TimeoutError):
        return await _remember(visit, tool, card)
    except RemoteProblem as problem:
        if problem.status < 500:
            raise
        return await _remember(visit, tool, card)
    return decision["context"]["quality"] if decision["decision"] else CHANGED


async def _remember(visit: Visit, tool: Tool, card: Any) -> dict[str, Any] | NotNow:
    """What the read model says, if it has followed organisation's events until a moment ago."""
    snapshot = await visit.own.catalogue.snapshot()
    age_s = snapshot.age_s(datetime.now(UTC))
    if age_s > visit.at.settings.model_max_age_s:
        return NOBODY_CONFIRMS
    if card["rank"] != 0:
        return CHANGED
    _LOG.info("started on the read model", age_s=round(age_s, 1), tool=tool.id)
    async with visit.at.database.acquire() as db:
        held = await store.recognitions_held(db, visit.account_id)
    mode = tool.modes.get(card["usage_mode"], {})
    asked = kinds_named(str(mode.get("register_rule", "")), str(mode.get("use_rule", "")))
    return {
        "organisation_id": card["organisation_id"],
        "enterprise_number": card["enterprise_number"],
        "organisation_name": card["organisation_name"],
        "usage_mode": card["usage_mode"],
        "role": card["role"],
        "recognitions": [kind for kind in held if kind in asked],
    }
