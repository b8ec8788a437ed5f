"""Settings of the notify service."""

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from services.notify.bounces.return_paths import as_bounce_address
from services.notify.mails.smtp import as_smtp_url
from shared.settings import OptionalKey32, Settings


class NotifySettings(Settings):
    """smtp: `smtp://[user:password@]host:port`, STARTTLS where the server offers it, and always where a password leaves the machine;
    `smtp+starttls://` for never without it; `smtps://` for TLS from the first byte. smtp_ca_file: of a certificate authority of one's own.

    mail_from: the sender's address. mail_sender: who the foot of each mail says has sent it, with a postal address where the law wants
    one. reply_to: where answers of people go. smtp_connections: kept open by each worker at most, besides
    one for codes. smtp_rate_per_domain: mails a second to one domain by all workers together, 0 for no limit; codes are free of it.
    smtp_burst_per_domain: how many may leave at once after a rest.

    bounces: a folder to which reports about mails come: a Maildir, or one of mbox files. bounces_every_s: how often it is looked into.
    bounce_address: from which mails are sent, with a token of each after a `+`; None for mail_from. bounce_secret: what a mail server
    shows that posts reports to `/mail-reports`; None for a place that does not exist.

    unsubscribe_key: of the links that stop mails; None for one made from the service's own key, with which they would end.
    notifications_keep_days: how long the site remembers what people were told.
    """

    service: ClassVar[str] = "notify"

    smtp: Annotated[str, AfterValidator(as_smtp_url)] = Field(repr=False)
    smtp_connections: int = Field(default=4, ge=1, le=50)
    smtp_timeout_s: float = Field(default=20.0, gt=0, le=300)
    smtp_ca_file: str | None = None
    bounces: Path | None = None
    bounces_every_s: float = Field(default=30.0, ge=0.05, le=3600)
    bounce_address: Annotated[str, AfterValidator(as_bounce_address)] | None = None
    bounce_secret: str | None = Field(default=None, repr=False, min_length=32, max_length=200)
    unsubscribe_key: OptionalKey32 = None
    notifications_keep_days: int = Field(default=90, ge=1, le=3650)
    smtp_rate_per_domain: float = Field(default=20.0, ge=0, le=10_000)
    smtp_burst_per_domain: int = Field(default=200, ge=1, le=100_000)
    mail_from: str = "no-reply@immo-connect.example"
    mail_sender: str = "Immo-Connect"
    reply_to: str = "support@immo-connect.example"
