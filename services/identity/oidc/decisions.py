"""May this still be? Asked of the organisation service once the grant stands, so that no right outlives its withdrawal."""

import asyncio
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.identity.context import At, utc_now
from services.identity.oidc import store
from services.identity.oidc.logout import end_grant
from services.identity.oidc.rules import Grant
from services.identity.settings import IdentitySettings
from shared import authzen, jobs
from shared.client import RemoteProblem
from shared.db import Connection
from shared.errors import Unavailable
from shared.jobs import Job, JobHandler
from shared.runtime import Runtime

CONFIRM_GRANT = "confirm-grant"
SERVER_ERROR = 500

Verdict = Literal["allowed", "refused", "silent"]


async def ask(at: Runtime[IdentitySettings], grant: Grant) -> Verdict:
    """`silent`: nobody answered in time."""
    quality = grant.quality
    question = authzen.may_start(
        grant.account_id, grant.tool_id, quality.organisation_id, quality.usage_mode, quality.role
    )
    try:
        async with asyncio.timeout(at.settings.decision_timeout_s):
            answer = await at.client("organisation").post(authzen.EVALUATION, question)
    except (Unavailable, TimeoutError):
        return "silent"
    except RemoteProblem as problem:
        return "silent" if problem.status >= SERVER_ERROR else "refused"
    return "allowed" if answer["decision"] else "refused"


async def confirm_later(db: Connection, grant: Grant) -> None:
    """The gateway has let the person in on what it knows; the grant ends if the organisation service, once back, says no."""
    payload = {"grant_id": str(grant.id), "client_id": grant.client_id}
    await jobs.enqueue(db, CONFIRM_GRANT, payload, key=str(grant.account_id), unique=str(grant.id))


def confirm_grant(at: At) -> JobHandler:
    async def confirm(job: Job) -> None:
        grant_id, now = UUID(job.payload["grant_id"]), utc_now()
        async with at.database.acquire() as db:
            grant = await store.find_live_grant(db, grant_id, job.payload["client_id"], now=now)
        if grant is not None:
            await _settle(at, grant, await ask(at, grant), now=now)

    return confirm


async def _settle(at: At, grant: Grant, verdict: Verdict, *, now: datetime) -> None:
    """Raises Unavailable while there is no answer: the job comes again."""
    if verdict == "silent":
        raise Unavailable
    if verdict == "refused":
        async with at.database.transaction() as db:
            await end_grant(db, grant.id, reason="not-confirmed", now=now)
