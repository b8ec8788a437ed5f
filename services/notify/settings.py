"""Settings of the notify service."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from services.notify.mails.smtp import as_smtp_url
from shared.settings import Settings


class NotifySettings(Settings):
    """smtp: `smtp://[user:password@]host:port`, STARTTLS where the server offers it, and always where a password leaves the machine;
    `smtp+starttls://` for never without it; `smtps://` for TLS from the first byte. smtp_ca_file: of a certificate authority of one's own.

    mail_from: the sender's address. reply_to: where answers of people go. smtp_connections: kept open by each worker at most, besides
    one for codes. smtp_rate_per_domain: mails a second to one domain by all workers together, 0 for no limit; codes are free of it.
    smtp_burst_per_domain: how many may leave at once after a rest.
    """

    service: ClassVar[str] = "notify"

    smtp: Annotated[str, AfterValidator(as_smtp_url)] = Field(repr=False)
    smtp_connections: int = Field(default=4, ge=1, le=50)
    smtp_timeout_s: float = Field(default=20.0, gt=0, le=300)
    smtp_ca_file: str | None = None
    smtp_rate_per_domain: float = Field(default=20.0, ge=0, le=10_000)
    smtp_burst_per_domain: int = Field(default=200, ge=1, le=100_000)
    mail_from: str = "no-reply@immo-connect.example"
    reply_to: str = "support@immo-connect.example"
