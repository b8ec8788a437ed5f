"""What the organisation service publishes of tools: their registrations by organisations, and who has which role in them."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.organisation_base import OrganisationEvent, Reason


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
