"""Settings of the simulators, read once from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """The outside world is never simulated in production: any other environment is refused.

    `IMMO_WORLD_URL` is needed only where others reach this process by another address than it listens on. refund_s: how long the
    payment provider takes to carry out a refund."""

    host: str = Field("127.0.0.1", alias="IMMO_HOST")
    port: int = Field(8091, alias="IMMO_PORT")
    smtp_port: int = Field(8092, alias="IMMO_WORLD_SMTP_PORT")
    data: Path = Field(alias="IMMO_WORLD_DATA")
    environment: Literal["demo", "test"] = Field("demo", alias="IMMO_ENVIRONMENT")
    url: str = Field("", alias="IMMO_WORLD_URL")
    refund_s: float = Field(10, alias="IMMO_WORLD_REFUND_S")

    @property
    def own_url(self) -> str:
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/")
