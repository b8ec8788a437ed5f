"""What falls with an employee who is blocked, removed or erased, besides their roles and mandates."""

from datetime import datetime
from uuid import UUID

from services.organisation.publish import publish
from services.organisation.registrations import facts, request_store, tool_manager_store
from shared.db import Connection
from shared.events.organisation import OrganisationEvent


async def hand_over_tools(
    db: Connection, organisation_id: UUID, account_id: UUID, into: UUID, *, now: datetime
) -> None:
    """Two accounts of one person become one: what one of them manages the other does. The organisation is locked."""
    appointed: list[OrganisationEvent] = []
    for managed in await tool_manager_store.managed_by(db, organisation_id, account_id):
        about = (organisation_id, managed.registration_id, into)
        if await tool_manager_store.insert_tool_manager(db, *about, by=into, now=now):
            appointed.append(facts.tool_manager_appointed(managed, managed.registration_id, into, by=into))
    await publish(db, appointed)


async def let_go(db: Connection, organisation_id: UUID, account_id: UUID, *, now: datetime) -> None:
    """They manage no tool any more, also when they come back, and what they asked for is answered. The organisation is locked."""
    managed = await tool_manager_store.delete_of_employee(db, organisation_id, account_id)
    requests = await request_store.end_of_employee(db, organisation_id, account_id, now=now)
    await publish(
        db,
        [
            *(facts.tool_manager_dismissed(one, one.registration_id, account_id, by=None) for one in managed),
            *(facts.request_ended(request, "obsolete", answered_by=None) for request in requests),
        ],
    )
