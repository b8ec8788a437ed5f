"""Settings of the notify service."""

from typing import ClassVar

from pydantic import Field

from shared.settings import Settings


class NotifySettings(Settings):
    """smtp: `smtp://[user:password@]host:port`, STARTTLS where the server offers it; `smtps://` for TLS from the first byte.

    mail_from: the sender's address. reply_to: where answers of people go. smtp_connections: kept open at most.
    """

    service: ClassVar[str] = "notify"

    smtp: str = Field(repr=False)
    smtp_connections: int = Field(default=4, ge=1, le=50)
    smtp_timeout_s: float = Field(default=20.0, gt=0, le=300)
    mail_from: str = "no-reply@immo-connect.example"
    reply_to: str = "support@immo-connect.example"
