"""Projections: each event changes the rows that it speaks of, and nothing is decided here."""

from collections.abc import Sequence
from datetime import date

from services.gateway.model import access_store, addresses, store
from services.gateway.privacy.consumers import on_account_erased, on_erasure_started
from services.gateway.privacy.store import forget
from shared.consume import Consumer
from shared.consume_decode import Beat
from shared.db import Connection
from shared.events import catalogue, identity, notify, organisation, recognition, wallet
from shared.sealed import Keyring


async def on_account(
    db: Connection, event: identity.AccountCreated | identity.ProfileChanged, keyring: Keyring
) -> None:
    first_name = keyring.open(event.first_name, "first_name")
    last_name = keyring.open(event.last_name, "last_name")
    if first_name is not None and last_name is not None:
        await store.save_account(db, event.account_id, first_name, last_name, event.language)


async def on_account_activated(db: Connection, event: identity.AccountActivated, _: Keyring) -> None:
    await store.activate_account(db, event.account_id)


async def on_eid_linked(
    db: Connection, event: identity.EidLinked | identity.ForeignEidLinked, keyring: Keyring
) -> None:
    first_name = keyring.open(event.first_name, "first_name")
    last_name = keyring.open(event.last_name, "last_name")
    if first_name is not None and last_name is not None:
        await store.save_eid(db, event.account_id, first_name, last_name)


async def on_eid_unlinked(db: Connection, event: identity.EidUnlinked, _: Keyring) -> None:
    await store.remove_eid(db, event.account_id)


async def on_accounts_merged(db: Connection, event: identity.AccountsMerged, _: Keyring) -> None:
    """Memberships and roles follow from the organisation service."""
    await store.hand_over_account(db, event.merged_account_id, event.account_id)
    await forget(db, event.merged_account_id)


async def on_organisation_created(db: Connection, event: organisation.OrganisationCreated, _: Keyring) -> None:
    await store.save_organisation(db, event.organisation_id, event.enterprise_number, event.name)


async def on_organisation_changed(db: Connection, event: organisation.OrganisationChanged, _: Keyring) -> None:
    await store.change_organisation(db, event.organisation_id, event.name, event.logo)


async def on_organisation_closed(db: Connection, event: organisation.OrganisationClosed, _: Keyring) -> None:
    await store.set_closed(db, event.organisation_id, True)


async def on_organisation_reopened(db: Connection, event: organisation.OrganisationReopened, _: Keyring) -> None:
    await store.set_closed(db, event.organisation_id, False)


async def on_employee_requested(db: Connection, event: organisation.EmployeeRequested, _: Keyring) -> None:
    await store.save_employee(db, event.organisation_id, event.account_id, state="requested", is_manager=False)


async def on_employee_joined(
    db: Connection, event: organisation.EmployeeConfirmed | organisation.EmployeeAdded, _: Keyring
) -> None:
    await store.save_employee(db, event.organisation_id, event.account_id, state="active", is_manager=event.manager)


async def on_manager_appointed(db: Connection, event: organisation.ManagerAppointed, _: Keyring) -> None:
    await store.set_manager(db, event.organisation_id, event.account_id, True)


async def on_manager_dismissed(db: Connection, event: organisation.ManagerDismissed, _: Keyring) -> None:
    await store.set_manager(db, event.organisation_id, event.account_id, False)


async def on_employee_blocked(db: Connection, event: organisation.EmployeeBlocked, _: Keyring) -> None:
    await store.set_employee_state(db, event.organisation_id, event.account_id, "blocked")


async def on_employee_activated(db: Connection, event: organisation.EmployeeActivated, _: Keyring) -> None:
    await store.set_employee_state(db, event.organisation_id, event.account_id, "active")


async def on_employee_removed(db: Connection, event: organisation.EmployeeRemoved, _: Keyring) -> None:
    await store.remove_employee(db, event.organisation_id, event.account_id)


async def on_tool_registered(db: Connection, event: organisation.ToolRegistered, _: Keyring) -> None:
    await access_store.save_registration(
        db, event.registration_id, event.organisation_id, event.tool_id, event.usage_mode, event.terms_version
    )


async def on_terms_accepted(db: Connection, event: organisation.TermsAccepted, _: Keyring) -> None:
    await access_store.set_terms(db, event.registration_id, event.terms_version)


async def on_registration_suspended(db: Connection, event: organisation.RegistrationSuspended, _: Keyring) -> None:
    await access_store.set_suspended(db, event.registration_id, event.reason)


async def on_registration_resumed(db: Connection, event: organisation.RegistrationResumed, _: Keyring) -> None:
    await access_store.set_suspended(db, event.registration_id, None)


async def on_registration_ended(db: Connection, event: organisation.RegistrationEnded, _: Keyring) -> None:
    await access_store.remove_registration(db, event.registration_id)


async def on_tool_manager_appointed(db: Connection, event: organisation.ToolManagerAppointed, _: Keyring) -> None:
    await access_store.add_tool_manager(db, event.registration_id, event.account_id)


async def on_tool_manager_dismissed(db: Connection, event: organisation.ToolManagerDismissed, _: Keyring) -> None:
    await access_store.remove_tool_manager(db, event.registration_id, event.account_id)


async def on_role_requested(db: Connection, event: organisation.RoleRequested, _: Keyring) -> None:
    await access_store.save_role_request(db, event.registration_id, event.account_id, event.role)


async def on_role_request_ended(db: Connection, event: organisation.RoleRequestEnded, _: Keyring) -> None:
    await access_store.remove_role_request(db, event.registration_id, event.account_id)


async def on_access_granted(db: Connection, event: organisation.AccessGranted, _: Keyring) -> None:
    await access_store.save_access(db, event.registration_id, event.account_id, event.role, is_usable=event.usable)


async def on_access_withdrawn(db: Connection, event: organisation.AccessWithdrawn, _: Keyring) -> None:
    await access_store.remove_access(db, event.registration_id, event.account_id)


async def on_access_suspended(db: Connection, event: organisation.AccessSuspended, _: Keyring) -> None:
    await access_store.set_usable(db, event.registration_id, event.account_id, False, event.missing)


async def on_access_resumed(db: Connection, event: organisation.AccessResumed, _: Keyring) -> None:
    await access_store.set_usable(db, event.registration_id, event.account_id, True)


async def on_tool(db: Connection, event: catalogue.ToolPublished | catalogue.ToolChanged, _: Keyring) -> None:
    entry = event.model_dump(mode="json", exclude={"version", "tool_id"})
    await store.save_tool(db, event.tool_id, event.version, entry)


async def on_recognitions_fetched(db: Connection, event: recognition.RecognitionsFetched, _: Keyring) -> None:
    await store.remove_recognitions(db, event.account_id, except_kinds=[held.kind for held in event.recognitions])
    for held in sorted(event.recognitions, key=lambda one: one.last_day or date.max):
        await store.save_recognition(db, event.account_id, held.kind, held.last_day)


async def on_recognition_granted(db: Connection, event: recognition.RecognitionGranted, _: Keyring) -> None:
    """Another source may vouch for it for longer."""
    await store.extend_recognition(db, event.account_id, event.kind, event.last_day)


async def on_recognition_lapsed(db: Connection, event: recognition.RecognitionLapsed, _: Keyring) -> None:
    if not event.held_elsewhere:
        await store.remove_recognition(db, event.account_id, event.kind)


async def on_wallet_opened(db: Connection, event: wallet.WalletOpened, _: Keyring) -> None:
    await store.save_balance(db, event.wallet_id, 0)


async def on_money_moved(
    db: Connection,
    event: wallet.WalletToppedUp
    | wallet.TopUpRefunded
    | wallet.TopUpRefundFailed
    | wallet.WalletChargedBack
    | wallet.ChargebackReversed
    | wallet.WalletTransferred,
    _: Keyring,
) -> None:
    await store.save_balance(db, event.wallet_id, event.balance_cents)


async def on_unit_moved(
    db: Connection, event: wallet.WalletCharged | wallet.WalletRefunded | wallet.WalletAdjusted, _: Keyring
) -> None:
    """Credits of a tool are not money: the balance that is shown is the one in euros."""
    if event.unit == "EUR":
        await store.save_balance(db, event.wallet_id, event.balance_cents)


async def on_bought(db: Connection, event: wallet.PlanBought | wallet.CreditsBought, _: Keyring) -> None:
    if event.balance_cents is not None:
        await store.save_balance(db, event.wallet_id, event.balance_cents)


async def on_low_threshold(
    db: Connection, event: wallet.BalanceLow | wallet.WalletThresholdChanged, _: Keyring
) -> None:
    """Of a wallet that nobody ever used nothing is said, so its threshold is not known here."""
    await store.save_low_threshold(db, event.wallet_id, event.threshold_cents)


async def on_viewer_allowed(db: Connection, event: wallet.WalletViewerAllowed, _: Keyring) -> None:
    await store.save_viewer(db, event.wallet_id, event.account_id)


async def on_viewer_dismissed(db: Connection, event: wallet.WalletViewerDismissed, _: Keyring) -> None:
    await store.remove_viewer(db, event.wallet_id, event.account_id)


async def on_heartbeat(db: Connection, beats: Sequence[Beat]) -> None:
    for beat in beats:
        await store.save_age(db, beat.topic, beat.partition, beat.as_of)


READ_MODEL = Consumer(
    name="gateway",
    topics=[
        "identity.events",
        "organisation.events",
        "organisation.tools",
        "recognition.events",
        "wallet.events",
        "notify.events",
    ],
    handlers={
        identity.AccountCreated: on_account,
        identity.ProfileChanged: on_account,
        identity.AccountActivated: on_account_activated,
        identity.EidLinked: on_eid_linked,
        identity.ForeignEidLinked: on_eid_linked,
        identity.EidUnlinked: on_eid_unlinked,
        identity.AccountsMerged: on_accounts_merged,
        identity.ErasureStarted: on_erasure_started,
        identity.AccountErased: on_account_erased,
        organisation.OrganisationCreated: on_organisation_created,
        organisation.OrganisationChanged: on_organisation_changed,
        organisation.OrganisationClosed: on_organisation_closed,
        organisation.OrganisationReopened: on_organisation_reopened,
        organisation.EmployeeRequested: on_employee_requested,
        organisation.EmployeeConfirmed: on_employee_joined,
        organisation.EmployeeAdded: on_employee_joined,
        organisation.ManagerAppointed: on_manager_appointed,
        organisation.ManagerDismissed: on_manager_dismissed,
        organisation.EmployeeBlocked: on_employee_blocked,
        organisation.EmployeeActivated: on_employee_activated,
        organisation.EmployeeRemoved: on_employee_removed,
        organisation.ToolRegistered: on_tool_registered,
        organisation.TermsAccepted: on_terms_accepted,
        organisation.RegistrationSuspended: on_registration_suspended,
        organisation.RegistrationResumed: on_registration_resumed,
        organisation.RegistrationEnded: on_registration_ended,
        organisation.ToolManagerAppointed: on_tool_manager_appointed,
        organisation.ToolManagerDismissed: on_tool_manager_dismissed,
        organisation.RoleRequested: on_role_requested,
        organisation.RoleRequestEnded: on_role_request_ended,
        organisation.AccessGranted: on_access_granted,
        organisation.AccessWithdrawn: on_access_withdrawn,
        organisation.AccessSuspended: on_access_suspended,
        organisation.AccessResumed: on_access_resumed,
        catalogue.ToolPublished: on_tool,
        catalogue.ToolChanged: on_tool,
        recognition.RecognitionsFetched: on_recognitions_fetched,
        recognition.RecognitionGranted: on_recognition_granted,
        recognition.RecognitionLapsed: on_recognition_lapsed,
        wallet.WalletOpened: on_wallet_opened,
        wallet.WalletToppedUp: on_money_moved,
        wallet.TopUpRefunded: on_money_moved,
        wallet.TopUpRefundFailed: on_money_moved,
        wallet.WalletChargedBack: on_money_moved,
        wallet.ChargebackReversed: on_money_moved,
        wallet.WalletTransferred: on_money_moved,
        wallet.WalletCharged: on_unit_moved,
        wallet.WalletRefunded: on_unit_moved,
        wallet.WalletAdjusted: on_unit_moved,
        wallet.PlanBought: on_bought,
        wallet.CreditsBought: on_bought,
        wallet.BalanceLow: on_low_threshold,
        wallet.WalletThresholdChanged: on_low_threshold,
        wallet.WalletViewerAllowed: on_viewer_allowed,
        wallet.WalletViewerDismissed: on_viewer_dismissed,
        notify.AddressBounced: addresses.on_address_bounced,
        notify.AddressRestored: addresses.on_address_restored,
    },
    on_heartbeat=on_heartbeat,
    only_writes=True,
    apart=(identity.AccountsMerged, identity.ErasureStarted, identity.AccountErased),
)
