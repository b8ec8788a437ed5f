"""Settings of the demo tool, read once from the environment."""

import secrets
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """issuer: the platform's public origin. url: this tool's own address, as browsers and the platform reach it.

    webhook_secret_file: for a secret that comes later, or changes: it is read whenever an event comes.

    Sessions live in this process, so a secret made up at the start ends none that would have lived on.
    """

    host: str = Field("127.0.0.1", alias="IMMO_HOST")
    port: int = Field(8090, alias="IMMO_PORT")
    url: str = Field("", alias="IMMO_DEMO_TOOL_URL")
    own_issuer: str = Field("", alias="IMMO_DEMO_TOOL_ISSUER")
    public_origin: str = Field("http://127.0.0.1:8080", alias="IMMO_PUBLIC_ORIGIN")
    client_id: str = Field("cadastrefinder", alias="IMMO_DEMO_TOOL_CLIENT_ID")
    client_secret: str = Field(alias="IMMO_DEMO_TOOL_CLIENT_SECRET")
    session_secret: str = Field(default_factory=secrets.token_urlsafe, alias="IMMO_DEMO_TOOL_SESSION_SECRET")
    tool_id: str = Field("cadastrefinder", alias="IMMO_DEMO_TOOL_TOOL_ID")
    webhook_secret: str = Field("", alias="IMMO_DEMO_TOOL_WEBHOOK_SECRET", repr=False)
    webhook_secret_file: Path | None = Field(None, alias="IMMO_DEMO_TOOL_WEBHOOK_SECRET_FILE")
    kafka: str = Field("", alias="IMMO_KAFKA")
    topic_prefix: str = Field("", alias="IMMO_TOPIC_PREFIX")

    def webhook_secret_now(self) -> str:
        """Empty while there is none."""
        file = self.webhook_secret_file
        return file.read_text().strip() if file is not None and file.is_file() else self.webhook_secret

    @property
    def issuer(self) -> str:
        return (self.own_issuer or self.public_origin).rstrip("/")

    @property
    def own_url(self) -> str:
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/")
