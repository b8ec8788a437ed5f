"""Settings of the gateway."""

from typing import ClassVar

from pydantic import Field

from services.gateway.eid.proxy import EidProxy
from shared.settings import Key32, Settings


class GatewaySettings(Settings):
    """one_page_size: up to so many qualities stand on one page; more come by page_size, with a search.

    secret: signs what the gateway keeps in cookies and forms.

    client_address_header: only where a proxy of one's own stands before the gateway and sets it (`x-forwarded-for`).
    eid_proxy: a proxy that takes certificates of cards in TLS handshakes; None for the usual way, the card's software in the browser.
    decision_timeout_s: how long the owner of the rules may take to confirm a start before the read model answers instead, if it is
    younger than model_max_age_s. stale_session_s: how long an access token that has ended still shows pages while identity is away.
    """

    service: ClassVar[str] = "gateway"

    secret: Key32
    client_address_header: str | None = None
    eid_proxy: EidProxy | None = None
    support_email: str = "support@immo-connect.example"
    decision_timeout_s: float = Field(default=1.5, gt=0, le=10)
    model_max_age_s: float = Field(default=30.0, gt=0)
    stale_session_s: int = Field(default=900, ge=0, le=3600)
    one_page_size: int = Field(default=24, ge=1, le=100)
    page_size: int = Field(default=12, ge=1, le=100)
    sign_ins_per_minute: int = Field(default=60, ge=1)
    questions_per_minute: int = Field(default=6, ge=1)
