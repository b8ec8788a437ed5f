"""Sends the code of a forgotten password. After the answer, so that the answer's time says nothing."""

from uuid import UUID

from services.identity.context import own_of, utc_now
from services.identity.passwords import handlers
from services.identity.sessions.rules import new_token
from services.identity.settings import IdentitySettings
from shared.jobs import Job, JobHandler
from shared.runtime import Runtime


def send_reset_code(at: Runtime[IdentitySettings]) -> JobHandler:
    async def send(job: Job) -> None:
        own = own_of(at)
        unknown_hash = await own.passwords.hash(new_token())
        async with at.database.transaction() as db:
            await handlers.send_reset_code(
                db,
                UUID(job.payload["reset_id"]),
                bytes.fromhex(job.payload.get("old_account", "")),
                unknown_hash,
                master=own.master,
                policy=own.codes,
                now=utc_now(),
            )

    return send
