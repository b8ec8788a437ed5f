"""What the identity service publishes. Names, addresses and numbers of people are sealed with the data key of the account."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Event, Part
from shared.sealed import Sealed

Language = Literal["fr", "nl", "en", "de"]


class IdentityEvent(Event):
    producer: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    key_field: ClassVar[str] = "account_id"

    account_id: UUID


class AccountCreated(IdentityEvent):
    """Someone signed up; the account waits for its activation code."""

    username: Sealed
    first_name: Sealed
    last_name: Sealed
    email: Sealed
    language: Language
    created_at: datetime


class AccountActivated(IdentityEvent):
    """The activation code was entered: the address belongs to the person."""

    activated_at: datetime


class ProfileChanged(IdentityEvent):
    """The whole of what other services may keep of the profile, after the change."""

    first_name: Sealed
    last_name: Sealed
    language: Language


class EmailAddressChanged(IdentityEvent):
    """previous_email: where the person is told too; None when it was never confirmed, and nobody is told."""

    email: Sealed
    previous_email: Sealed | None = None


class PasswordChanged(IdentityEvent):
    """reason: "changed" by who knew the old one, "reset" by a mailed code, "upgraded" with an account of an older tool."""

    changed_at: datetime
    reason: str = "changed"


class NewDeviceSignedIn(IdentityEvent):
    """Somebody signed in where the account never was before. browser, system: families, such as Firefox and Windows; empty: not known."""

    session_id: UUID
    browser: str
    system: str
    signed_in_at: datetime


class SecondFactorAdded(IdentityEvent):
    """kind: "passkey" or "totp" (an authenticator app)."""

    kind: str
    added_at: datetime


class SecondFactorRemoved(IdentityEvent):
    """remaining: how many the account still has."""

    kind: str
    remaining: int
    removed_at: datetime


class RecoveryCodesMade(IdentityEvent):
    """Those that there were before are good for nothing now."""

    made_at: datetime


class RecoveryCodeUsed(IdentityEvent):
    codes_left: int
    used_at: datetime


class EidLinked(IdentityEvent):
    """An identity card was linked; names are now those of the card. The number is sealed and is for registries only."""

    first_name: Sealed
    last_name: Sealed
    birth_date: Sealed | None = None
    national_number: Sealed
    linked_at: datetime


class ForeignEidLinked(IdentityEvent):
    """A card of another country was linked: names are now those of the card. What it calls its holder says nothing to registries here."""

    first_name: Sealed
    last_name: Sealed
    linked_at: datetime


class EidPresented(IdentityEvent):
    """The linked card came by again. The number is for those who keep it, sealed, for registries: their copy may live on from now."""

    national_number: Sealed
    presented_at: datetime


class EidUnlinked(IdentityEvent):
    unlinked_at: datetime


class LegacyMembership(Part):
    """What an older tool knew: someone works for this enterprise. employee_type: as the organisation service names them."""

    enterprise_number: str
    employee_type: str = "employee"
    manager: bool = False


class LegacyAccountAttached(IdentityEvent):
    """An account of an older tool now belongs to this one.

    trusted: whoever runs the platform vouches for the memberships, so no manager has to confirm them. email: of this account.
    """

    legacy_tool_id: str
    attached_at: datetime
    email: Sealed | None = None
    memberships: tuple[LegacyMembership, ...] = ()
    trusted: bool = False


class AccountsMerged(IdentityEvent):
    """`merged_account_id` no longer exists; what it had is this account's."""

    merged_account_id: UUID


class SignedIn(IdentityEvent):
    client_id: str
    acr: str
    amr: tuple[str, ...]
    signed_in_at: datetime


class ErasureScheduled(IdentityEvent):
    """The person confirmed that they want to be erased; they may think better of it until `starts_at`."""

    scheduled_at: datetime
    starts_at: datetime


class ErasureCancelled(IdentityEvent):
    """The person stays."""

    cancelled_at: datetime


class ErasureHeld(IdentityEvent):
    """Nothing is erased yet: an organisation would be left without a manager. Tried again by itself."""

    held_at: datetime


class ErasureStarted(IdentityEvent):
    """The account is closed for good. Every service purges its own copies and reports AccountPurged; may be said again to who is late."""

    started_at: datetime


class DataKeyDestroyed(IdentityEvent):
    """Nothing that was sealed for the person opens any more. The notify service tells them, and forgets where they were told."""

    destroyed_at: datetime


class AccountErased(IdentityEvent):
    """The data key is destroyed. Every service purges or anonymises its own copies.

    It is the last event of the account. `anonymised`: what concerns others still names the account's id, and nothing else of the person.
    """

    erased_at: datetime
    anonymised: bool = False


class AccountPurged(Event):
    """What a service answers to ErasureStarted (`purged`); the notify service once more when the last mail is gone (`told`).

    `keeps`: records that concern others still name the account's id there.
    """

    producer: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.reports"
    key_field: ClassVar[str] = "account_id"

    account_id: UUID
    service: str
    step: Literal["purged", "told"] = "purged"
    keeps: bool = False


EVENTS: tuple[type[Event], ...] = (
    AccountCreated,
    AccountActivated,
    ProfileChanged,
    EmailAddressChanged,
    PasswordChanged,
    NewDeviceSignedIn,
    SecondFactorAdded,
    SecondFactorRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    EidLinked,
    ForeignEidLinked,
    EidPresented,
    EidUnlinked,
    LegacyAccountAttached,
    AccountsMerged,
    SignedIn,
    ErasureScheduled,
    ErasureCancelled,
    ErasureHeld,
    ErasureStarted,
    DataKeyDestroyed,
    AccountErased,
    AccountPurged,
)
