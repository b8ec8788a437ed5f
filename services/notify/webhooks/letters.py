"""The mail to a tool's support address when the platform switched a webhook off, in the language of whoever registered it."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from services.notify.mails.render import FOLDER, Renderer, Words
from services.notify.mails.rules import on_one_line
from services.notify.webhooks.endpoint_store import Endpoint
from services.notify.webhooks.rules import OffReason
from shared import jobs
from shared.db import Connection
from shared.i18n import translator
from shared.markers import N_

TELL = "webhook-off"
_SUBJECT = N_("A webhook of {tool} was switched off")
_LINES: dict[str, tuple[str, ...]] = {
    "failing": (
        N_("For days, events of {tool} could not be delivered to {url}. The platform has stopped calling this address."),
        N_("Nothing is lost for now: events are kept for 30 days. Mend what is wrong and switch the webhook on again; "
           "everything since then is sent anew."),
    ),
    "gone": (
        N_("The address {url} answered that it is gone (410), so events of {tool} are no longer sent there."),
        N_("If that was not intended, switch the webhook on again within 30 days; everything since then is sent anew."),
    ),
}  # fmt: skip
_ANSWER = N_("The last answer was: {answer}")
_WHY = N_("You get this mail because your address is the support contact of a tool on Immo-Connect.")


async def tell_switched_off(db: Connection, endpoint_id: UUID, reason: OffReason) -> None:
    payload = {"endpoint_id": str(endpoint_id), "reason": reason}
    await jobs.enqueue(db, TELL, payload, key=str(endpoint_id), unique=f"{endpoint_id}:{reason}")


def switched_off(
    endpoint: Endpoint, tool: str, *, answer: str, to: str, message_id: str, renderer: Renderer
) -> EmailMessage:
    """tool: its name in the reader's language. answer: the last one, as the log shows it. Raises ValueError for an address that is none."""
    t = translator(FOLDER, endpoint.language)
    known = {"tool": tool, "url": endpoint.url, "answer": on_one_line(answer)}
    lines = [t.sentence(line, known) for line in _LINES[endpoint.off_reason or "failing"]]
    words = Words(
        language=t.language,
        subject=on_one_line(t.sentence(_SUBJECT, known)),
        greeting=t.gettext(N_("Hello,")),
        lines=(*lines, *([t.sentence(_ANSWER, known)] if answer else [])),
        code="",
        button="",
        url="",
        why=_WHY,
    )
    return renderer.message(words, to=to, message_id=message_id, sent_at=format_datetime(datetime.now(UTC)))
