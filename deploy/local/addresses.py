"""Where the stack's parts reach each other: embedded ones, or those that the environment names instead."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.ports import HOST, Ports

SERVICES = ("identity", "organisation", "recognition", "wallet", "notify", "gateway")
TOOLS = ("world", "demo-tool")


@dataclass(frozen=True)
class External:
    """Real ones that take the place of embedded ones: IMMO_KAFKA, IMMO_POSTGRES_<SERVICE>, IMMO_SMTP."""

    kafka: str | None = None
    smtp: str | None = None
    postgres: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> External:
        named = {service: environment.get(f"IMMO_POSTGRES_{service.upper()}") for service in SERVICES}
        return cls(
            kafka=environment.get("IMMO_KAFKA"),
            smtp=environment.get("IMMO_SMTP"),
            postgres={service: dsn for service, dsn in named.items() if dsn},
        )

    @property
    def has_all_databases(self) -> bool:
        return set(self.postgres) == set(SERVICES)


@dataclass(frozen=True)
class Addresses:
    """kafka_engine: "kafka" or "memory". postgres: the dsn of each service's own database. host: of the pages, as browsers see it."""

    ports: Ports
    kafka: str
    kafka_engine: str
    smtp: str
    postgres: Mapping[str, str]
    host: str = HOST

    @property
    def public_origin(self) -> str:
        return f"http://{self.host}:{self.ports.of('gateway')}"

    @property
    def mail(self) -> str:
        return f"{self.ports.url('world')}/mail"


def addresses(
    ports: Ports, external: External, *, embedded_postgres: Mapping[str, str], kafka_engine: str, host: str = HOST
) -> Addresses:
    return Addresses(
        ports=ports,
        kafka=external.kafka or f"{HOST}:{ports.of('kafka')}",
        kafka_engine="kafka" if external.kafka else kafka_engine,
        smtp=external.smtp or f"smtp://{HOST}:{ports.of('smtp')}",
        postgres={**embedded_postgres, **external.postgres},
        host=host,
    )
