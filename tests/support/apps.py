"""A service's application inside the test's process: its real code, database and events, without a socket."""

import asyncio
import base64
import importlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from fastapi import FastAPI

from shared.client import ServiceClient
from shared.process import build
from shared.runtime import Runtime, remote_keys
from shared.service import Role, Service
from shared.service_tokens import ServiceTokens
from shared.settings import SERVICES, Settings
from tests.support.mint import DataKeys, Mint
from tests.support.servers import Broker

READY_WITHIN_S = 20.0
NOWHERE = "http://127.0.0.1:9"  # nobody listens on the discard port


@dataclass(frozen=True)
class App:
    """http: requests to it. at: what its process has at hand, such as `at.database` and `at.keyring`."""

    service: Service
    fastapi: FastAPI
    http: httpx.AsyncClient

    @property
    def at(self) -> Runtime[Any]:
        return self.fastapi.state.runtime

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """For another application's `peers`."""
        return httpx.ASGITransport(self.fastapi, raise_app_exceptions=False)


def service_named(name: str) -> Service:
    """`SERVICE` of services/<name>/app.py."""
    return importlib.import_module(f"services.{name}.app").SERVICE


def settings_for(settings: type[Settings], dsn: str, broker: Broker, mint: Mint, **values: Any) -> Settings:
    """Settings of a test; what a service requires and every test may leave as it is gets a value here."""
    usual = {
        "environment": "test",
        "public_origin": mint.origin,
        "kafka": broker.address,
        "kafka_engine": broker.engine,
        "postgres": dsn,
        "postgres_pool": 5,
        "urls": dict.fromkeys(SERVICES, NOWHERE),
        "drain_s": 5.0,
        **mint.service_settings(settings.service),
    }
    own = {
        "master_key": _key(),
        "eid_hash_key": _key(),
        "hash_key": _key(),
        "secret": _key(),
        "registry_url": NOWHERE,
        "registry_token": secrets.token_urlsafe(16),
        "register_url": NOWHERE,
        "payments_url": NOWHERE,
        "smtp": "smtp://127.0.0.1:9",
        "eid_revocation": "off",  # tests that are about it turn it on
        "argon2_memory_kib": 64,  # the cost of a password hash is not what these tests are about
        "argon2_time_cost": 1,
    }
    known = {name: value for name, value in own.items() if name in settings.model_fields}
    return settings(**{**usual, **known, **values})


@asynccontextmanager
async def running(
    service: Service,
    settings: Settings,
    mint: Mint,
    data_keys: DataKeys,
    *,
    role: Role = "api",
    peers: Mapping[str, App | httpx.AsyncBaseTransport] | None = None,
    wait: bool = True,
) -> AsyncIterator[App]:
    """Start the application as its process would, and stop it. wait: until its database is there and its start is done.

    Calls to `peers` go to these; calls to any other service find nobody. Tokens of `mint` are trusted, and data keys come from
    `data_keys`, unless the service has its own, as identity does.
    """
    own_source = service.key_source
    under_test = replace(
        service,
        key_source=lambda at: mint.key_source(own_source(at) if own_source else None),
        key_loader=(lambda _: data_keys) if service.key_loader is remote_keys else service.key_loader,
    )
    app = build(under_test, settings, role)
    at: Runtime[Any] = app.state.runtime
    for name, peer in (peers or {}).items():
        at.clients[name] = client_to(settings, name, peer)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=settings.public_origin) as http,
    ):
        if wait:
            await _until_started(app)
        yield App(under_test, app, http)


async def _until_started(app: FastAPI) -> None:
    try:
        await asyncio.wait_for(app.state.started.wait(), READY_WITHIN_S)
    except TimeoutError:
        raise AssertionError(f"not started: {await app.state.health.report()}") from None


def client_to(settings: Settings, name: str, peer: App | httpx.AsyncBaseTransport) -> ServiceClient:
    """A client of the service with these settings, for the service `name` that `peer` plays."""
    transport = peer.transport if isinstance(peer, App) else peer
    http = httpx.AsyncClient(transport=transport, base_url=NOWHERE)
    return ServiceClient(name, http, ServiceTokens(settings.service, settings.service_key))


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
