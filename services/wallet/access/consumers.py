"""What organisation announces: it opens wallets, and decides who sees them and who may charge them. And who is erased."""

from datetime import UTC, datetime

from services.wallet.access import store
from services.wallet.access.handlers import lose_sight
from services.wallet.adjustments.store import expire_of
from services.wallet.erasure.handlers import on_account_erased, on_erasure_started
from services.wallet.ledger.handlers import open_wallet
from shared.consume import Consumer
from shared.db import Connection
from shared.events.identity import AccountErased, AccountsMerged, ErasureStarted
from shared.events.organisation import (
    EmployeeActivated,
    EmployeeAdded,
    EmployeeBlocked,
    EmployeeConfirmed,
    EmployeeRemoved,
    ManagerAppointed,
    ManagerDismissed,
    OrganisationClosed,
    OrganisationCreated,
    OrganisationReopened,
    RegistrationEnded,
    RegistrationResumed,
    RegistrationSuspended,
    ToolRegistered,
)
from shared.sealed import Keyring


async def on_employee_joined(db: Connection, event: EmployeeConfirmed | EmployeeAdded, keyring: Keyring) -> None:
    await store.upsert_member(db, event.organisation_id, event.account_id, manager=event.manager)


async def on_manager_appointed(db: Connection, event: ManagerAppointed, keyring: Keyring) -> None:
    await store.set_manager(db, event.organisation_id, event.account_id, manager=True)
    await lose_sight(db, event.organisation_id, event.account_id)


async def on_manager_dismissed(db: Connection, event: ManagerDismissed, keyring: Keyring) -> None:
    await store.set_manager(db, event.organisation_id, event.account_id, manager=False)


async def on_employee_blocked(db: Connection, event: EmployeeBlocked, keyring: Keyring) -> None:
    """Whoever is activated again sees what they are allowed anew."""
    await store.set_active(db, event.organisation_id, event.account_id, active=False)
    await lose_sight(db, event.organisation_id, event.account_id)


async def on_employee_activated(db: Connection, event: EmployeeActivated, keyring: Keyring) -> None:
    await store.set_active(db, event.organisation_id, event.account_id, active=True)


async def on_employee_removed(db: Connection, event: EmployeeRemoved, keyring: Keyring) -> None:
    await lose_sight(db, event.organisation_id, event.account_id)
    await store.delete_member(db, event.organisation_id, event.account_id)


async def on_organisation_closed(db: Connection, event: OrganisationClosed, keyring: Keyring) -> None:
    await store.close_organisation(db, event.organisation_id, now=datetime.now(UTC))


async def on_organisation_reopened(db: Connection, event: OrganisationReopened, keyring: Keyring) -> None:
    await store.reopen_organisation(db, event.organisation_id)


async def on_registration_opened(db: Connection, event: ToolRegistered | RegistrationResumed, keyring: Keyring) -> None:
    await store.upsert_registration(db, event.registration_id, event.organisation_id, event.tool_id, active=True)


async def on_registration_closed(
    db: Connection, event: RegistrationSuspended | RegistrationEnded, keyring: Keyring
) -> None:
    await store.upsert_registration(db, event.registration_id, event.organisation_id, event.tool_id, active=False)


async def on_accounts_merged(db: Connection, event: AccountsMerged, keyring: Keyring) -> None:
    """Two accounts of one person are no two pairs of eyes: what the one asked for, the other does not decide."""
    await expire_of(db, event.merged_account_id, now=datetime.now(UTC))


def organisations(*, low_threshold_cents: int) -> Consumer:
    """low_threshold_cents: of the wallets that it opens."""

    async def on_organisation_created(db: Connection, event: OrganisationCreated, keyring: Keyring) -> None:
        await open_wallet(db, event.organisation_id, low_threshold_cents=low_threshold_cents, now=datetime.now(UTC))

    return Consumer(
        "wallet",
        topics=["organisation.events", "identity.events"],
        handlers={
            OrganisationCreated: on_organisation_created,
            OrganisationClosed: on_organisation_closed,
            OrganisationReopened: on_organisation_reopened,
            EmployeeConfirmed: on_employee_joined,
            EmployeeAdded: on_employee_joined,
            ManagerAppointed: on_manager_appointed,
            ManagerDismissed: on_manager_dismissed,
            EmployeeBlocked: on_employee_blocked,
            EmployeeActivated: on_employee_activated,
            EmployeeRemoved: on_employee_removed,
            ToolRegistered: on_registration_opened,
            RegistrationResumed: on_registration_opened,
            RegistrationSuspended: on_registration_closed,
            RegistrationEnded: on_registration_closed,
            AccountsMerged: on_accounts_merged,
            ErasureStarted: on_erasure_started,
            AccountErased: on_account_erased,
        },
    )
