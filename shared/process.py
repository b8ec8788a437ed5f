"""Makes the application that a service is in one of its roles, and takes it from its start to its end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from shared import dead_letters_http, health
from shared.db import DATABASE_AWAY, Database
from shared.errors import Unavailable
from shared.health import Check, Health
from shared.http import create_app
from shared.jwks import KeySource, RemoteKeys
from shared.kafka import Kafka
from shared.migrate import pending
from shared.redact import describe
from shared.runtime import Runtime
from shared.sealed import Keyring
from shared.service import At, Role, Service
from shared.service_tokens import ServiceKeys
from shared.settings import Settings
from shared.stopping import sleep_or_stop
from shared.supervise import Supervisor
from shared.verifier import TokenVerifier
from shared.workers import start_workers

RETRY_S = 0.5
_LOG = structlog.get_logger(__name__)


def build(service: Service, settings: Settings, role: Role) -> FastAPI:
    """The application of one process. It starts and answers while PostgreSQL, Kafka or identity are away, and says so in /readyz.

    The worker role answers /livez, /readyz and /metrics only.
    """
    at = runtime_of(service, settings, role)
    process = _Process(service, at, role)
    app = create_app(
        settings,
        service.folder,
        [health.router(), *((dead_letters_http.router, *service.routers) if role != "worker" else ())],
        lifespan=process.lifespan,
        policy=service.policy,
        max_body_bytes=service.max_body_bytes,
        larger_bodies=service.larger_bodies,
        described=role != "worker",
    )
    app.state.runtime = at
    app.state.tokens = at.tokens
    app.state.health = process.health
    app.state.started = process.started
    if service.extend is not None and role != "worker":
        service.extend(app, at)
    return app


def runtime_of(service: Service, settings: Settings, role: Role) -> At:
    """Everything that a process has at hand, nothing of it connected yet."""
    database = Database(
        settings.postgres,
        application_name=f"immo-{service.name}-{role}-{settings.instance}",
        max_size=settings.postgres_pool,
    )
    kafka = Kafka(
        settings.kafka,
        engine=settings.kafka_engine,
        topic_prefix=settings.topic_prefix,
        # A name that was not given is not its own: two processes with one name would push each other out of their groups.
        instance=settings.instance if "instance" in settings.model_fields_set else None,
    )
    at: At = Runtime(settings, database, kafka)
    at.keyring = Keyring(service.key_loader(at))
    at.tokens = TokenVerifier(
        issuer=settings.public_origin,
        keys=service.key_source(at) if service.key_source else _remote_key_source(at),
        peers=ServiceKeys(service.name, settings.service_public_keys),
        is_live=service.is_live(at) if service.is_live else None,
    )
    at.own = service.setup(at) if service.setup else None
    return at


class _Process:
    """From the start of a process to its end. `started` is set once the database is there and `startup` is done."""

    def __init__(self, service: Service, at: At, role: Role) -> None:
        self._service = service
        self._at = at
        self._role = role
        self._reason: str | None = "starting"
        self.started = asyncio.Event()
        checks = [Check("start", self._probe), health.postgres_check(at.database), *service.checks(at)]
        self.health = Health(service.name, role, checks)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        supervisor = Supervisor()
        starting = asyncio.create_task(self._start(supervisor), name="start")
        try:
            yield
        finally:
            self._at.stopping.set()
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            late = await supervisor.finish(within_s=self._at.settings.drain_s)
            if late:
                _LOG.warning("loops cancelled", loops=late)
            await self._at.close()

    async def _start(self, supervisor: Supervisor) -> None:
        while not await self._try_to_start():
            await sleep_or_stop(supervisor.stop, RETRY_S)
        if self._role != "api":
            for check in start_workers(self._service, self._at, supervisor):
                self.health.add(check)
        self._reason = None
        self.started.set()
        _LOG.info("started", role=self._role)

    async def _try_to_start(self) -> bool:
        at = self._at
        try:
            if not at.database.is_open:
                await at.database.open()
            async with at.database.acquire() as db:
                missing = await pending(db, [self._service.migrations])
            if missing:
                self._reason = f"migrations missing: {', '.join(missing)}"
                return False
            if self._service.startup is not None:
                await self._service.startup(at)
        except (*DATABASE_AWAY, Unavailable) as error:
            self._reason = describe(error)
            return False
        except Exception as error:  # shown in /readyz and tried again: perhaps someone repairs it meanwhile
            if self._reason != describe(error):
                _LOG.exception("start failed")
            self._reason = describe(error)
            return False
        return True

    async def _probe(self) -> str | None:
        return self._reason


def _remote_key_source(at: At) -> KeySource:
    return RemoteKeys(lambda: at.client("identity").get("/oauth2/jwks"))
