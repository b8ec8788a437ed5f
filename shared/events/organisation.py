"""What the organisation service publishes of organisations and their employees; registrations and access have a module of their own."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Part
from shared.events.organisation_base import OrganisationEvent, Reason
from shared.events.registration import (
    AccessGranted,
    AccessResumed,
    AccessSuspended,
    AccessWithdrawn,
    MandateChanged,
    RegistrationEnded,
    RegistrationResumed,
    RegistrationSuspended,
    RoleRequested,
    RoleRequestEnded,
    TermsAccepted,
    TermsAnnounced,
    ToolManagerAppointed,
    ToolManagerDismissed,
    ToolRegistered,
)
from shared.events.registration import (
    RegistrationEvent as RegistrationEvent,
)


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
