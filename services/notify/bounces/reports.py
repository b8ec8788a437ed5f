"""Reading what mail servers send back: delivery reports (RFC 3464, RFC 6533) and complaints (RFC 5965).

Everything in them was written by strangers. What counts of it, `handlers.py` decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.parser import HeaderParser
from email.utils import parseaddr
from typing import Literal, cast

from services.notify.bounces.rules import status_in

MAX_BYTES = 2_000_000
_DELIVERY = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
_CAME_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
_AUTOMATIC = ("auto_reply", "bulk", "junk", "list")
_COMPLAINTS = ("abuse", "fraud", "opt-out", "opt-out-list", "other")


class NoReport(Exception):
    """Cannot be read, or is no report."""


class AutoReply(NoReport):
    """A program answers that somebody is away: nothing to look into."""


@dataclass(frozen=True)
class Failed:
    """One recipient that a mail did not reach for good. addresses: as it was written to and where it went in the end, in lower case."""

    addresses: frozenset[str]
    status: str


@dataclass(frozen=True)
class Report:
    """return_paths, message_ids: by which one of our mails may be found. failed: empty for a complaint, and for a mere delay."""

    sort: Literal["delivery", "complaint"]
    return_paths: tuple[str, ...]
    message_ids: tuple[str, ...]
    failed: tuple[Failed, ...] = ()


def read_report(raw: bytes) -> Report:
    """Raises NoReport, AutoReply."""
    if len(raw) > MAX_BYTES:
        raise NoReport("too long")
    try:
        return _read(raw)
    except NoReport:
        raise
    except Exception as error:  # whatever a stranger's bytes can make the library stumble over
        raise NoReport("cannot be read") from error


def _read(raw: bytes) -> Report:
    message = message_from_bytes(raw, policy=policy.compat32)
    parts = list(_parts(message))
    returned = [part for part in parts if part.get_content_type() in _RETURNED]
    headers = [head for part in returned if (head := _head_of(part)) is not None]
    for part in parts:
        kind = part.get_content_type()
        if kind in _DELIVERY:
            groups = list(_groups(part))
            failed = tuple(_failed(group) for group in groups if _text(group, "Action").lower() == "failed")
            return Report("delivery", _return_paths(message, headers), _message_ids(headers), failed)
        if kind == "message/feedback-report":
            fields = next(_groups(part), Message())
            if _text(fields, "Feedback-Type").lower() not in _COMPLAINTS:
                raise NoReport("no complaint")
            envelope = tuple(filter(None, [_address(_text(fields, "Original-Mail-From"))]))
            return Report("complaint", envelope + _return_paths(message, headers), _message_ids(headers))
    if (
        _text(message, "Auto-Submitted").lower().startswith("auto-")
        or _text(message, "Precedence").lower() in _AUTOMATIC
    ):
        raise AutoReply("automatic")
    raise NoReport("no report")


def _parts(message: Message) -> Iterator[Message]:
    """The parts of the report itself; not those of the mail that it returns, which may be a report too."""
    for part in _inside(message) if message.get_content_maintype() == "multipart" else ():
        if part.get_content_maintype() == "multipart":
            yield from _parts(part)
        else:
            yield part


def _inside(part: Message) -> list[Message]:
    payload: object = part.get_payload()
    return cast("list[Message]", payload) if isinstance(payload, list) else []


def _written(part: Message) -> str:
    decoded = part.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""


def _groups(part: Message) -> Iterator[Message]:
    """Fields stand in groups with an empty line between them; the library knows it of one media type only."""
    for group in _inside(part):
        yield group
        yield from _more_groups(group)
    if not part.is_multipart():
        yield from (HeaderParser().parsestr(one) for one in _blocks(_written(part)))


def _more_groups(group: Message) -> Iterator[Message]:
    rest = group.get_payload()
    if isinstance(rest, str):
        yield from (HeaderParser().parsestr(one) for one in _blocks(rest))


def _blocks(text: str) -> list[str]:
    return [block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]


def _failed(group: Message) -> Failed:
    named = [
        _typed_address(_text(group, name)) for name in ("Original-Recipient", "Final-Recipient", "X-Actual-Recipient")
    ]
    status = status_in(_text(group, "Status"), _text(group, "Diagnostic-Code"))
    return Failed(frozenset(filter(None, named)), status)


def _head_of(part: Message) -> Message | None:
    """The headers of the mail that came back, however much of it did."""
    if part.is_multipart():
        return next(iter(_inside(part)), None)
    return HeaderParser().parsestr(_written(part).lstrip("\r\n"))


def _return_paths(message: Message, returned: list[Message]) -> tuple[str, ...]:
    """Where the report came to is where mails are sent from, with a token of its own in each."""
    came_to = [str(value) for name in _CAME_TO for value in message.get_all(name, [])]
    sent_from = [str(value) for head in returned for value in head.get_all("Return-Path", [])]
    return tuple(filter(None, (_address(one) for one in (*came_to, *sent_from))))


def _message_ids(returned: list[Message]) -> tuple[str, ...]:
    return tuple(found.strip("<>") for head in returned if (found := _text(head, "Message-ID")))


def _typed_address(value: str) -> str:
    """`rfc822; ada@example.com`, also with the type in capitals or left out."""
    return _address(value.partition(";")[2] if ";" in value else value)


def _address(value: str) -> str:
    return parseaddr(value.strip())[1].lower()


def _text(message: Message, name: str) -> str:
    """Folded lines as one."""
    return " ".join(str(message.get(name, "")).split())
