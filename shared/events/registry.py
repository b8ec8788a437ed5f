"""All contracts together: find an event's class by its type, and the topics that exist."""

from dataclasses import dataclass

from shared.events import catalogue, identity, notify, organisation, recognition, wallet, wallet_commands
from shared.events.base import Event

SERVICES = ("identity", "organisation", "recognition", "wallet", "notify", "gateway")

EVENTS: dict[str, type[Event]] = {
    event.type: event
    for module in (identity, organisation, catalogue, recognition, wallet, wallet_commands, notify)
    for event in module.EVENTS
}


@dataclass(frozen=True)
class TopicSpec:
    """`owner` is the service whose relay publishes there; None for commands, which anyone sends."""

    owner: str | None
    partitions: int = 12
    compacted: bool = False


TOPICS: dict[str, TopicSpec] = {
    "identity.events": TopicSpec("identity"),
    "organisation.events": TopicSpec("organisation"),
    "organisation.tools": TopicSpec("organisation", compacted=True),
    "recognition.events": TopicSpec("recognition"),
    "wallet.events": TopicSpec("wallet"),
    "notify.events": TopicSpec("notify"),
    "notify.commands": TopicSpec(None),
    "wallet.commands": TopicSpec(None),
    "identity.reports": TopicSpec(None),
    **{f"{service}.dead-letters": TopicSpec(None) for service in SERVICES},
}


def topics_owned_by(service: str) -> tuple[str, ...]:
    """The topics whose heartbeats and facts come from this service."""
    return tuple(name for name, spec in TOPICS.items() if spec.owner == service)
