"""What the organisation service announces of registrations, access and tool managers: who must be told."""

from collections.abc import Collection, Mapping
from uuid import UUID

from services.notify.mails.handlers import cause_of, tell
from services.notify.recipients import concerned, store
from shared.consume import Handler
from shared.db import Connection
from shared.events import organisation
from shared.events.base import Event
from shared.sealed import Keyring

SUSPENSIONS = {"organisation-not-listed": "registration-not-listed", "terms-outdated": "registration-old-terms"}
"""The mail for a reason that is not the person's under whom the tool is registered."""


async def on_tool_registered(db: Connection, event: organisation.ToolRegistered, keyring: Keyring) -> None:
    if event.mandated_account_id is not None:
        await concerned.set_mandate(db, event.registration_id, event.mandated_account_id, event.organisation_id)


async def on_mandate_changed(db: Connection, event: organisation.MandateChanged, keyring: Keyring) -> None:
    """Whoever lends their recognition without having chosen to hears of it."""
    await concerned.set_mandate(db, event.registration_id, event.mandated_account_id, event.organisation_id)
    if event.changed_by != event.mandated_account_id:
        await _tell(db, event, [event.mandated_account_id], "mandate-given")


async def on_access_granted(db: Connection, event: organisation.AccessGranted, keyring: Keyring) -> None:
    """Who cannot use it yet hears what is missing; AccessResumed follows once nothing is."""
    await concerned.add_access(db, event.registration_id, event.account_id, event.organisation_id)
    if not event.usable:
        await _tell(db, event, [event.account_id], "access-suspended")
    elif event.granted_by != event.account_id:
        await _tell(db, event, [event.account_id], "access-granted")


async def on_access_withdrawn(db: Connection, event: organisation.AccessWithdrawn, keyring: Keyring) -> None:
    """A removed or erased person has heard the larger news. Managers hear of an ended registration as such."""
    await concerned.drop_access(db, event.registration_id, event.account_id)
    if event.reason == "role-withdrawn":
        await _tell(db, event, [event.account_id], "access-withdrawn")
    elif event.reason == "registration-ended" and event.account_id not in await store.managers_of(
        db, event.organisation_id
    ):
        await _tell(db, event, [event.account_id], "registration-ended")


async def on_access_suspended(db: Connection, event: organisation.AccessSuspended, keyring: Keyring) -> None:
    await _tell(db, event, [event.account_id], "access-suspended")


async def on_access_resumed(db: Connection, event: organisation.AccessResumed, keyring: Keyring) -> None:
    await _tell(db, event, [event.account_id], "access-granted")


async def on_registration_suspended(
    db: Connection, event: organisation.RegistrationSuspended, keyring: Keyring
) -> None:
    people = await concerned.concerned_by_registration(db, event.organisation_id, event.registration_id)
    await _tell(db, event, people, SUSPENSIONS.get(event.reason, "registration-suspended"))


async def on_registration_resumed(db: Connection, event: organisation.RegistrationResumed, keyring: Keyring) -> None:
    people = await concerned.concerned_by_registration(db, event.organisation_id, event.registration_id)
    await _tell(db, event, people, "registration-resumed")


async def on_registration_ended(db: Connection, event: organisation.RegistrationEnded, keyring: Keyring) -> None:
    """Those who had access have heard it by AccessWithdrawn; who ended it knows."""
    await concerned.drop_registration(db, event.registration_id)
    if event.reason == "registration-ended":
        managers = await store.managers_of(db, event.organisation_id)
        await _tell(db, event, [one for one in managers if one != event.ended_by], "registration-ended")


async def on_tool_manager_appointed(db: Connection, event: organisation.ToolManagerAppointed, keyring: Keyring) -> None:
    await concerned.add_tool_manager(db, event.registration_id, event.account_id, event.organisation_id)
    if event.appointed_by != event.account_id:
        await _tell(db, event, [event.account_id], "tool-manager-appointed")


async def on_tool_manager_dismissed(db: Connection, event: organisation.ToolManagerDismissed, keyring: Keyring) -> None:
    """Where nobody decided it, they have heard the larger news."""
    await concerned.drop_tool_manager(db, event.registration_id, event.account_id)
    if event.dismissed_by not in (None, event.account_id):
        await _tell(db, event, [event.account_id], "tool-manager-dismissed")


async def on_role_requested(db: Connection, event: organisation.RoleRequested, keyring: Keyring) -> None:
    editors = await concerned.editors_of(db, event.organisation_id, event.registration_id)
    params = {"account_id": event.account_id}
    await _tell(db, event, [one for one in editors if one != event.account_id], "role-requested", params)


async def on_role_request_ended(db: Connection, event: organisation.RoleRequestEnded, keyring: Keyring) -> None:
    """What was granted is told by AccessGranted."""
    if event.outcome == "refused":
        await _tell(db, event, [event.account_id], "role-refused")


async def _tell(
    db: Connection,
    event: organisation.RegistrationEvent,
    account_ids: Collection[UUID],
    kind: str,
    more: Mapping[str, object] | None = None,
) -> None:
    params = {
        "organisation_id": event.organisation_id,
        "tool_id": event.tool_id,
        "registration_id": event.registration_id,
        **(more or {}),
    }
    await tell(db, account_ids, kind, cause_of(event), params)


HANDLERS: Mapping[type[Event], Handler] = {
    organisation.ToolRegistered: on_tool_registered,
    organisation.MandateChanged: on_mandate_changed,
    organisation.AccessGranted: on_access_granted,
    organisation.AccessWithdrawn: on_access_withdrawn,
    organisation.AccessSuspended: on_access_suspended,
    organisation.AccessResumed: on_access_resumed,
    organisation.RegistrationSuspended: on_registration_suspended,
    organisation.RegistrationResumed: on_registration_resumed,
    organisation.RegistrationEnded: on_registration_ended,
    organisation.ToolManagerAppointed: on_tool_manager_appointed,
    organisation.ToolManagerDismissed: on_tool_manager_dismissed,
    organisation.RoleRequested: on_role_requested,
    organisation.RoleRequestEnded: on_role_request_ended,
}
