"""What the organisation service announces: who must be told, and whom mails will concern."""

from collections.abc import Collection, Mapping
from uuid import UUID

from services.notify import registration_consumers
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
    roles = {mode.id: {role.id: dict(role.names) for role in mode.roles} for mode in event.usage_modes}
    await store.upsert_tool(db, event.tool_id, dict(event.names), roles)


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
    """Of two accounts that became one the person has heard already."""
    await store.add_manager(db, event.organisation_id, event.account_id)
    if event.appointed_by != event.account_id:
        await _about_employee(db, event, [event.account_id], "manager-appointed")


async def on_manager_dismissed(db: Connection, event: organisation.ManagerDismissed, keyring: Keyring) -> None:
    """Who stepped down knows; who is blocked or removed with it hears the larger news."""
    await store.drop_manager(db, event.organisation_id, event.account_id)
    if event.stays and event.dismissed_by != event.account_id:
        await _about_employee(db, event, [event.account_id], "manager-dismissed")


async def on_employee_blocked(db: Connection, event: organisation.EmployeeBlocked, keyring: Keyring) -> None:
    await store.set_blocked(db, event.organisation_id, event.account_id, is_blocked=True)
    await _about_employee(db, event, [event.account_id], "employee-blocked")


async def on_employee_activated(db: Connection, event: organisation.EmployeeActivated, keyring: Keyring) -> None:
    await store.set_blocked(db, event.organisation_id, event.account_id, is_blocked=False)
    await _about_employee(db, event, [event.account_id], "employee-activated")


async def on_employee_removed(db: Connection, event: organisation.EmployeeRemoved, keyring: Keyring) -> None:
    """Who left or closed it by themselves, or was erased, is not told."""
    await store.drop_membership(db, event.organisation_id, event.account_id)
    if event.reason == "organisation-closed":
        others = [event.account_id] if event.removed_by != event.account_id else []
        await _about_employee(db, event, others, "organisation-closed")
    elif event.removed_by not in (None, event.account_id):
        await _about_employee(db, event, [event.account_id], "employee-removed")


async def _about_employee(
    db: Connection, event: organisation.EmployeeEvent, account_ids: Collection[UUID], kind: str
) -> None:
    params = {"organisation_id": event.organisation_id, "account_id": event.account_id}
    await tell(db, account_ids, kind, cause_of(event), params)


HANDLERS: Mapping[type[Event], Handler] = {
    **registration_consumers.HANDLERS,
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
}
