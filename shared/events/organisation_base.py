"""What all events of the organisation service have in common."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event

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
