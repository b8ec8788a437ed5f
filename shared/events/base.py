"""What every event has in common, and how its type, topic and key follow from its class."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.sealed import Sealed


class Part(BaseModel):
    """A value inside an event: frozen, and open to fields that a later producer adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Part):
    """One fact, in the past tense (or one command, in the imperative), as it travels on Kafka.

    A class is one version of one type, `immoconnect.<producer>.<Class>.v<contract_version>`, and only ever gains optional fields.
    `version` is the version of the aggregate after the event; it grows by one per key and travels as `ce_sequence`.
    """

    producer: ClassVar[str]
    topic: ClassVar[str]
    key_field: ClassVar[str]
    contract_version: ClassVar[int] = 1
    type: ClassVar[str] = ""

    version: int = Field(default=0, ge=0)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if hasattr(cls, "producer"):
            cls.type = f"immoconnect.{cls.producer}.{cls.__name__}.v{cls.contract_version}"

    @property
    def key(self) -> str:
        """The Kafka key: events of one key stay in order."""
        return str(getattr(self, self.key_field))

    def sealed_subjects(self) -> set[UUID]:
        """Whose data keys one needs to read the sealed fields of this event."""
        return {value.subject for value in _sealed_values(self)}


def _sealed_values(part: Part) -> Iterator[Sealed]:
    for value in part.__dict__.values():
        if isinstance(value, Sealed):
            yield value
        elif isinstance(value, Part):
            yield from _sealed_values(value)
        elif isinstance(value, tuple):
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                if isinstance(item, Part):
                    yield from _sealed_values(item)


class Heartbeat(Part):
    """Everything that its service committed before `as_of` is already in this partition."""

    as_of: datetime


def heartbeat_type(service: str) -> str:
    return f"immoconnect.{service}.Heartbeat.v1"


def is_heartbeat(event_type: str) -> bool:
    return event_type.endswith(".Heartbeat.v1")
