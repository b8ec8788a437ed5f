"""What drives erasures besides people: a timer that looks after each, a job that calls out, and the reports of the services."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Gauge

from services.identity.context import own_of, utc_now
from services.identity.erasure import handlers, store
from services.identity.erasure.rules import LastManagerSomewhere, Policy, State, count_late
from services.identity.settings import IdentitySettings
from shared.client import RemoteProblem
from shared.consume import Consumer
from shared.db import Connection
from shared.events.identity import AccountPurged
from shared.jobs import Job, JobHandler
from shared.runtime import Runtime
from shared.sealed import Keyring
from shared.timers import Timer

AT_ONCE = 100
MAX_LISTED = 1000

ERASURES_OPEN = Gauge("immo_erasures_open", "Erasures that are confirmed and not at their end")
ERASURES_LATE = Gauge("immo_erasures_late", "Erasures that wait for a service longer than they should", ["of"])

_LOG = structlog.get_logger(__name__)


def policy_of(settings: IdentitySettings) -> Policy:
    return Policy(
        cooling_off=timedelta(seconds=settings.erasure_cooling_off_s),
        held_for=timedelta(seconds=settings.erasure_hold_s),
        remind_after=timedelta(seconds=settings.erasure_remind_s),
    )


def look_after(at: Runtime[Any]) -> Timer:
    async def look() -> None:
        async with at.database.acquire() as db:
            due = await store.due(db, now=utc_now(), limit=AT_ONCE)
        for account_id in due:
            async with at.database.transaction() as db:
                await handlers.go_on(db, account_id, policy=policy_of(at.settings), now=utc_now())
        await _measure(at)

    return Timer("erasures", at.settings.erasure_look_s, look)


async def _measure(at: Runtime[Any]) -> None:
    async with at.database.acquire() as db:
        erasures = await store.open_erasures(db, limit=MAX_LISTED)
    ERASURES_OPEN.set(sum(erasure.state is not State.REQUESTED for erasure in erasures))
    for service, late in count_late(erasures, policy_of(at.settings), now=utc_now()).items():
        ERASURES_LATE.labels(service).set(late)
        if late:
            _LOG.warning("erasures_wait", of=service, erasures=late)


def release_job(at: Runtime[Any]) -> JobHandler:
    async def release(job: Job) -> None:
        """Have the organisation service let the person go, for good; then begin."""
        account_id = UUID(str(job.payload["account_id"]))
        async with at.database.acquire() as db:
            erasure = await store.find_erasure(db, account_id)
        if erasure is None or erasure.state is not State.STARTING:
            return
        policy = policy_of(at.settings)
        try:
            await at.client("organisation").post(f"/internal/erasures/{account_id}/release")
        except RemoteProblem as refusal:
            if refusal.code != LastManagerSomewhere.code:
                raise
            async with at.database.transaction() as db:
                await handlers.hold(db, account_id, policy=policy, now=utc_now())
            return
        async with at.database.transaction() as db:
            await handlers.start(db, account_id, master=own_of(at).master, policy=policy, now=utc_now())

    return release


def reports(at: Runtime[Any]) -> Consumer:
    async def on_account_purged(db: Connection, event: AccountPurged, keyring: Keyring) -> None:
        keyring.forget(event.account_id)
        if event.step == "told":
            await handlers.on_told(db, event.account_id, now=utc_now())
            return
        policy = policy_of(at.settings)
        await handlers.on_purged(db, event.account_id, event.service, keeps=event.keeps, policy=policy, now=utc_now())

    return Consumer("identity-reports", ["identity.reports"], {AccountPurged: on_account_purged})
