"""Settings of the organisation service."""

from typing import ClassVar

from shared.settings import Settings


class OrganisationSettings(Settings):
    """register_url: of the company register; without it no name and address are proposed."""

    service: ClassVar[str] = "organisation"

    register_url: str | None = None
