"""The two mails of a question: to the help desk, and to whoever asked."""

import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from services.notify.contact.rules import Question
from services.notify.contact.store import Kept
from services.notify.mails.render import FOLDER, Renderer, Words
from services.notify.mails.rules import on_one_line
from shared.i18n import translator
from shared.markers import N_

_FACTS = {"page": "Page", "code": "Error code", "reference": "Trace", "browser": "Browser", "system": "System"}
_SUBJECT = N_("Your question to the help desk: {reference}")
_LINES = (
    N_("We have received your question and answer as soon as we can, from Monday to Friday."),
    N_("Its reference is {reference}. Mention it if you write or call again about the same matter."),
)
_WHY = N_("You get this mail because this address was given in our contact form.")
_WHY_DESK = N_("Your answer goes straight to whoever asked.")
_OF_PROGRAMS = ("Auto-Submitted", "X-Auto-Response-Suppress")


def to_help_desk(kept: Kept, question: Question, renderer: Renderer, *, desk: str) -> EmailMessage:
    """What is in it was typed by somebody: an answer goes straight to them, and desks that make cases of mails must take it for one."""
    facts = [
        f"{label}: {on_one_line(question.facts[name])}" for name, label in _FACTS.items() if name in question.facts
    ]
    asked_by = f"{on_one_line(question.name)} <{question.email}>".strip()
    words = Words(
        language="en",
        subject=f"[{kept.reference}] {on_one_line(question.text)[:80]}",
        greeting=f"{asked_by} ({kept.language})",
        lines=(*question.text.splitlines(), *facts),
        code="",
        button="",
        url="",
        why=_WHY_DESK,
    )
    message = _message(renderer, words, to=desk, kept=kept, part="desk")
    for name in ("Reply-To", *_OF_PROGRAMS):
        del message[name]
    message["Reply-To"] = question.email
    if question.picture:
        body = base64.b64decode(question.picture)
        message.add_attachment(body, maintype="image", subtype="webp", filename=f"{kept.reference}.webp")
    return message


def to_person(kept: Kept, question: Question, renderer: Renderer) -> EmailMessage:
    t = translator(FOLDER, kept.language)
    known = {"reference": kept.reference}
    words = Words(
        language=t.language,
        subject=t.sentence(_SUBJECT, known),
        greeting=t.gettext("Hello,"),
        lines=tuple(t.sentence(line, known) for line in _LINES),
        code="",
        button="",
        url="",
        why=_WHY,
    )
    return _message(renderer, words, to=question.email, kept=kept, part="person")


def _message(renderer: Renderer, words: Words, *, to: str, kept: Kept, part: str) -> EmailMessage:
    message_id = f"<contact.{kept.id}.{part}@{renderer.domain}>"
    return renderer.message(words, to=to, message_id=message_id, sent_at=format_datetime(datetime.now(UTC)))
