"""What the recognition service publishes."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Part
from shared.sealed import Sealed

LAPSE_CAUSES = ("withdrawn", "ended", "withdrawn-by-support", "card-unlinked", "number-let-go")


class RecognitionEvent(Event):
    producer: ClassVar[str] = "recognition"
    topic: ClassVar[str] = "recognition.events"
    key_field: ClassVar[str] = "account_id"

    account_id: UUID


class HeldRecognition(Part):
    """A recognition that counts today. `number` is the registration number in the registry, where there is one.

    source: the registry, or `support` for what the staff recorded on evidence. counts_until: the last day on which it counts, where
    that is later than valid_until: in between is grace.
    """

    kind: str
    number: Sealed | None = None
    valid_until: date | None = None
    source: str
    counts_until: date | None = None

    @property
    def last_day(self) -> date | None:
        """None for no end."""
        return self.counts_until or self.valid_until


class RecognitionsFetched(RecognitionEvent):
    """The whole current set over all registries, after `registry` answered."""

    registry: str
    recognitions: tuple[HeldRecognition, ...]
    fetched_at: datetime


class RecognitionGranted(RecognitionEvent):
    """counts_until: as in HeldRecognition."""

    kind: str
    valid_until: date | None = None
    source: str
    counts_until: date | None = None

    @property
    def last_day(self) -> date | None:
        return self.counts_until or self.valid_until


class RecognitionLapsed(RecognitionEvent):
    """It no longer counts.

    held_elsewhere: another source still vouches for the same kind, so that it counts on. cause: the registry says so no more
    (`withdrawn`), its validity and grace ended (`ended`), support took back what it had recorded, the card was unlinked, or its
    number was let go because it had not been shown for long.
    """

    kind: str
    source: str
    held_elsewhere: bool = False
    cause: str = Field(default="withdrawn", examples=list(LAPSE_CAUSES))


class RecognitionExpiring(RecognitionEvent):
    """It is about to end: said once, about 30 and 7 days before; and once when it has ended and counts in its grace only."""

    kind: str
    source: str
    valid_until: date
    days_left: int = Field(ge=0)
    counts_until: date | None = None
    in_grace: bool = False


class RegistryUnavailable(RecognitionEvent):
    """Asked, no answer yet; what was known stays."""

    registry: str
    asked_at: datetime


EVENTS: tuple[type[Event], ...] = (
    RecognitionsFetched,
    RecognitionGranted,
    RecognitionLapsed,
    RecognitionExpiring,
    RegistryUnavailable,
)
