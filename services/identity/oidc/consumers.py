"""What the organisation service takes away ends the tool sessions that stood on it, within seconds."""

from datetime import UTC, datetime
from uuid import UUID

from services.identity.oidc import store
from services.identity.oidc.logout import tell_tools
from shared.consume import Consumer
from shared.db import Connection
from shared.events.organisation import (
    AccessSuspended,
    AccessWithdrawn,
    EmployeeBlocked,
    EmployeeRemoved,
    OrganisationClosed,
    RegistrationEnded,
    RegistrationSuspended,
)
from shared.sealed import Keyring


async def on_access_withdrawn(db: Connection, event: AccessWithdrawn, keyring: Keyring) -> None:
    await _end_access(db, event, "access-withdrawn")


async def on_access_suspended(db: Connection, event: AccessSuspended, keyring: Keyring) -> None:
    await _end_access(db, event, "access-suspended")


async def on_employee_blocked(db: Connection, event: EmployeeBlocked, keyring: Keyring) -> None:
    await _end_membership(db, event.organisation_id, event.account_id, "employee-blocked")


async def on_employee_removed(db: Connection, event: EmployeeRemoved, keyring: Keyring) -> None:
    await _end_membership(db, event.organisation_id, event.account_id, "employee-removed")


async def on_registration_suspended(db: Connection, event: RegistrationSuspended, keyring: Keyring) -> None:
    await _end_registration(db, event, "registration-suspended")


async def on_registration_ended(db: Connection, event: RegistrationEnded, keyring: Keyring) -> None:
    await _end_registration(db, event, "registration-ended")


async def on_organisation_closed(db: Connection, event: OrganisationClosed, keyring: Keyring) -> None:
    ended = await store.end_grants(
        db, organisation_id=event.organisation_id, reason="organisation-closed", now=datetime.now(UTC)
    )
    await tell_tools(db, ended)


async def _end_registration(db: Connection, event: RegistrationSuspended | RegistrationEnded, reason: str) -> None:
    ended = await store.end_grants(
        db,
        organisation_id=event.organisation_id,
        tool_id=event.tool_id,
        usage_mode=event.usage_mode,
        reason=reason,
        now=datetime.now(UTC),
    )
    await tell_tools(db, ended)


async def _end_access(db: Connection, event: AccessWithdrawn | AccessSuspended, reason: str) -> None:
    ended = await store.end_grants(
        db,
        organisation_id=event.organisation_id,
        account_id=event.account_id,
        tool_id=event.tool_id,
        usage_mode=event.usage_mode,
        reason=reason,
        now=datetime.now(UTC),
    )
    await tell_tools(db, ended)


async def _end_membership(db: Connection, organisation_id: UUID, account_id: UUID, reason: str) -> None:
    ended = await store.end_grants(
        db, organisation_id=organisation_id, account_id=account_id, reason=reason, now=datetime.now(UTC)
    )
    await tell_tools(db, ended)


CONSUMER = Consumer(
    name="identity",
    topics=["organisation.events"],
    handlers={
        AccessWithdrawn: on_access_withdrawn,
        AccessSuspended: on_access_suspended,
        EmployeeBlocked: on_employee_blocked,
        EmployeeRemoved: on_employee_removed,
        OrganisationClosed: on_organisation_closed,
        RegistrationEnded: on_registration_ended,
        RegistrationSuspended: on_registration_suspended,
    },
)
