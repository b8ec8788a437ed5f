"""Which proxy may say whose certificate was in a TLS handshake. Configured, or there is none."""

from pydantic import BaseModel, ConfigDict, IPvAnyNetwork

PATH = "/sign-in/card/certificate"


class EidProxy(BaseModel):
    """networks: from where the proxy connects. header: in which it writes the certificate, always, whatever a client sent.

    url: the origin at which it asks for certificates, of the same host as the public origin: cookies know hosts, not ports.
    """

    model_config = ConfigDict(frozen=True)

    networks: tuple[IPvAnyNetwork, ...]
    header: str = "client-cert"
    url: str

    @property
    def address(self) -> str:
        return f"{self.url.rstrip('/')}{PATH}"
