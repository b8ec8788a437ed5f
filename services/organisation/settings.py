"""Settings of the organisation service."""

from typing import ClassVar

from pydantic import Field

from shared.settings import Settings


class OrganisationSettings(Settings):
    """register_url: of the company register; without it no name and address are proposed.

    invitation_days: how long an invitation can be accepted. invitation_resend_s: the least time between two mails about one.
    invitations_per_day: mails of one organisation, and of one manager. invitation_kept_days: how long an address is kept afterwards.
    """

    service: ClassVar[str] = "organisation"

    register_url: str | None = None
    invitation_days: int = Field(default=14, ge=1, le=90)
    invitation_resend_s: int = Field(default=60, ge=1, le=86_400)
    invitations_per_day: int = Field(default=100, ge=1, le=10_000)
    invitation_kept_days: int = Field(default=30, ge=1, le=365)
