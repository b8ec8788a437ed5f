"""What tools, the staff and the operator do with webhooks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from services.notify.webhooks import delivery_store, endpoint_store, rules, sealing
from services.notify.webhooks.delivery_store import Logged
from services.notify.webhooks.endpoint_store import Endpoint
from services.notify.webhooks.facts import TYPES
from services.notify.webhooks.outlet import check_url
from services.notify.webhooks.problems import (
    DeliveryUnknown,
    ReplayTooOld,
    TooManyWebhooks,
    TypeUnknown,
    WebhookExists,
    WebhookOff,
    WebhookUnknown,
)
from services.notify.webhooks.rules import Health
from services.notify.webhooks.sender import Outside, headers_of
from shared.client import ServiceClient
from shared.db import Connection, Database, constraint_of
from shared.ids import new_id

OVERLAP = timedelta(minutes=1)
"""What was logged at the moment at which a webhook was switched off may have been overlooked; twice is better than never."""


@dataclass(frozen=True)
class Wish:
    """types: none for all."""

    url: str
    description: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class By:
    """Who does it. actor: an account, `operator`, or a client of the tool. tool_id: the only one that they may touch, None for all."""

    actor: str
    tool_id: str | None
    reason: str = ""


@dataclass(frozen=True)
class Desk:
    """What all of this needs."""

    database: Database
    outside: Outside
    identity: Callable[[], ServiceClient]

    async def register(
        self, tool_id: str, client_id: str, wish: Wish, by: By, *, language: str
    ) -> tuple[Endpoint, str]:
        """With its secret, which is known to nobody afterwards.

        Raises AddressRefused, TypeUnknown, ClientNotOfTool, TooManyWebhooks, WebhookExists.
        """
        check(wish, own_machine=self.outside.outlet.own_machine)
        await self.outside.subjects.check(client_id, tool_id)
        endpoint_id, secret = new_id(), rules.new_secret()
        await sealing.make_key(self.identity(), self.outside.keyring, endpoint_id)
        endpoint = Endpoint(
            endpoint_id=endpoint_id,
            tool_id=tool_id,
            client_id=client_id,
            url=wish.url,
            description=wish.description,
            types=wish.types,
            language=language,
            secret=sealing.seal(self.outside.keyring, endpoint_id, secret),
            old_secret=None,
            old_secret_until=None,
            created_at=datetime.now(UTC),
            created_by=by.actor,
            off_reason=None,
            off_at=None,
            delivered_at=None,
            health=Health(),
        )
        async with self.database.transaction() as db:
            if await endpoint_store.lock_tool(db, tool_id) >= rules.MAX_ENDPOINTS:
                raise TooManyWebhooks(maximum=rules.MAX_ENDPOINTS)
            with _once():
                await endpoint_store.insert(db, endpoint)
            await endpoint_store.record(db, by.actor, "register", endpoint, reason=by.reason)
        return endpoint, secret

    async def change(self, endpoint_id: UUID, wish: Wish, by: By) -> None:
        """Raises WebhookUnknown, AddressRefused, TypeUnknown, WebhookExists."""
        check(wish, own_machine=self.outside.outlet.own_machine)
        async with self.database.transaction() as db:
            endpoint = await get(db, endpoint_id, by)
            with _once():
                await endpoint_store.change(
                    db, endpoint_id, url=wish.url, description=wish.description, types=wish.types
                )
            await endpoint_store.record(db, by.actor, "change", endpoint, reason=by.reason)

    async def delete(self, endpoint_id: UUID, by: By) -> None:
        """With what waits for it, its log and the key of its secrets. Raises WebhookUnknown."""
        async with self.database.transaction() as db:
            endpoint = await get(db, endpoint_id, by)
            await endpoint_store.delete(db, endpoint_id)
            await endpoint_store.record(db, by.actor, "delete", endpoint, reason=by.reason)
        await self.identity().delete(f"/internal/data-keys/{endpoint_id}")

    async def rotate(self, endpoint_id: UUID, by: By) -> tuple[str, datetime]:
        """The new secret, and until when the one before signs too. Raises WebhookUnknown."""
        secret, until = rules.new_secret(), datetime.now(UTC) + rules.OLD_SECRET_KEPT
        await self.outside.keyring.fetch([endpoint_id])
        async with self.database.transaction() as db:
            endpoint = await get(db, endpoint_id, by)
            sealed = sealing.seal(self.outside.keyring, endpoint_id, secret)
            await endpoint_store.set_secret(db, endpoint_id, sealed, old_until=until)
            await endpoint_store.record(db, by.actor, "rotate", endpoint, reason=by.reason)
        return secret, until

    async def switch_off(self, endpoint_id: UUID, by: By) -> None:
        async with self.database.transaction() as db:
            endpoint = await get(db, endpoint_id, by)
            await endpoint_store.switch_off(db, endpoint_id, "asked", now=datetime.now(UTC))
            await endpoint_store.record(db, by.actor, "disable", endpoint, reason=by.reason)

    async def switch_on(self, endpoint_id: UUID, by: By, *, replays: bool) -> int:
        """replays: what happened while it was off. How many that are."""
        async with self.database.transaction() as db:
            await endpoint_store.lock(db, endpoint_id)
            endpoint = await get(db, endpoint_id, by)
            await endpoint_store.switch_on(db, endpoint_id)
            await endpoint_store.record(db, by.actor, "enable", endpoint, reason=by.reason)
            count = 0
            if replays and endpoint.off_at is not None:
                count = await delivery_store.replay(db, endpoint_id, since=endpoint.off_at - OVERLAP)
            db.mark("job")
        return count

    async def replay(self, endpoint_id: UUID, since: datetime, by: By) -> int:
        """How many are sent again. Raises WebhookUnknown, WebhookOff, ReplayTooOld."""
        if since < datetime.now(UTC) - rules.LOG_KEPT:
            raise ReplayTooOld(field="since", days=rules.LOG_KEPT.days)
        async with self.database.transaction() as db:
            await endpoint_store.lock(db, endpoint_id)
            endpoint = await get(db, endpoint_id, by)
            if not endpoint.is_on:
                raise WebhookOff()
            count = await delivery_store.replay(db, endpoint_id, since=since)
            await endpoint_store.record(db, by.actor, "replay", endpoint, reason=by.reason)
            db.mark("job")
        return count

    async def try_out(self, endpoint_id: UUID, by: By) -> Logged:
        """Send a test at once, also to one that is switched off. Raises WebhookUnknown, Unavailable."""
        now = datetime.now(UTC)
        async with self.database.acquire() as db:
            endpoint = await get(db, endpoint_id, by)
        event = rules.trial(new_id(), now=now)
        body = rules.body_of(event, None, source=self.outside.source)
        secrets = await sealing.open_secrets(self.outside.keyring, endpoint, now=now)
        answer = await self.outside.outlet.post(endpoint.url, headers_of(secrets, str(event.event_id), now, body), body)
        told = rules.document(event, None, source=self.outside.source)
        async with self.database.transaction() as db:
            await get(db, endpoint_id, by)
            delivery_id = await delivery_store.insert_trial(db, endpoint_id, endpoint.tool_id, event, told, answer)
            await endpoint_store.record(db, by.actor, "test", endpoint, reason=by.reason)
            return await get_logged(db, endpoint_id, delivery_id)


def check(wish: Wish, *, own_machine: bool) -> None:
    check_url(wish.url, own_machine=own_machine)
    check_types(wish.types)


def check_types(types: Sequence[str]) -> None:
    """Raises TypeUnknown."""
    unknown = sorted(set(types) - TYPES)
    if unknown:
        raise TypeUnknown(field="types", types=", ".join(unknown))


async def get(db: Connection, endpoint_id: UUID, by: By) -> Endpoint:
    """Raises WebhookUnknown, also for one of another tool."""
    endpoint = await endpoint_store.find(db, endpoint_id)
    if endpoint is None or (by.tool_id is not None and endpoint.tool_id != by.tool_id):
        raise WebhookUnknown()
    return endpoint


async def get_logged(db: Connection, endpoint_id: UUID, delivery_id: int) -> Logged:
    """Raises DeliveryUnknown."""
    found = await delivery_store.find_logged(db, endpoint_id, delivery_id)
    if found is None:
        raise DeliveryUnknown()
    return found


@contextmanager
def _once() -> Iterator[None]:
    """Turns the violated constraint into the problem that it stands for."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if constraint_of(error) != "webhook_endpoint_once":
            raise
        raise WebhookExists(field="url") from error
