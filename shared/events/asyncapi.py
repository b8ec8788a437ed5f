"""One AsyncAPI 3.0 document for all events, made from the contracts: `python -m shared.events.asyncapi > docs/events/asyncapi.json`.

Channels are the topics, messages the event types; the committed copy is checked against this in tests/contracts.
"""

import json
from typing import Any

from shared.events.base import Event
from shared.events.registry import EVENTS, TOPICS, TopicSpec

_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid", "description": "the same at each delivery: deduplicate on it"},
        "ce_source": {"type": "string", "examples": ["immoconnect/organisation"]},
        "ce_type": {"type": "string"},
        "ce_subject": {"type": "string", "description": "the key: what must stay in order"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_sequence": {"type": "string", "description": "version of the subject after the event"},
        "content-type": {"const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
        "correlation_id": {"type": "string", "description": "the same for all that one request caused"},
    },
}


def document() -> dict[str, Any]:
    """The whole document, ready for JSON or YAML."""
    topics = {name: spec for name, spec in TOPICS.items() if _events_of(name)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Immo-Connect events",
            "version": "1",
            "description": "CloudEvents 1.0 in binary mode on Kafka. Delivered at least once, in order per key. Contracts only ever gain "
            "optional fields within a version; personal data travels sealed.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, spec) for name, spec in topics.items()},
        "operations": {
            f"{'send' if spec.owner is None else 'receive'}.{name}": {
                "action": "send" if spec.owner is None else "receive",
                "channel": {"$ref": f"#/channels/{_pointer(name)}"},
            }
            for name, spec in topics.items()
        },
        "components": {
            "messages": {event.type: _message(event) for event in EVENTS.values()},
            "schemas": {event.type: _schema(event) for event in EVENTS.values()},
        },
    }


def _events_of(topic: str) -> list[type[Event]]:
    return [event for event in EVENTS.values() if event.topic == topic]


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _channel(name: str, spec: TopicSpec) -> dict[str, Any]:
    events = _events_of(name)
    return {
        "address": name,
        "description": f"Key: {events[0].key_field}.",
        "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"} for event in events},
        "bindings": {
            "kafka": {
                "partitions": spec.partitions,
                "topicConfiguration": {"cleanup.policy": ["compact" if spec.compacted else "delete"]},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "headers": _HEADERS,
        "payload": {"$ref": f"#/components/schemas/{event.type}"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }


def _schema(event: type[Event]) -> dict[str, Any]:
    """The contract's JSON Schema; parts are inlined below the event, so that each schema can be taken alone."""
    return event.model_json_schema(ref_template=f"#/components/schemas/{event.type}/$defs/{{model}}")


if __name__ == "__main__":
    print(json.dumps(document(), indent=2, ensure_ascii=False))
