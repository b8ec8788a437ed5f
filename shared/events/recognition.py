"""What the recognition service publishes."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events.base import Event, Part
from shared.sealed import Sealed


class RecognitionEvent(Event):
    producer: ClassVar[str] = "recognition"
    topic: ClassVar[str] = "recognition.events"
    key_field: ClassVar[str] = "account_id"

    account_id: UUID


class HeldRecognition(Part):
    """A recognition that counts today. `number` is the registration number in the registry, where there is one."""

    kind: str
    number: Sealed | None = None
    valid_until: date | None = None
    source: str


class RecognitionsFetched(RecognitionEvent):
    """The whole current set over all registries, after `registry` answered."""

    registry: str
    recognitions: tuple[HeldRecognition, ...]
    fetched_at: datetime


class RecognitionGranted(RecognitionEvent):
    kind: str
    valid_until: date | None = None
    source: str


class RecognitionLapsed(RecognitionEvent):
    """The registry no longer vouches for it, or its validity ended."""

    kind: str
    source: str


class RegistryUnavailable(RecognitionEvent):
    """Asked, no answer yet; what was known stays."""

    registry: str
    asked_at: datetime


EVENTS: tuple[type[Event], ...] = (RecognitionsFetched, RecognitionGranted, RecognitionLapsed, RegistryUnavailable)
