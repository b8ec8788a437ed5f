"""Events on their way out: written in the transaction of what happened, published by the relay after its commit.

Who appends holds the lock of the aggregate's row (its `version`) before, so that events of one key get their ids in the order of
their versions. Nothing else publishes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

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
    await append_messages(db, [_message(event, now, context) for event in events])


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


def event_headers(event: Event, now: str, context: Mapping[str, str]) -> dict[str, str]:
    """The headers of an event; a `ce_id` of its own at each call. now: ISO 8601. context: from `trace_headers`.

    Only for who writes an outbox row inside a function of the database and fills in `ce_sequence` there.
    """
    return {
        "ce_specversion": "1.0",
        "ce_id": new_id_text(),
        "ce_source": f"immoconnect/{event.producer}",
        "ce_type": event.type,
        "ce_subject": event.key,
        "ce_time": now,
        "ce_sequence": str(event.version),
        "content-type": CONTENT_TYPE,
        **context,
    }


def _message(event: Event, now: str, context: Mapping[str, str]) -> Message:
    return Message(
        event.topic, event.key.encode(), event.model_dump_json().encode(), event_headers(event, now, context)
    )


async def backlog(db: Connection) -> tuple[int, float]:
    """How many events are not published yet, and the age of the oldest in seconds."""
    row = await db.fetchrow(
        "SELECT count(*) AS events, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age_s FROM outbox"
    )
    return (row["events"], max(0.0, row["age_s"])) if row else (0, 0.0)
