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

ENDED = "registration-ended"
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
    elif event.granted_by == event.account_id:
        return
    elif event.was is not None:
        params = {"usage_mode": event.usage_mode, "role": event.role}
        await _tell(db, event, [event.account_id], "access-changed", params)
    else:
        await _tell(db, event, [event.account_id], "access-granted")


async def on_access_withdrawn(db: Connection, event: organisation.AccessWithdrawn, keyring: Keyring) -> None:
    """A removed or erased person has heard the larger news, and who gets another role hears of that one."""
    await concerned.drop_access(db, event.registration_id, event.account_id)
    if event.reason == "role-withdrawn" and event.becomes is None:
        await _tell(db, event, [event.account_id], "access-withdrawn")
    elif event.reason == "registration-ended":
        await _tell_ended(db, event, [event.account_id])


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
    """Those who had access or managed it have heard it with what they lost; who ended it knows."""
    await concerned.drop_registration(db, event.registration_id)
    if event.reason == "registration-ended":
        managers = await store.managers_of(db, event.organisation_id)
        await _tell(db, event, [one for one in managers if one != event.ended_by], ENDED)


async def on_tool_manager_appointed(db: Connection, event: organisation.ToolManagerAppointed, keyring: Keyring) -> None:
    await concerned.add_tool_manager(db, event.registration_id, event.account_id, event.organisation_id)
    if event.appointed_by != event.account_id:
        await _tell(db, event, [event.account_id], "tool-manager-appointed")


async def on_tool_manager_dismissed(db: Connection, event: organisation.ToolManagerDismissed, keyring: Keyring) -> None:
    """Where nobody decided it, they have heard the larger news; or hear it here, as they may have had no role."""
    await concerned.drop_tool_manager(db, event.registration_id, event.account_id)
    if event.reason == "registration-ended":
        await _tell_ended(db, event, [event.account_id])
    elif event.dismissed_by not in (None, event.account_id):
        await _tell(db, event, [event.account_id], "tool-manager-dismissed")


async def on_role_requested(db: Connection, event: organisation.RoleRequested, keyring: Keyring) -> None:
    editors = await concerned.editors_of(db, event.organisation_id, event.registration_id)
    params = {"account_id": event.account_id}
    await _tell(db, event, [one for one in editors if one != event.account_id], "role-requested", params)


async def on_role_request_ended(db: Connection, event: organisation.RoleRequestEnded, keyring: Keyring) -> None:
    """What was granted is told by AccessGranted."""
    if event.outcome == "refused":
        await _tell(db, event, [event.account_id], "role-refused")


async def on_terms_announced(db: Connection, event: organisation.TermsAnnounced, keyring: Keyring) -> None:
    """Managers accept them for all."""
    kind = "terms-reminder" if event.is_reminder else "terms-announced"
    params = {
        "organisation_id": event.organisation_id,
        "tool_id": event.tool_id,
        "ends_on": event.required_from.isoformat(),
    }
    await tell(db, await store.managers_of(db, event.organisation_id), kind, cause_of(event), params)


async def _tell_ended(db: Connection, event: organisation.RegistrationEvent, account_ids: Collection[UUID]) -> None:
    """Once each, whatever they lose with it. Managers hear of it by RegistrationEnded, which says who ended it."""
    managers = await store.managers_of(db, event.organisation_id)
    others = [one for one in account_ids if one not in managers]
    await _tell(db, event, others, ENDED, cause=f"{ENDED}:{event.registration_id}")


async def _tell(
    db: Connection,
    event: organisation.RegistrationEvent,
    account_ids: Collection[UUID],
    kind: str,
    more: Mapping[str, object] | None = None,
    *,
    cause: str | None = None,
) -> None:
    """cause: where several events are one cause."""
    params = {
        "organisation_id": event.organisation_id,
        "tool_id": event.tool_id,
        "registration_id": event.registration_id,
        **(more or {}),
    }
    await tell(db, account_ids, kind, cause or cause_of(event), params)


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
    organisation.TermsAnnounced: on_terms_announced,
    organisation.ToolManagerAppointed: on_tool_manager_appointed,
    organisation.ToolManagerDismissed: on_tool_manager_dismissed,
    organisation.RoleRequested: on_role_requested,
    organisation.RoleRequestEnded: on_role_request_ended,
}
