"""New terms of a tool: a manager accepts them for the organisation; from the day that they are needed on, nobody works under older ones."""

from datetime import datetime
from uuid import UUID

from services.organisation.organisations.membership import Manager
from services.organisation.publish import publish
from services.organisation.registrations.facts import terms_accepted
from services.organisation.registrations.reassess import reassess_tool
from services.organisation.registrations.rules import RegistrationNotFound, TermsOutdated
from services.organisation.registrations.store import people_with_tool, registrations_of
from services.organisation.tools import terms_store
from services.organisation.tools.handlers import follow_rules
from services.organisation.tools.rules import ToolNotFound
from services.organisation.tools.store import find_tool_for_use
from shared.db import Connection, Database
from shared.formats import BRUSSELS
from shared.tokens import Person


async def accept_terms(
    db: Connection, organisation_id: UUID, caller: Person, tool_id: str, version: str, *, now: datetime
) -> None:
    """For every registration of the tool; what was suspended for it resumes. Takes the locks itself. May be repeated.

    version: of the terms that the manager has read. Raises ToolNotFound, RegistrationNotFound, TermsOutdated.
    """
    people = await people_with_tool(db, tool_id, [organisation_id])
    manager = await Manager.locked(db, organisation_id, caller, people=people)
    tool = await find_tool_for_use(db, tool_id)
    if tool is None:
        raise ToolNotFound()
    if not any(one.tool_id == tool_id for one in await registrations_of(db, organisation_id)):
        raise RegistrationNotFound()
    if version != tool.entry.terms.version:
        raise TermsOutdated(terms_version=tool.entry.terms.version)
    if await follow_acceptance(db, manager, tool_id, version, now=now):
        await reassess_tool(db, tool_id, [organisation_id], today=now.astimezone(BRUSSELS).date())


async def follow_acceptance(db: Connection, manager: Manager, tool_id: str, version: str, *, now: datetime) -> bool:
    """Whoever accepts for one registration accepts for all of the tool's. True where others stood under older terms."""
    by = manager.account_id
    await terms_store.add_acceptance(db, manager.organisation_id, tool_id, version, accepted_by=by, now=now)
    moved = await terms_store.move_to_terms(db, manager.organisation_id, tool_id, version)
    if moved:
        await manager.record(db, "accept-terms", details={"tool_id": tool_id, "terms_version": version})
        await publish(db, [terms_accepted(registration, by=by) for registration in moved])
    return bool(moved)


async def enforce_terms(database: Database, *, now: datetime) -> None:
    """Suspends what stands under terms whose time has ended. May be repeated."""
    today = now.astimezone(BRUSSELS).date()
    async with database.acquire() as db:
        tool_ids = await terms_store.tools_behind(db, today=today)
    for tool_id in tool_ids:
        await follow_rules(database, tool_id, today=today)
