"""One letter over one line, and what became of it."""

from datetime import UTC, datetime, timedelta

from services.notify.bounces.return_paths import ReturnPaths
from services.notify.mails.letters import Letter
from services.notify.mails.outage import Outage
from services.notify.mails.outcomes import UNDELIVERABLE, Ended, LetGo, Outcome, Refusal
from services.notify.mails.pacing import again_after_s, is_given_up
from services.notify.mails.queue import PutBack
from services.notify.mails.render import Renderer, one_address
from services.notify.mails.smtp import Line, MailDeferred, MailInterrupted, MailRefused, MailServerUnavailable
from shared.correlation import traced

ADDRESS_PAUSE_S = 1.0


async def deliver(
    line: Line, renderer: Renderer, outage: Outage, letter: Letter, *, return_paths: ReturnPaths
) -> Outcome:
    """After a crash it may go out a second time, with the same Message-ID."""
    claimed, now = letter.claimed, datetime.now(UTC)
    message_id = claimed.delivery.message_id(renderer.domain)
    if letter.is_over(now):
        return Ended(claimed, message_id, "expired")
    if letter.awaits_address(now):
        return PutBack(claimed, now + timedelta(seconds=ADDRESS_PAUSE_S), "no address yet")
    if letter.is_undeliverable:
        return Ended(claimed, message_id, UNDELIVERABLE)
    with traced("deliver", claimed.headers):
        try:
            message = letter.message(renderer)
            return_path = return_paths.of(claimed.delivery.delivery_id, letter.address_on_record) or renderer.mail_from
            to = one_address(letter.addressee.email)
            await line.send(message, kind=claimed.delivery.kind, return_path=return_path, to=to)
        except MailServerUnavailable:
            outage.failed()
            return again(letter, "no connection", is_deferred=False)
        except MailInterrupted:
            return again(letter, "connection lost", is_deferred=False)
        except MailDeferred as error:
            outage.worked()
            return again(letter, f"smtp-{error.reply_code}", is_deferred=True)
        except MailRefused as error:
            outage.worked()
            refusal = Refusal(error.status, letter.address_on_record)
            return Ended(claimed, message_id, "failed", f"smtp-{error.reply_code}", refusal=refusal)
        except ValueError:
            return Ended(claimed, message_id, "failed", "address-invalid")
    outage.worked()
    return Ended(claimed, message_id, "sent")


def again(letter: Letter, error: str, *, is_deferred: bool) -> Outcome:
    """After a pause that grows, or not at all after days."""
    claimed, now = letter.claimed, datetime.now(UTC)
    if is_given_up(claimed.delivery, first_due_at=claimed.first_due_at, now=now):
        return LetGo(claimed, error)
    pause_s = again_after_s(claimed.attempt, priority=claimed.priority, is_deferred=is_deferred)
    return PutBack(claimed, now + timedelta(seconds=pause_s), error)
