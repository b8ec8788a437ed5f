"""How a service handles the events of others: declare a Consumer, write handlers, and leave the rest to the runner."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.consume_decode import Beat
from shared.db import Connection
from shared.events.base import Event
from shared.sealed import Keyring

Handler = Callable[[Connection, Any, Keyring], Awaitable[None]]
"""`async def on_account_created(db, event: AccountCreated, keyring) -> None`, in a transaction that it shares with others' events:
it must not call out (enqueue a job instead). The keyring holds the keys of the event's sealed fields. What it raises decides what
happens to the event, see `consume_errors`."""

HeartbeatHandler = Callable[[Connection, Sequence[Beat]], Awaitable[None]]


@dataclass(frozen=True)
class Consumer:
    """name: of the service, or another one that nothing else uses: it names the Kafka group and the rows in the inbox.

    topics: names from the registry. handlers: event types without one are skipped. Events of one key arrive in order, each has its
    effect once, and one that cannot be handled holds back only its key.
    only_writes: the handlers call nothing of the connection but `execute`, and those of different keys touch different rows. Then
    what a batch writes is sent together, kind by kind. apart: events that touch rows of other keys too, and keep their place.
    """

    name: str
    topics: Sequence[str]
    handlers: Mapping[type[Event], Handler]
    on_heartbeat: HeartbeatHandler | None = None
    only_writes: bool = False
    apart: Collection[type[Event]] = ()

    @property
    def known(self) -> dict[str, type[Event]]:
        """The event classes with a handler, by type."""
        return {event.type: event for event in self.handlers}
