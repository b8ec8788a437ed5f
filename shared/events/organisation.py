"""What the organisation service publishes of organisations: their employees, registrations and access."""

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Part

REASONS = (
    "recognition-missing",
    "mandate-lapsed",
    "employee-blocked",
    "employee-removed",
    "role-withdrawn",
    "registration-ended",
    "account-erased",
    "organisation-closed",
    "organisation-not-listed",
    "terms-outdated",
)
# A string in the contract: a producer may learn new reasons, and who follows must not stumble over them.
Reason = Annotated[str, Field(examples=list(REASONS))]


class OrganisationEvent(Event):
    producer: ClassVar[str] = "organisation"
    topic: ClassVar[str] = "organisation.events"
    key_field: ClassVar[str] = "organisation_id"

    organisation_id: UUID


class OrganisationAddress(Part):
    """`country`: two letters. `number` and `box` are empty where the street says it all."""

    street: str
    number: str = ""
    box: str = ""
    postal_code: str = ""
    city: str
    country: str = "BE"


class OrganisationCreated(OrganisationEvent):
    """`enterprise_number` is ten digits. `address`: the registered seat."""

    enterprise_number: str
    name: str
    created_by: UUID
    address: OrganisationAddress | None = None


class OrganisationChanged(OrganisationEvent):
    """logo: which picture it shows at present; None for none. billing_address: where it wants invoices, unless at its seat.

    languages: in which one can speak to them, the preferred one first. `address` is None in events from before it was said.
    """

    name: str
    enterprise_number: str | None = None
    logo: UUID | None = None
    changed_by: UUID
    address: OrganisationAddress | None = None
    billing_address: OrganisationAddress | None = None
    languages: tuple[str, ...] = ()


class OrganisationClosed(OrganisationEvent):
    """Its only member is gone: nobody can join or use it any more. Its wallet stays its own."""

    closed_at: datetime


class OrganisationReopened(OrganisationEvent):
    """An operator gave it a manager again, who is named by the EmployeeAdded that follows."""

    reopened_at: datetime


class EmployeeEvent(OrganisationEvent):
    """Something happened to one person's membership of the organisation."""

    account_id: UUID


class EmployeeRequested(EmployeeEvent):
    """A person asks to join; every manager is told."""

    employee_type: str


class EmployeeConfirmed(EmployeeEvent):
    employee_type: str
    manager: bool
    confirmed_by: UUID


class EmployeeAdded(EmployeeEvent):
    """Added without having asked: by a manager, or as the creator of the organisation (`added_by` is then the same account)."""

    employee_type: str
    manager: bool
    added_by: UUID


class EmployeeChanged(EmployeeEvent):
    employee_type: str
    changed_by: UUID


class ManagerAppointed(EmployeeEvent):
    appointed_by: UUID


class ManagerDismissed(EmployeeEvent):
    """`stays`: False where EmployeeBlocked or EmployeeRemoved follows. `dismissed_by` is the same account for someone who stepped down."""

    dismissed_by: UUID
    stays: bool = True


class EmployeeBlocked(EmployeeEvent):
    """The organisation and all its tools are lost at once; the record stays."""

    blocked_by: UUID


class EmployeeActivated(EmployeeEvent):
    """Blocked no more; access that was held before counts again."""

    activated_by: UUID


class EmployeeRemoved(EmployeeEvent):
    """`removed_by` is the same account for someone who left, None where an account was erased."""

    removed_by: UUID | None = None
    reason: Reason = "employee-removed"


class EmployeeInvited(OrganisationEvent):
    """By mail, because there is no account of that address; until `expires_at`."""

    invitation_id: UUID
    employee_type: str
    manager: bool = False
    invited_by: UUID
    expires_at: datetime


class InvitationEnded(OrganisationEvent):
    """`account_id`: who accepted it; EmployeeAdded follows. "obsolete": they belonged to the organisation already."""

    invitation_id: UUID
    outcome: str = Field(examples=["accepted", "declined", "withdrawn", "expired", "obsolete"])
    account_id: UUID | None = None
    invited_by: UUID | None = None


class RegistrationEvent(OrganisationEvent):
    """Something happened to a tool's registration by the organisation in one usage mode."""

    registration_id: UUID
    tool_id: str
    usage_mode: str


class ToolRegistered(RegistrationEvent):
    """`mandated_*` say under whose recognition the registration stands; None where the usage mode needs none."""

    registered_by: UUID
    mandated_account_id: UUID | None = None
    mandated_recognition: str | None = None
    terms_version: str


class MandateChanged(RegistrationEvent):
    mandated_account_id: UUID
    mandated_recognition: str
    changed_by: UUID


class RegistrationSuspended(RegistrationEvent):
    """Nobody can start the tool under this registration until it resumes."""

    reason: Reason


class RegistrationResumed(RegistrationEvent):
    pass


class TermsAccepted(RegistrationEvent):
    """A manager accepted newer terms of the tool for the organisation."""

    terms_version: str
    accepted_by: UUID


class TermsAnnounced(OrganisationEvent):
    """The tool has newer terms than the organisation has accepted; from `required_from` on nobody works under the older ones.

    Said once when they are published, and once more (`is_reminder`) some days before.
    """

    tool_id: str
    terms_version: str
    required_from: date
    is_reminder: bool = False


class RegistrationEnded(RegistrationEvent):
    """For good: nobody can start the tool under it. AccessWithdrawn comes before it for each role. None: nobody's own decision."""

    reason: Reason = "registration-ended"
    ended_by: UUID | None = None


class ToolManagerAppointed(RegistrationEvent):
    """They may change the access of others in this registration, as managers of the organisation may in all."""

    account_id: UUID
    appointed_by: UUID


class ToolManagerDismissed(RegistrationEvent):
    """`reason`: None where somebody decided it."""

    account_id: UUID
    dismissed_by: UUID | None = None
    reason: Reason | None = None


class AccessEvent(RegistrationEvent):
    """Something happened to one employee's role in a registration."""

    account_id: UUID
    role: str


class AccessGranted(AccessEvent):
    """`usable` is False where the person's recognitions do not suffice yet; AccessResumed follows when they do.

    `was`: the role that this one takes the place of, whose AccessWithdrawn came just before.
    """

    granted_by: UUID
    usable: bool = True
    was: str | None = None


class AccessWithdrawn(AccessEvent):
    """`becomes`: the role that takes the place of this one, whose AccessGranted follows at once."""

    reason: Reason
    becomes: str | None = None


class AccessSuspended(AccessEvent):
    """The role stays, but cannot be used. Any one of the lists in `missing` would do; what is in it is needed together.

    Each is a recognition kind, or `manager` (the person is one in the organisation), or `list:<name>` (the organisation is on it).
    """

    reason: Reason
    missing: tuple[tuple[str, ...], ...] = ()


class AccessResumed(AccessEvent):
    pass


class RoleRequested(AccessEvent):
    """An employee asks for a role; managers and tool managers are told. Nothing is granted yet."""


class RoleRequestEnded(AccessEvent):
    """`answered_by`: None where the platform ended it. AccessGranted comes with "granted"."""

    outcome: str = Field(examples=["granted", "refused", "withdrawn", "obsolete"])
    answered_by: UUID | None = None


EVENTS: tuple[type[Event], ...] = (
    OrganisationCreated,
    OrganisationChanged,
    OrganisationClosed,
    OrganisationReopened,
    EmployeeRequested,
    EmployeeConfirmed,
    EmployeeAdded,
    EmployeeChanged,
    ManagerAppointed,
    ManagerDismissed,
    EmployeeBlocked,
    EmployeeActivated,
    EmployeeRemoved,
    EmployeeInvited,
    InvitationEnded,
    ToolRegistered,
    MandateChanged,
    RegistrationSuspended,
    RegistrationResumed,
    TermsAccepted,
    TermsAnnounced,
    RegistrationEnded,
    ToolManagerAppointed,
    ToolManagerDismissed,
    AccessGranted,
    AccessWithdrawn,
    AccessSuspended,
    AccessResumed,
    RoleRequested,
    RoleRequestEnded,
)
