"""What happened to registrations and access, as events. Their versions come from `publish`."""

from typing import Any
from uuid import UUID

from services.organisation.registrations.rules import Grant, Registration, Standing, Verdict
from shared.events.organisation import (
    AccessGranted,
    AccessResumed,
    AccessSuspended,
    AccessWithdrawn,
    MandateChanged,
    OrganisationEvent,
    Reason,
    RegistrationResumed,
    RegistrationSuspended,
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
    if verdict.recognition != standing.mandated_recognition:
        person = standing.mandated_account_id
        events.append(mandate_changed(standing, standing.registration_id, person, verdict.recognition, by=person))
    if verdict.reason != standing.suspended_reason:
        fields = _of_registration(standing, standing.registration_id)
        reason = verdict.reason
        events.append(RegistrationSuspended(**fields, reason=reason) if reason else RegistrationResumed(**fields))
    return events


def granted(grant: Grant, *, granted_by: UUID) -> AccessGranted:
    return AccessGranted(**_of_access(grant), granted_by=granted_by, usable=grant.usable)


def withdrawn(grant: Grant, reason: Reason) -> AccessWithdrawn:
    return AccessWithdrawn(**_of_access(grant), reason=reason)


def flipped(grant: Grant) -> AccessResumed | AccessSuspended:
    """What someone holds has become enough for their role, or is no longer."""
    if grant.should_be_usable:
        return AccessResumed(**_of_access(grant))
    return AccessSuspended(**_of_access(grant), reason="recognition-missing", missing=grant.missing)


def _of_registration(registration: Registration | Standing, registration_id: UUID) -> dict[str, Any]:
    return {
        "organisation_id": registration.organisation_id,
        "registration_id": registration_id,
        "tool_id": registration.tool_id,
        "usage_mode": registration.usage_mode,
    }


def _of_access(grant: Grant) -> dict[str, Any]:
    return {
        "organisation_id": grant.organisation_id,
        "registration_id": grant.registration_id,
        "tool_id": grant.tool_id,
        "usage_mode": grant.usage_mode,
        "account_id": grant.account_id,
        "role": grant.role,
    }
