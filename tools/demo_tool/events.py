"""The platform's events on Kafka: what happened in an organisation, and a second way to learn that access ended.

Never a must: without Kafka the tool works, and back-channel logout ends sessions alone.
"""

import asyncio
import json
import logging
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError

from tools.demo_tool.sessions import Sessions
from tools.demo_tool.settings import Settings

TOPICS = ("organisation.events", "wallet.events")
KEPT_EACH = 20
MAX_ORGANISATIONS = 1_000
MAX_SEEN = 5_000
PAUSE_S = 5
PERSON_LOST_ORGANISATION = ("EmployeeBlocked", "EmployeeRemoved")
PERSON_LOST_TOOL = ("AccessWithdrawn", "AccessSuspended")
ORGANISATION_LOST_TOOL = ("RegistrationSuspended", "RegistrationEnded")
log = logging.getLogger("demo_tool.events")


class RecentEvents:
    """The last events of each organisation, newest first. An event that comes twice is kept once."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, deque[dict[str, Any]]] = OrderedDict()
        self._seen: OrderedDict[str, None] = OrderedDict()

    def add(self, organisation_id: str, event_id: str, name: str, time: str) -> bool:
        """Return whether the event is new."""
        if event_id in self._seen:
            return False
        self._seen[event_id] = None
        while len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        kept = self._of.setdefault(organisation_id, deque(maxlen=KEPT_EACH))
        kept.appendleft({"id": event_id, "name": name, "time": time})
        self._of.move_to_end(organisation_id)
        while len(self._of) > MAX_ORGANISATIONS:
            self._of.popitem(last=False)
        return True

    def of(self, organisation_id: str) -> list[dict[str, Any]]:
        return list(self._of.get(organisation_id, ()))


def sessions_lost(name: str, body: Mapping[str, Any], tool_id: str) -> dict[str, str | None] | None:
    """Return which sessions an event ends, in the words of `Sessions.end_those`; None for an event that ends none."""
    organisation_id = body.get("organisation_id")
    if name in PERSON_LOST_ORGANISATION:
        return {"organisation_id": organisation_id, "account_id": body.get("account_id")}
    if name == "OrganisationClosed":
        return {"organisation_id": organisation_id}
    if body.get("tool_id") != tool_id:
        return None
    registration = {"organisation_id": organisation_id, "usage_mode": body.get("usage_mode")}
    if name in PERSON_LOST_TOOL:
        return {**registration, "account_id": body.get("account_id")}
    return registration if name in ORGANISATION_LOST_TOOL else None


class Follower:
    """Reads from now on, all partitions, without a group: every process of the tool wants every event."""

    def __init__(self, settings: Settings, sessions: Sessions, events: RecentEvents) -> None:
        self._settings = settings
        self._sessions = sessions
        self._events = events

    async def run(self) -> None:
        """Follow for ever; a broker that is down or away is tried again."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.info("Kafka cannot be followed: %s", type(error).__name__)
            await asyncio.sleep(PAUSE_S)

    async def _follow(self) -> None:
        topics = [self._settings.topic_prefix + topic for topic in TOPICS]
        consumer = AIOKafkaConsumer(
            *topics, bootstrap_servers=self._settings.kafka, auto_offset_reset="latest", metadata_max_age_ms=30_000
        )
        try:
            await consumer.start()
            async for record in consumer:
                self.take(cast("ConsumerRecord[bytes, bytes]", record))
        finally:
            await consumer.stop()

    def take(self, record: ConsumerRecord[bytes, bytes]) -> None:
        """Note one event; what cannot be read is not for this tool."""
        headers = _texts(record.headers)
        name = headers.get("ce_type", "").split(".")[2:3]
        if not name or name[0] == "Heartbeat" or not record.value:
            return
        try:
            body = json.loads(record.value)
        except ValueError:
            return
        organisation_id = body.get("organisation_id") or body.get("wallet_id")
        if organisation_id is None:
            return
        if self._events.add(organisation_id, headers.get("ce_id", ""), name[0], headers.get("ce_time", "")):
            lost = sessions_lost(name[0], body, self._settings.tool_id)
            if lost:
                self._sessions.end_those(**lost)


def _texts(headers: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    return {name: value.decode("utf-8", "replace") for name, value in headers if value}
