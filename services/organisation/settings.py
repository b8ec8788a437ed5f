"""Settings of the organisation service."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.settings import Settings


class OrganisationSettings(Settings):
    """register_source: who proposes names and addresses of companies: `url`, what answers at register_url if there is one;
    `local`, the copy of the public files that `register import` fills; `none`.

    invitation_days: how long an invitation can be accepted. invitation_resend_s: the least time between two mails about one.
    invitations_per_day: mails of one organisation, and of one manager. invitations_per_address: mails to one address on a day,
    whoever invites. invitation_kept_days: how long an address is kept afterwards.
    """

    service: ClassVar[str] = "organisation"

    register_source: Literal["url", "local", "none"] = "url"
    register_url: str | None = None
    invitation_days: int = Field(default=14, ge=1, le=90)
    invitation_resend_s: int = Field(default=60, ge=1, le=86_400)
    invitations_per_day: int = Field(default=100, ge=1, le=10_000)
    invitations_per_address: int = Field(default=10, ge=1, le=1_000)
    invitation_kept_days: int = Field(default=30, ge=1, le=365)
