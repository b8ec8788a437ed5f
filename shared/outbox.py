"""Events on their way out: written in the transaction of what happened, published by the relay after its commit.

Who appends holds the lock of the aggregate's row (its `version`) before, so that events of one key get their ids in the order of
their versions. Nothing else publishes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from pydantic_core import to_json

from shared.correlation import trace_headers
from shared.db import Connection
from shared.events.base import Event
from shared.ids import new_id_text

CONTENT_TYPE = "application/json"


@dataclass(frozen=True)
class Message:
    """What becomes one Kafka message. payload: at most 900,000 bytes (a CHECK refuses more), None for a tombstone."""

    topic: str
    key: bytes | None
    payload: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


async def append(db: Connection, *events: Event, correlation_id: str | None = None) -> None:
    """Publish these events, in this order, if and only if the transaction commits.

    They carry the trace of the present span, and `correlation_id` or else the present one. Each gets its `ce_id` here.
    """
    if not events:
        return
    context = trace_headers(correlation_id)
    now = datetime.now(UTC).isoformat()
    await append_messages(db, [message_of(event, now, context) for event in events])


async def append_messages(db: Connection, messages: Sequence[Message]) -> None:
    """Append what is a message already, such as the mirror of a dead letter."""
    await db.execute(
        """
        INSERT INTO outbox (topic, key, headers, payload)
        SELECT topic, key, headers, payload
        FROM unnest($1::text[], $2::bytea[], $3::jsonb[], $4::bytea[]) WITH ORDINALITY AS m (topic, key, headers, payload, n)
        ORDER BY n
        """,
        [message.topic for message in messages],
        [message.key for message in messages],
        [dict(message.headers) for message in messages],
        [message.payload for message in messages],
    )
    db.mark("outbox")


def event_headers(kind: type[Event], key: str, context: Mapping[str, str]) -> dict[str, str]:
    """The headers of an event but for `ce_time` and `ce_sequence`; a `ce_id` of its own at each call. context: from `trace_headers`.

    Only for who writes an outbox row inside a function of the database, where the version becomes known.
    """
    return {**_headers_of(kind), "ce_id": new_id_text(), "ce_subject": key, **context}


def open_headers(kind: type[Event], key: str, context: Mapping[str, str]) -> str:
    """As `event_headers`, written as a JSON object without its closing brace, in a third of the time. key: an id."""
    more = f",{to_json(context)[1:-1].decode()}" if context else ""
    return f'{_open_headers_of(kind)},"ce_id":"{new_id_text()}","ce_subject":"{key}"{more}'


@cache
def _open_headers_of(kind: type[Event]) -> str:
    return to_json(_headers_of(kind))[:-1].decode()


@cache
def _headers_of(kind: type[Event]) -> Mapping[str, str]:
    """Those that all events of a kind share."""
    return {
        "ce_specversion": "1.0",
        "ce_source": f"immoconnect/{kind.producer}",
        "ce_type": kind.type,
        "content-type": CONTENT_TYPE,
    }


def message_of(event: Event, now: str, context: Mapping[str, str]) -> Message:
    """now: ISO 8601. context: from `trace_headers`."""
    headers = event_headers(type(event), event.key, context)
    headers |= {"ce_time": now, "ce_sequence": str(event.version)}
    return Message(event.topic, event.key.encode(), event.model_dump_json().encode(), headers)


async def backlog(db: Connection) -> tuple[int, float]:
    """How many events are not published yet, and the age of the oldest in seconds."""
    row = await db.fetchrow(
        "SELECT count(*) AS events, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age_s FROM outbox"
    )
    return (row["events"], max(0.0, row["age_s"])) if row else (0, 0.0)
