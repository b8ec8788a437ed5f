"""What other services announce, as far as somebody must be told, or a mail will need it."""

from collections.abc import Collection
from uuid import UUID

from services.notify import identity_consumers
from services.notify.erasure import consumers as erasure
from services.notify.mails.handlers import cause_of, send_code, tell
from services.notify.recipients import store
from shared.consume import Consumer
from shared.db import Connection
from shared.events import catalogue, organisation, recognition, wallet
from shared.events.notify import SendCode
from shared.sealed import Keyring


async def on_send_code(db: Connection, command: SendCode, keyring: Keyring) -> None:
    await send_code(db, command)


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


async def on_recognitions_fetched(db: Connection, event: recognition.RecognitionsFetched, keyring: Keyring) -> None:
    """Good news is told once; later changes have mails of their own."""
    kinds = sorted({held.kind for held in event.recognitions})
    if kinds and await store.first_hears_of_recognitions(db, event.account_id):
        await tell(db, [event.account_id], "recognitions-found", cause_of(event), {"recognitions": kinds})


async def on_recognition_lapsed(db: Connection, event: recognition.RecognitionLapsed, keyring: Keyring) -> None:
    await tell(db, [event.account_id], "recognition-lapsed", cause_of(event), {"recognitions": [event.kind]})


async def on_wallet_topped_up(db: Connection, event: wallet.WalletToppedUp, keyring: Keyring) -> None:
    params = {"amount_cents": event.amount_cents, "balance_cents": event.balance_cents}
    await _about_wallet(db, event, "wallet-topped-up", params, only=event.requested_by)


async def on_top_up_failed(db: Connection, event: wallet.TopUpFailed, keyring: Keyring) -> None:
    await _about_wallet(db, event, "top-up-failed", {"amount_cents": event.amount_cents}, only=event.requested_by)


async def on_balance_low(db: Connection, event: wallet.BalanceLow, keyring: Keyring) -> None:
    params = {"balance_cents": event.balance_cents, "threshold_cents": event.threshold_cents}
    await _about_wallet(db, event, "balance-low", params)


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


async def _about_wallet(
    db: Connection, event: wallet.WalletEvent, kind: str, params: dict[str, int], *, only: UUID | None = None
) -> None:
    """To `only`, or to all managers of the organisation."""
    account_ids = [only] if only else await store.managers_of(db, event.wallet_id)
    await tell(db, account_ids, kind, cause_of(event), {"organisation_id": event.wallet_id, **params})


NOTIFY = Consumer(
    "notify",
    topics=[
        "notify.commands",
        "identity.events",
        "organisation.events",
        "organisation.tools",
        "recognition.events",
        "wallet.events",
    ],
    handlers={
        SendCode: on_send_code,
        **identity_consumers.HANDLERS,
        **erasure.HANDLERS,
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
        recognition.RecognitionsFetched: on_recognitions_fetched,
        recognition.RecognitionLapsed: on_recognition_lapsed,
        wallet.WalletToppedUp: on_wallet_topped_up,
        wallet.TopUpFailed: on_top_up_failed,
        wallet.BalanceLow: on_balance_low,
    },
)
