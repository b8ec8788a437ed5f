"""Mailing a tool's support address that a webhook was switched off."""

from uuid import UUID

from services.notify.at import NotifyRuntime
from services.notify.mails.smtp import Line, MailDeferred, MailInterrupted, MailRefused
from services.notify.webhooks import delivery_store, endpoint_store, known_store, letters
from services.notify.webhooks.endpoint_store import Endpoint
from shared.jobs import Job, JobHandler, Retry

RETRY_S = 300.0


def tell_job(at: NotifyRuntime) -> JobHandler:
    async def tell(job: Job) -> None:
        """Not where it is on again by now. After a crash the mail may go twice, with the same Message-ID."""
        async with at.database.acquire() as db:
            endpoint = await endpoint_store.find(db, UUID(job.payload["endpoint_id"]))
            if endpoint is None or endpoint.off_reason != job.payload["reason"]:
                return
            names, support_email = await known_store.contact_of(db, endpoint.tool_id)
            last = await delivery_store.last_failure(db, endpoint.endpoint_id)
        if support_email:
            await _send(at, endpoint, names.get(endpoint.language, endpoint.tool_id), last, support_email)

    return tell


async def _send(at: NotifyRuntime, endpoint: Endpoint, tool: str, answer: str, to: str) -> None:
    off_at = int(endpoint.off_at.timestamp()) if endpoint.off_at else 0
    message_id = f"<webhook.{endpoint.endpoint_id}.{off_at}@{at.own.renderer.domain}>"
    line = Line(at.own.server)
    try:
        message = letters.switched_off(
            endpoint, tool, answer=answer, to=to, message_id=message_id, renderer=at.own.renderer
        )
        await line.send(message, kind=letters.TELL)
    except (MailDeferred, MailInterrupted) as error:
        raise Retry(RETRY_S) from error
    except (MailRefused, ValueError):
        return  # the address is the catalogue's to mend; the desk shows the webhook as it is
    finally:
        await line.quit()
