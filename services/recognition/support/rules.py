"""What the staff may record, and what counts as evidence. Pure."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.recognition.rules import Entry
from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_

ROLE = "support"
FRESH_S = 8 * 3600
MIN_STATEMENT_CHARS, MAX_STATEMENT_CHARS = 10, 2_000
MAX_NUMBER_CHARS = 60
MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_FILE_NAME_CHARS = 120

# What each kind of file begins with; a name or a browser's word proves nothing.
_BEGINNINGS = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class KindUnknown(Invalid):
    code = "recognition-kind-unknown"
    message = N_("Choose one of the kinds of recognition.")


class StatementMissing(Invalid):
    """params: min_length, max_length."""

    code = "statement-missing"
    message = N_("Say what you have seen, in {min_length} to {max_length} characters: it stands in the record.")


class NumberUnfit(Invalid):
    """params: max_length."""

    code = "recognition-number-unfit"
    message = N_("The number has at most {max_length} characters.")


class EndPassed(Invalid):
    code = "recognition-end-passed"
    message = N_("This day has passed: what is recorded would not count.")


class BeginsLater(Invalid):
    code = "recognition-begins-later"
    message = N_("This day is still to come: what is recorded counts at once. Record it on that day.")


class PeriodReversed(Invalid):
    code = "recognition-period-reversed"
    message = N_("The last day lies before the first.")


class EvidenceUnfit(Invalid):
    code = "evidence-unfit"
    message = N_("A PDF, JPEG or PNG file of at most 2 MB can be kept as evidence.")


class NotRecorded(Conflict):
    code = "recognition-not-recorded"
    message = N_("Support has recorded no such recognition, or it was withdrawn already.")


class EvidenceMissing(NotFound):
    code = "evidence-missing"


@dataclass(frozen=True)
class Case:
    """Under which somebody of the staff acts; identity has made sure of it. reason: why it was opened."""

    id: UUID
    staff_id: UUID
    account_id: UUID
    reason: str


@dataclass(frozen=True)
class EvidenceFile:
    name: str
    media_type: str
    content: bytes


def check_entry(entry: Entry, known_kinds: frozenset[str], *, today: date) -> Entry:
    """Raises KindUnknown, NumberUnfit, PeriodReversed, EndPassed, BeginsLater."""
    if entry.kind not in known_kinds:
        raise KindUnknown(field="kind")
    number = " ".join((entry.number or "").split())
    if len(number) > MAX_NUMBER_CHARS or not number.isprintable():
        raise NumberUnfit(field="number", max_length=MAX_NUMBER_CHARS)
    if entry.valid_until is not None and entry.valid_until < today:
        raise EndPassed(field="valid_until")
    if entry.valid_from and entry.valid_until and entry.valid_from > entry.valid_until:
        raise PeriodReversed(field="valid_until")
    if not entry.has_begun(today):
        raise BeginsLater(field="valid_from")
    return Entry(entry.kind, number or None, entry.valid_from, entry.valid_until)


def check_statement(text: str) -> str:
    """Raises StatementMissing."""
    text = " ".join(text.split())
    if not MIN_STATEMENT_CHARS <= len(text) <= MAX_STATEMENT_CHARS:
        raise StatementMissing(field="statement", min_length=MIN_STATEMENT_CHARS, max_length=MAX_STATEMENT_CHARS)
    return text


def read_evidence(name: str, content: bytes) -> EvidenceFile | None:
    """None for an empty file: none was chosen. Raises EvidenceUnfit."""
    if not content:
        return None
    media_type = next((kind for beginning, kind in _BEGINNINGS.items() if content.startswith(beginning)), None)
    if media_type is None or len(content) > MAX_FILE_BYTES:
        raise EvidenceUnfit(field="file")
    plain = "".join(
        sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable() and sign not in '"<>'
    )
    return EvidenceFile(plain.strip()[-MAX_FILE_NAME_CHARS:] or "evidence", media_type, content)
