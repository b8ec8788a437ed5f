"""Figures of `./immo bench NAME`: each module measures one part of the platform against a plain yardstick of the same run.

A module NAME has `measure(data: DataFolder) -> list[Figure]`; one whose name begins with `_` only helps others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres


@dataclass(frozen=True)
class Figure:
    """against: what `ratio` compares with, measured in the same run; both None where the value speaks for itself."""

    name: str
    value: float
    unit: str
    against: str | None = None
    ratio: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Servers:
    """A PostgreSQL and a Kafka that nothing else uses meanwhile."""

    postgres: Postgres
    kafka: Kafka


@contextmanager
def own_servers(folder: Path) -> Iterator[Servers]:
    """Servers for one bench, stopped at its end. They also note when each transaction was committed."""
    with (
        Postgres(folder / "postgres", settings={"track_commit_timestamp": "on"}) as postgres,
        Kafka(folder / "kafka") as kafka,
    ):
        yield Servers(postgres, kafka)
