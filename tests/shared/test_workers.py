"""A whole worker: one request's trace runs through outbox, Kafka, consumer and job, and readiness knows about each part."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

import pytest_asyncio
from fastapi import APIRouter
from opentelemetry import trace
from prometheus_client import REGISTRY

from shared import jobs, outbox
from shared.consume import Consumer
from shared.correlation import current_correlation_id
from shared.db import Connection
from shared.events.wallet import WalletCharged
from shared.ids import new_id
from shared.jobs import Job
from shared.kafka import Kafka
from shared.runtime import Runtime, runtime
from shared.sealed import Keyring
from shared.settings import Settings
from shared.tokens import public
from tests.shared.example import SERVICE
from tests.support import apps
from tests.support.apps import App
from tests.support.events import TOPIC, charged, fetch, send_raw, until
from tests.support.mint import DataKeys, Mint
from tests.support.servers import Broker


class WalletSettings(Settings):
    service: ClassVar[str] = "wallet"


router = APIRouter()


@router.post("/api/charges", dependencies=[public("test")])
async def charge(at: Annotated[Runtime[WalletSettings], runtime()]) -> None:
    async with at.database.transaction() as db:
        await outbox.append(db, charged(new_id(), 1))


@dataclass
class Seen:
    """What a consumer and a job saw of the trace and the correlation that they work in."""

    by_consumer: list[tuple[int, str | None]] = field(default_factory=list[tuple[int, str | None]])
    by_job: list[tuple[int, str | None]] = field(default_factory=list[tuple[int, str | None]])

    async def on_charged(self, db: Connection, event: WalletCharged, _: Keyring) -> None:
        self.by_consumer.append(present())
        await jobs.enqueue(db, "mail", {"wallet_id": str(event.wallet_id)})

    async def mail(self, job: Job) -> None:
        self.by_job.append(present())


def present() -> tuple[int, str | None]:
    return trace.get_current_span().get_span_context().trace_id, current_correlation_id()


@pytest_asyncio.fixture
async def seen() -> Seen:
    return Seen()


@pytest_asyncio.fixture
async def app(
    dsn_of: Callable[[str], Any], kafka: Kafka, broker: Broker, mint: Mint, data_keys: DataKeys, seen: Seen
) -> AsyncIterator[App]:
    service = replace(
        SERVICE,
        name="wallet",
        settings=WalletSettings,
        routers=[router],
        consumers=lambda _: [Consumer("wallet", [TOPIC], {WalletCharged: seen.on_charged})],
        jobs=lambda _: {"mail": seen.mail},
    )
    settings = apps.settings_for(
        WalletSettings, await dsn_of("kit"), broker, mint, topic_prefix=kafka.topic_prefix, instance="test"
    )
    async with apps.running(service, settings, mint, data_keys, role="all") as app:
        yield app


async def is_ready(app: App) -> bool:
    return (await app.http.get("/readyz")).status_code == 200


async def test_one_trace_and_one_correlation_run_from_the_request_to_the_job(app: App, seen: Seen) -> None:
    headers = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01", "x-correlation-id": "request-1"}
    await app.http.post("/api/charges", headers=headers)
    await until(lambda: bool(seen.by_job), what="the job")
    assert seen.by_consumer == seen.by_job
    trace_id, correlation_id = seen.by_job[0]
    assert trace_id != 0
    assert correlation_id == "request-1"


async def test_the_service_is_ready_once_its_consumer_is(app: App) -> None:
    await until(lambda: is_ready(app), what="readiness")
    report = (await app.http.get("/readyz")).json()
    assert {"kafka wallet", "consumer wallet", "relay", "jobs", "replays", "timers"} <= {
        check["name"] for check in report["checks"]
    }


async def test_metrics_tell_what_waits_and_what_is_parked(app: App, kafka: Kafka) -> None:
    await send_raw(kafka, key=b"k", value=b"garbage")
    await until(lambda: is_parked(app))
    await until(lambda: REGISTRY.get_sample_value("immo_dead_letters", {"state": "parked"}) == 1, what="the metric")
    assert REGISTRY.get_sample_value("immo_outbox_rows") is not None
    assert REGISTRY.get_sample_value("immo_outbox_age_s") is not None
    assert REGISTRY.get_sample_value("immo_jobs_waiting") == 0
    await until(lambda: REGISTRY.get_sample_value("immo_consumer_lag", {"consumer": "wallet"}) == 0, what="lag")


async def is_parked(app: App) -> bool:
    return bool(await fetch(app.at.database, "SELECT FROM dead_letter WHERE state = 'parked'"))
