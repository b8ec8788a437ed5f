"""What happened to registrations and access, as events. Their versions come from `publish`."""

from typing import Any
from uuid import UUID

from services.organisation.registrations.request_store import RoleRequest
from services.organisation.registrations.rules import Grant, Registration, Standing, Verdict
from services.organisation.registrations.tool_manager_store import ToolManager
from services.organisation.tools.needs import codes_of
from shared.events.organisation import (
    AccessGranted,
    AccessResumed,
    AccessSuspended,
    AccessWithdrawn,
    MandateChanged,
    OrganisationEvent,
    Reason,
    RegistrationEnded,
    RegistrationResumed,
    RegistrationSuspended,
    RoleRequested,
    RoleRequestEnded,
    TermsAccepted,
    ToolManagerAppointed,
    ToolManagerDismissed,
    ToolRegistered,
)


def registered(registration: Registration, *, registered_by: UUID) -> ToolRegistered:
    return ToolRegistered(
        **_of_registration(registration, registration.id),
        registered_by=registered_by,
        mandated_account_id=registration.mandated_account_id,
        mandated_recognition=registration.mandated_recognition,
        terms_version=registration.terms_version,
    )


def terms_accepted(registration: Registration, *, by: UUID) -> TermsAccepted:
    fields = _of_registration(registration, registration.id)
    return TermsAccepted(**fields, terms_version=registration.terms_version, accepted_by=by)


def mandate_changed(
    registration: Registration | Standing, registration_id: UUID, account_id: UUID, recognition: str, *, by: UUID
) -> MandateChanged:
    """by: the mandated person themselves where the platform went over to another recognition of theirs."""
    return MandateChanged(
        **_of_registration(registration, registration_id),
        mandated_account_id=account_id,
        mandated_recognition=recognition,
        changed_by=by,
    )


def judged(verdict: Verdict) -> list[OrganisationEvent]:
    """What a verdict changes: the recognition under which the registration stands, whether it stands, or both."""
    standing = verdict.standing
    events: list[OrganisationEvent] = []
    person, kind = standing.mandated_account_id, verdict.recognition
    if person is not None and kind is not None and kind != standing.mandated_recognition:
        events.append(mandate_changed(standing, standing.registration_id, person, kind, by=person))
    if verdict.reason != standing.suspended_reason:
        fields = _of_registration(standing, standing.registration_id)
        reason = verdict.reason
        events.append(RegistrationSuspended(**fields, reason=reason) if reason else RegistrationResumed(**fields))
    return events


def granted(grant: Grant, *, granted_by: UUID, was: str | None = None) -> AccessGranted:
    """was: the role that it takes the place of."""
    return AccessGranted(**_of_access(grant), granted_by=granted_by, usable=grant.usable, was=was)


def withdrawn(grant: Grant, reason: Reason, *, becomes: str | None = None) -> AccessWithdrawn:
    """becomes: the role that takes its place."""
    return AccessWithdrawn(**_of_access(grant), reason=reason, becomes=becomes)


def lost(registration: Registration, account_id: UUID, role: str, reason: Reason) -> AccessWithdrawn:
    """A role that goes with its registration."""
    fields = _of_registration(registration, registration.id)
    return AccessWithdrawn(**fields, account_id=account_id, role=role, reason=reason)


def ended(registration: Registration, reason: Reason, *, by: UUID | None) -> RegistrationEnded:
    return RegistrationEnded(**_of_registration(registration, registration.id), reason=reason, ended_by=by)


def tool_manager_appointed(
    registration: Registration | ToolManager, registration_id: UUID, account_id: UUID, *, by: UUID
) -> ToolManagerAppointed:
    fields = _of_registration(registration, registration_id)
    return ToolManagerAppointed(**fields, account_id=account_id, appointed_by=by)


def tool_manager_dismissed(
    registration: Registration | ToolManager,
    registration_id: UUID,
    account_id: UUID,
    *,
    by: UUID | None,
    reason: Reason | None = None,
) -> ToolManagerDismissed:
    """reason: why, where nobody decided it."""
    fields = _of_registration(registration, registration_id)
    return ToolManagerDismissed(**fields, account_id=account_id, dismissed_by=by, reason=reason)


def requested(request: RoleRequest) -> RoleRequested:
    return RoleRequested(**_of_access(request))


def request_ended(request: RoleRequest, outcome: str, *, answered_by: UUID | None) -> RoleRequestEnded:
    return RoleRequestEnded(**_of_access(request), outcome=outcome, answered_by=answered_by)


def flipped(grant: Grant) -> AccessResumed | AccessSuspended:
    """What someone holds has become enough for their role, or is no longer."""
    if grant.should_be_usable:
        return AccessResumed(**_of_access(grant))
    return AccessSuspended(**_of_access(grant), reason="recognition-missing", missing=codes_of(grant.missing))


def _of_registration(registration: Registration | Standing | ToolManager, registration_id: UUID) -> dict[str, Any]:
    return {
        "organisation_id": registration.organisation_id,
        "registration_id": registration_id,
        "tool_id": registration.tool_id,
        "usage_mode": registration.usage_mode,
    }


def _of_access(grant: Grant | RoleRequest) -> dict[str, Any]:
    return {
        "organisation_id": grant.organisation_id,
        "registration_id": grant.registration_id,
        "tool_id": grant.tool_id,
        "usage_mode": grant.usage_mode,
        "account_id": grant.account_id,
        "role": grant.role,
    }
