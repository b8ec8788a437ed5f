"""Mailing a question to the help desk and its reference to whoever asked; then forgetting both."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import structlog

from services.notify.at import NotifyRuntime
from services.notify.contact import letters, store
from services.notify.contact.api import PASS_ON
from services.notify.contact.rules import KEPT_DAYS, Question
from services.notify.mails.smtp import Line, MailDeferred, MailInterrupted, MailRefused
from shared.jobs import Job, JobHandler, Retry
from shared.sealed import Sealed

RETRY_S = 120.0
_LOG = structlog.get_logger(__name__)


def pass_on_job(at: NotifyRuntime) -> JobHandler:
    async def pass_on(job: Job) -> None:
        """After a crash a mail may go twice, with the same Message-ID."""
        message_id = UUID(job.payload["message_id"])
        async with at.database.acquire() as db:
            kept = await store.find(db, message_id)
        if kept is not None:
            await _pass_on(at, kept)
            await _forget(at, message_id)

    return pass_on


async def _pass_on(at: NotifyRuntime, kept: store.Kept) -> None:
    await at.keyring.fetch([kept.id])
    text = at.keyring.open(Sealed(kept.sealed), PASS_ON)
    if text is not None:
        question, renderer = Question.model_validate_json(text), at.own.renderer
        if not kept.is_passed_on:
            await _send(at, letters.to_help_desk(kept, question, renderer, desk=at.settings.reply_to))
            async with at.database.transaction() as db:
                await store.mark_passed_on(db, kept.id, now=datetime.now(UTC))
        try:
            await _send(at, letters.to_person(kept, question, renderer))
        except (MailRefused, ValueError) as error:
            # The address was typed by somebody: the help desk has the question all the same.
            _LOG.info("contact-confirmation-refused", error=type(error).__name__)


async def _forget(at: NotifyRuntime, message_id: UUID) -> None:
    """The key first: what is left of the question in backups then means nothing either."""
    await at.client("identity").delete(f"/internal/data-keys/{message_id}")
    async with at.database.transaction() as db:
        await store.delete(db, message_id)


async def _send(at: NotifyRuntime, message: EmailMessage) -> None:
    """Over a connection of its own: questions are few."""
    line = Line(at.own.server)
    try:
        await line.send(message, kind=PASS_ON)
    except (MailDeferred, MailInterrupted) as error:
        raise Retry(RETRY_S) from error
    finally:
        await line.quit()


async def give_up(at: NotifyRuntime) -> None:
    """Nothing that people wrote stays longer than it takes."""
    async with at.database.acquire() as db:
        overdue = await store.find_older(db, datetime.now(UTC) - timedelta(days=KEPT_DAYS))
    for message_id in overdue:
        await _forget(at, message_id)
        _LOG.warning("question-given-up", message_id=str(message_id))
