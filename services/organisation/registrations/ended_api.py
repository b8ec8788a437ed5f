"""What an organisation had registered once, over HTTP: managers see when and why it ended, and may register it again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.organisation.at import At
from services.organisation.fields import Answer
from services.organisation.history.rules import By, Entry, Wanted
from services.organisation.history.store import people, read_entries
from services.organisation.organisations.membership import Manager
from services.organisation.registrations.store import registrations_of
from services.organisation.tools.store import CatalogueTool, all_tools
from shared.http import Language
from shared.tokens import Person, person

LOOKED_AT = 50

router = APIRouter(prefix="/api/organisations/{organisation_id}/ended-registrations")
Caller = Annotated[Person, person()]


class EndedAnswer(Answer):
    """by: person, support or platform. by_name: of the person, empty where it is not known. can_register: the tool is still offered so."""

    tool_id: str
    tool_name: str
    usage_mode: str
    usage_mode_name: str
    ended_at: datetime
    reason: str
    by: By
    by_name: str
    can_register: bool


@router.get("")
async def list_ended(organisation_id: UUID, caller: Caller, at: At, language: Language) -> list[EndedAnswer]:
    """The latest first, each tool and usage mode once, and none that is registered now. Of the last fifty that ended."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        wanted = Wanted(action="end-registration")
        entries = await read_entries(db, manager.organisation_id, wanted, limit=LOOKED_AT)
        present = {(one.tool_id, one.usage_mode) for one in await registrations_of(db, manager.organisation_id)}
        tools = {tool.id: tool for tool in await all_tools(db)} if entries else {}
        names = await people(db, {account_id for entry in entries for account_id in entry.people})
    found: dict[tuple[str, str], EndedAnswer] = {}
    for entry in entries:
        which = (str(entry.details["tool_id"]), str(entry.details["usage_mode"]))
        tool = tools.get(which[0])
        if tool is not None and which not in present and which not in found:
            known = names.get(entry.actor_id) if entry.actor_id and entry.by is By.PERSON else None
            found[which] = _answer(entry, tool, which[1], known.name if known else "", language)
    return list(found.values())


def _answer(entry: Entry, tool: CatalogueTool, usage_mode: str, by_name: str, language: str) -> EndedAnswer:
    mode = tool.entry.usage_mode(usage_mode)
    return EndedAnswer(
        tool_id=tool.id,
        tool_name=tool.entry.names[language],
        usage_mode=usage_mode,
        usage_mode_name=mode.names[language] if mode else usage_mode,
        ended_at=entry.at,
        reason=str(entry.details["reason"]),
        by=entry.by,
        by_name=by_name,
        can_register=mode is not None and tool.entry.state == "offered",
    )
