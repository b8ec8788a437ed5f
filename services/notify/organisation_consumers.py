"""What the organisation service announces: who must be told, and whom mails will concern."""

from collections.abc import Collection, Mapping
from uuid import UUID

from services.notify.mails.handlers import cause_of, tell
from services.notify.recipients import store
from shared.consume import Handler
from shared.db import Connection
from shared.events import catalogue, organisation
from shared.events.base import Event
from shared.sealed import Keyring


async def on_organisation_named(
    db: Connection, event: organisation.OrganisationCreated | organisation.OrganisationChanged, keyring: Keyring
) -> None:
    await store.upsert_organisation(db, event.organisation_id, event.name)


async def on_tool(db: Connection, event: catalogue.ToolPublished | catalogue.ToolChanged, keyring: Keyring) -> None:
    await store.upsert_tool(db, event.tool_id, dict(event.names))


async def on_employee_requested(db: Connection, event: organisation.EmployeeRequested, keyring: Keyring) -> None:
    managers = await store.managers_of(db, event.organisation_id)
    await _about_employee(db, event, managers, "employee-requested")


async def on_employee_confirmed(db: Connection, event: organisation.EmployeeConfirmed, keyring: Keyring) -> None:
    if event.manager:
        await store.add_manager(db, event.organisation_id, event.account_id)
    await _about_employee(db, event, [event.account_id], "employee-confirmed")


async def on_employee_added(db: Connection, event: organisation.EmployeeAdded, keyring: Keyring) -> None:
    """The creator of an organisation added themselves, and knows."""
    if event.manager:
        await store.add_manager(db, event.organisation_id, event.account_id)
    if event.added_by != event.account_id:
        await _about_employee(db, event, [event.account_id], "employee-added")


async def on_manager_appointed(db: Connection, event: organisation.ManagerAppointed, keyring: Keyring) -> None:
    await store.add_manager(db, event.organisation_id, event.account_id)


async def on_manager_dismissed(db: Connection, event: organisation.ManagerDismissed, keyring: Keyring) -> None:
    await store.drop_manager(db, event.organisation_id, event.account_id)


async def on_employee_blocked(db: Connection, event: organisation.EmployeeBlocked, keyring: Keyring) -> None:
    await store.set_blocked(db, event.organisation_id, event.account_id, is_blocked=True)
    await _about_employee(db, event, [event.account_id], "employee-blocked")


async def on_employee_activated(db: Connection, event: organisation.EmployeeActivated, keyring: Keyring) -> None:
    await store.set_blocked(db, event.organisation_id, event.account_id, is_blocked=False)
    await _about_employee(db, event, [event.account_id], "employee-activated")


async def on_employee_removed(db: Connection, event: organisation.EmployeeRemoved, keyring: Keyring) -> None:
    """Who left by themselves, or was erased, is not told."""
    await store.drop_membership(db, event.organisation_id, event.account_id)
    if event.removed_by not in (None, event.account_id):
        await _about_employee(db, event, [event.account_id], "employee-removed")


async def on_access_granted(db: Connection, event: organisation.AccessGranted, keyring: Keyring) -> None:
    """Who cannot use it yet hears what is missing; AccessResumed follows once nothing is."""
    await store.add_access(db, event.registration_id, event.account_id, event.organisation_id)
    if not event.usable:
        await _about_tool(db, event, [event.account_id], "access-suspended")
    elif event.granted_by != event.account_id:
        await _about_tool(db, event, [event.account_id], "access-granted")


async def on_access_withdrawn(db: Connection, event: organisation.AccessWithdrawn, keyring: Keyring) -> None:
    """A removed or erased person has heard the larger news."""
    await store.drop_access(db, event.registration_id, event.account_id)
    if event.reason == "role-withdrawn":
        await _about_tool(db, event, [event.account_id], "access-withdrawn")


async def on_access_suspended(db: Connection, event: organisation.AccessSuspended, keyring: Keyring) -> None:
    await _about_tool(db, event, [event.account_id], "access-suspended")


async def on_access_resumed(db: Connection, event: organisation.AccessResumed, keyring: Keyring) -> None:
    await _about_tool(db, event, [event.account_id], "access-granted")


async def on_registration_suspended(
    db: Connection, event: organisation.RegistrationSuspended, keyring: Keyring
) -> None:
    concerned = await store.concerned_by_registration(db, event.organisation_id, event.registration_id)
    await _about_tool(db, event, concerned, "registration-suspended")


async def on_registration_resumed(db: Connection, event: organisation.RegistrationResumed, keyring: Keyring) -> None:
    concerned = await store.concerned_by_registration(db, event.organisation_id, event.registration_id)
    await _about_tool(db, event, concerned, "registration-resumed")


async def _about_employee(
    db: Connection, event: organisation.EmployeeEvent, account_ids: Collection[UUID], kind: str
) -> None:
    params = {"organisation_id": event.organisation_id, "account_id": event.account_id}
    await tell(db, account_ids, kind, cause_of(event), params)


async def _about_tool(
    db: Connection, event: organisation.RegistrationEvent, account_ids: Collection[UUID], kind: str
) -> None:
    params = {"organisation_id": event.organisation_id, "tool_id": event.tool_id}
    await tell(db, account_ids, kind, cause_of(event), params)


HANDLERS: Mapping[type[Event], Handler] = {
    organisation.OrganisationCreated: on_organisation_named,
    organisation.OrganisationChanged: on_organisation_named,
    catalogue.ToolPublished: on_tool,
    catalogue.ToolChanged: on_tool,
    organisation.EmployeeRequested: on_employee_requested,
    organisation.EmployeeConfirmed: on_employee_confirmed,
    organisation.EmployeeAdded: on_employee_added,
    organisation.ManagerAppointed: on_manager_appointed,
    organisation.ManagerDismissed: on_manager_dismissed,
    organisation.EmployeeBlocked: on_employee_blocked,
    organisation.EmployeeActivated: on_employee_activated,
    organisation.EmployeeRemoved: on_employee_removed,
    organisation.AccessGranted: on_access_granted,
    organisation.AccessWithdrawn: on_access_withdrawn,
    organisation.AccessSuspended: on_access_suspended,
    organisation.AccessResumed: on_access_resumed,
    organisation.RegistrationSuspended: on_registration_suspended,
    organisation.RegistrationResumed: on_registration_resumed,
}
