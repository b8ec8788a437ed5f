"""A registration ends, with all that hangs on it. What it was stays in the audit log: the tool may be registered afresh."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.publish import publish
from services.organisation.registrations import access_store, facts, request_store, store, tool_manager_store
from services.organisation.registrations.rules import Registration, RegistrationNotFound
from shared.db import Connection
from shared.events.organisation import Reason


@dataclass(frozen=True)
class Ending:
    """What would be lost. people: who have a role."""

    people: int
    tool_managers: int
    requests: int


async def end_registration(
    db: Connection,
    organisation_id: UUID,
    registration_id: UUID,
    *,
    reason: Reason,
    by: UUID | None,
    now: datetime,
    origin: str = "platform",
) -> Registration:
    """The organisation is locked. A few statements, however many have access. by: None where nobody decided it.

    Raises RegistrationNotFound.
    """
    registration = await store.find_registration(db, organisation_id, registration_id)
    if registration is None:
        raise RegistrationNotFound()
    requests = await request_store.end_of_registration(db, registration.id, now=now)
    managers = await tool_manager_store.delete_of_registration(db, registration.id)
    lost = await access_store.delete_access_of_registration(db, registration.id)
    await store.delete_registration(db, registration.id)
    await _record(db, registration, reason, people=len(lost), by=by, origin=origin)
    await publish(
        db,
        [
            *(facts.request_ended(request, "obsolete", answered_by=None) for request in requests),
            *(
                facts.tool_manager_dismissed(registration, registration.id, one, by=None, reason=reason)
                for one in managers
            ),
            *(facts.lost(registration, account_id, role, reason) for account_id, role in lost),
            facts.ended(registration, reason, by=by),
        ],
    )
    return registration


async def _record(
    db: Connection, registration: Registration, reason: Reason, *, people: int, by: UUID | None, origin: str
) -> None:
    await audit.record(
        db,
        "end-registration",
        actor=str(by) if by else "organisation",
        origin=origin,
        organisation_id=registration.organisation_id,
        details={
            "registration_id": str(registration.id),
            "tool_id": registration.tool_id,
            "usage_mode": registration.usage_mode,
            "terms_version": registration.terms_version,
            "reason": reason,
            "people": people,
        },
    )


async def what_would_end(db: Connection, registration_id: UUID) -> Ending:
    (row,) = await db.fetch(
        """
        SELECT (SELECT count(*) FROM access WHERE registration_id = $1) AS people,
               (SELECT count(*) FROM tool_manager WHERE registration_id = $1) AS tool_managers,
               (SELECT count(*) FROM role_request WHERE registration_id = $1 AND outcome IS NULL) AS requests
        """,
        registration_id,
    )
    return Ending(row["people"], row["tool_managers"], row["requests"])
