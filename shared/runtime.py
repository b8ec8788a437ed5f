"""What a running process has at hand: made once at the start, and passed to whoever needs it."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Request

from shared.client import ServiceClient, json_client
from shared.db import Database
from shared.kafka import Kafka
from shared.sealed import DataKey, Keyring, Loader
from shared.settings import Settings
from shared.verifier import TokenVerifier

S = TypeVar("S", bound=Settings)


@dataclass
class Runtime(Generic[S]):
    """own: what the service's `setup` made, such as its templates. stopping: set as soon as the process is told to end, for answers that
    have no end of their own.
    """

    settings: S
    database: Database
    kafka: Kafka
    clients: dict[str, ServiceClient] = field(default_factory=dict[str, ServiceClient])
    own: Any = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    keyring: Keyring = field(init=False)
    tokens: TokenVerifier = field(init=False)

    def client(self, service: str) -> ServiceClient:
        """The one client of this process for another service."""
        if service not in self.clients:
            self.clients[service] = json_client(self.settings, service)
        return self.clients[service]

    async def close(self) -> None:
        for client in self.clients.values():
            await client.close()
        await self.database.close()


def runtime() -> Any:
    """Dependency of an endpoint: `at: Annotated[Runtime[WalletSettings], runtime()]`."""
    return Depends(_runtime_of)


async def _runtime_of(request: Request) -> Any:
    return request.app.state.runtime


def is_runtime(dependency: object) -> bool:
    return dependency is _runtime_of


def remote_keys(at: Runtime[Any]) -> Loader:
    """The loader of data keys that asks identity."""

    async def load(subjects: list[UUID]) -> Mapping[UUID, DataKey | None]:
        answer = await at.client("identity").post("/internal/data-keys", {"subjects": subjects})
        return {UUID(subject): _data_key(entry) for subject, entry in answer["keys"].items()}

    return load


def _data_key(entry: Mapping[str, Any] | None) -> DataKey | None:
    return None if entry is None else DataKey(version=entry["version"], key=base64.b64decode(entry["key"]))
