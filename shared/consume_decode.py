"""From a Kafka record to an event, whatever was written there: nothing crashes, nothing vanishes."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from shared.events.base import Event, Heartbeat, is_heartbeat
from shared.redact import describe

_MAX_NAME_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record can never be handled. reason: `undecodable` or `contract`."""

    reason: str
    error: str


@dataclass(frozen=True, slots=True)
class Received:
    """One record that a consumer must handle: an event, or the fault that made it none.

    event_id: what the inbox remembers, see `event_id_of`. lane: what must stay in order, see `lane_of`.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Mapping[str, str]
    payload: bytes | None
    event_id: str
    lane: str
    event: Event | None
    fault: Fault | None

    @property
    def type(self) -> str:
        return self.headers.get("ce_type", "")


@dataclass(frozen=True, slots=True)
class Beat:
    """Everything that the owner of the topic committed before `as_of` has been read from this partition."""

    topic: str
    partition: int
    as_of: datetime


def text_of(value: bytes | None) -> str:
    """Bytes as a person can read them; what is not UTF-8 or cannot be stored is escaped."""
    return (value or b"").decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def event_id_of(headers: Mapping[str, str], place: str) -> str:
    """Source and id of an event, which together are its alone; or its place in the topic when it has no id."""
    found = headers.get("ce_id")
    return _bounded(f"{headers.get('ce_source', '')}#{found}") if found else place


def lane_of(topic: str, key: bytes | None, place: str) -> str:
    """Topic and key; a record without a key is in order with nothing, and has a lane of its own."""
    return place if key is None else _bounded(f"{topic}/{text_of(key)}")


def headers_of(raw: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Header values as text; one that is None becomes empty."""
    return {name if "\x00" not in name else name.replace("\x00", "\\x00"): text_of(value) for name, value in raw}


def decode(
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    headers: Mapping[str, str],
    payload: bytes | None,
    *,
    known: Mapping[str, type[Event]],
) -> Received | Beat | None:
    """Return what the record is for a consumer that handles the types in `known`; None for a type that it does not handle."""
    event_type = headers.get("ce_type", "")
    event: Event | None = None
    fault: Fault | None = None
    try:
        if not event_type:
            fault = Fault("undecodable", "no ce_type header")
        elif is_heartbeat(event_type):
            return Beat(topic, partition, Heartbeat.model_validate_json(payload or b"").as_of)
        elif event_type not in known:
            return None
        elif payload is None:
            fault = Fault("undecodable", "no payload")
        elif not headers.get("ce_id"):
            fault = Fault("undecodable", "no ce_id header")
        else:
            event = known[event_type].model_validate_json(payload)
    except ValidationError as error:
        fault = Fault(_reason(error), describe(error))
    place = f"{topic}@{partition}:{offset}"
    event_id, lane = event_id_of(headers, place), lane_of(topic, key, place)
    return Received(topic, partition, offset, key, headers, payload, event_id, lane, event, fault)


def _bounded(text: str) -> str:
    """Anyone may choose ids and keys; an index entry has a limit."""
    if len(text) <= _MAX_NAME_LENGTH:
        return text
    return f"{text[:64]}~{hashlib.sha256(text.encode()).hexdigest()}"


def _reason(error: ValidationError) -> str:
    return (
        "undecodable" if any(item["type"] == "json_invalid" for item in error.errors(include_url=False)) else "contract"
    )
