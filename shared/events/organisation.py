"""What the organisation service publishes: organisations, their employees, tools, registrations and access."""

from datetime import datetime
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
)
# A string in the contract: a producer may learn new reasons, and who follows must not stumble over them.
Reason = Annotated[str, Field(examples=list(REASONS))]


class OrganisationEvent(Event):
    producer: ClassVar[str] = "organisation"
    topic: ClassVar[str] = "organisation.events"
    key_field: ClassVar[str] = "organisation_id"

    organisation_id: UUID


class OrganisationCreated(OrganisationEvent):
    """`enterprise_number` is ten digits."""

    enterprise_number: str
    name: str
    created_by: UUID


class OrganisationChanged(OrganisationEvent):
    name: str
    changed_by: UUID


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
    dismissed_by: UUID


class EmployeeBlocked(EmployeeEvent):
    """The organisation and all its tools are lost at once; the record stays."""

    blocked_by: UUID


class EmployeeActivated(EmployeeEvent):
    """Blocked no more; access that was held before counts again."""

    activated_by: UUID


class EmployeeRemoved(EmployeeEvent):
    """`removed_by` is the same account for someone who left, None where an account was erased."""

    removed_by: UUID | None = None


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


class AccessEvent(RegistrationEvent):
    """Something happened to one employee's role in a registration."""

    account_id: UUID
    role: str


class AccessGranted(AccessEvent):
    """`usable` is False where the person's recognitions do not suffice yet; AccessResumed follows when they do."""

    granted_by: UUID
    usable: bool = True


class AccessWithdrawn(AccessEvent):
    reason: Reason


class AccessSuspended(AccessEvent):
    """The role stays, but cannot be used. Any one of the lists in `missing` would do; its recognition kinds are needed together."""

    reason: Reason
    missing: tuple[tuple[str, ...], ...] = ()


class AccessResumed(AccessEvent):
    pass


class RoleEntry(Part):
    id: str
    names: dict[str, str]


class UsageModeEntry(Part):
    """`register_rule` and `use_rule` are expressions over recognition kinds, such as `ipi or fs323`; empty: nothing is needed."""

    id: str
    names: dict[str, str]
    descriptions: dict[str, str]
    register_rule: str
    use_rule: str
    roles: tuple[RoleEntry, ...]


class ToolEvent(Event):
    """The whole catalogue entry of a tool (the topic is compacted). Texts are by language.

    recognition_names: how the kinds that the rules name are called.
    """

    producer: ClassVar[str] = "organisation"
    topic: ClassVar[str] = "organisation.tools"
    key_field: ClassVar[str] = "tool_id"

    tool_id: str
    names: dict[str, str]
    descriptions: dict[str, str]
    sign_in_acr: str
    start_url: str
    support_email: str
    colours: dict[str, str]
    logo: str | None = None
    banner: str | None = None
    terms_version: str
    usage_modes: tuple[UsageModeEntry, ...]
    recognition_names: dict[str, dict[str, str]] = Field(
        default_factory=dict[str, dict[str, str]], examples=[{"ipi": {"en": "IPI number"}}]
    )


class ToolPublished(ToolEvent):
    pass


class ToolChanged(ToolEvent):
    pass


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
    ToolRegistered,
    MandateChanged,
    RegistrationSuspended,
    RegistrationResumed,
    AccessGranted,
    AccessWithdrawn,
    AccessSuspended,
    AccessResumed,
    ToolPublished,
    ToolChanged,
)
