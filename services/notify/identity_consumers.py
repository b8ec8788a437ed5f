"""What identity announces about people, as far as they must be told, or a mail will need it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from services.notify.bounces.handlers import trust_again
from services.notify.erasure.handlers import erase
from services.notify.mails.account import REPLACED_ADDRESS
from services.notify.mails.handlers import cause_of, tell, tell_address
from services.notify.recipients import store
from shared.consume import Handler
from shared.db import Connection
from shared.events import identity
from shared.events.base import Event
from shared.sealed import Keyring


async def on_account_created(db: Connection, event: identity.AccountCreated, keyring: Keyring) -> None:
    await store.upsert_recipient(
        db,
        event.account_id,
        version=event.version,
        first_name=keyring.open(event.first_name, "first_name"),
        last_name=keyring.open(event.last_name, "last_name"),
        email=keyring.open(event.email, "email"),
        language=event.language,
    )


async def on_account_activated(db: Connection, event: identity.AccountActivated, keyring: Keyring) -> None:
    await tell(db, [event.account_id], "welcome", cause_of(event), {})


async def on_profile_changed(db: Connection, event: identity.ProfileChanged, keyring: Keyring) -> None:
    await store.upsert_recipient(
        db,
        event.account_id,
        version=event.version,
        first_name=keyring.open(event.first_name, "first_name"),
        last_name=keyring.open(event.last_name, "last_name"),
        language=event.language,
    )


async def on_eid_linked(
    db: Connection, event: identity.EidLinked | identity.ForeignEidLinked, keyring: Keyring
) -> None:
    """A renewed card is told too: perhaps somebody else showed it."""
    await store.upsert_recipient(
        db,
        event.account_id,
        version=event.version,
        first_name=keyring.open(event.first_name, "first_name"),
        last_name=keyring.open(event.last_name, "last_name"),
    )
    kind = "eid-linked" if isinstance(event, identity.EidLinked) else "foreign-eid-linked"
    await tell(db, [event.account_id], kind, cause_of(event), {})


async def on_eid_unlinked(db: Connection, event: identity.EidUnlinked, keyring: Keyring) -> None:
    await tell(db, [event.account_id], "eid-unlinked", cause_of(event), {})


async def on_email_address_changed(db: Connection, event: identity.EmailAddressChanged, keyring: Keyring) -> None:
    """Both addresses are told: whoever reads only the old one may know nothing of it."""
    email = keyring.open(event.email, "email")
    await store.upsert_recipient(db, event.account_id, version=event.version, email=email)
    await trust_again(db, event.account_id, now=datetime.now(UTC))
    if event.previous_email is not None:
        await tell(db, [event.account_id], "email-changed", cause_of(event), {})
        await tell_address(db, event.account_id, event.previous_email, REPLACED_ADDRESS, cause_of(event))


async def on_password_changed(db: Connection, event: identity.PasswordChanged, keyring: Keyring) -> None:
    await tell(db, [event.account_id], "password-changed", cause_of(event), {})


async def on_legacy_account_attached(db: Connection, event: identity.LegacyAccountAttached, keyring: Keyring) -> None:
    """Perhaps somebody else knew the old password."""
    await tell(db, [event.account_id], "old-account-attached", cause_of(event), {"tool_id": event.legacy_tool_id})


async def on_accounts_merged(db: Connection, event: identity.AccountsMerged, keyring: Keyring) -> None:
    """What was told to the account that is gone is gone with its address."""
    await erase(db, event.merged_account_id)
    await tell(db, [event.account_id], "accounts-merged", cause_of(event), {})


async def on_new_device(db: Connection, event: identity.NewDeviceSignedIn, keyring: Keyring) -> None:
    params = {"browser": event.browser, "system": event.system, "signed_in_at": event.signed_in_at.isoformat()}
    kind = "new-device" if event.browser and event.system else "new-device-unknown"
    await tell(db, [event.account_id], kind, cause_of(event), params)


async def on_second_factor(
    db: Connection, event: identity.SecondFactorAdded | identity.SecondFactorRemoved, keyring: Keyring
) -> None:
    what = "added" if isinstance(event, identity.SecondFactorAdded) else "removed"
    await tell(db, [event.account_id], f"{event.kind}-{what}", cause_of(event), {})


async def on_recovery_codes_made(db: Connection, event: identity.RecoveryCodesMade, keyring: Keyring) -> None:
    await tell(db, [event.account_id], "recovery-codes-made", cause_of(event), {})


async def on_recovery_code_used(db: Connection, event: identity.RecoveryCodeUsed, keyring: Keyring) -> None:
    await tell(db, [event.account_id], "recovery-code-used", cause_of(event), {"codes_left": event.codes_left})


HANDLERS: Mapping[type[Event], Handler] = {
    identity.AccountCreated: on_account_created,
    identity.AccountActivated: on_account_activated,
    identity.ProfileChanged: on_profile_changed,
    identity.EidLinked: on_eid_linked,
    identity.ForeignEidLinked: on_eid_linked,
    identity.EidUnlinked: on_eid_unlinked,
    identity.EmailAddressChanged: on_email_address_changed,
    identity.PasswordChanged: on_password_changed,
    identity.NewDeviceSignedIn: on_new_device,
    identity.SecondFactorAdded: on_second_factor,
    identity.SecondFactorRemoved: on_second_factor,
    identity.RecoveryCodesMade: on_recovery_codes_made,
    identity.RecoveryCodeUsed: on_recovery_code_used,
    identity.LegacyAccountAttached: on_legacy_account_attached,
    identity.AccountsMerged: on_accounts_merged,
}
