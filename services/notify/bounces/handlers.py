"""What follows from a mail that came back. A report counts only when it is about a mail of ours to the address on record."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from services.notify.bounces import store
from services.notify.bounces.metrics import REFUSALS
from services.notify.bounces.reports import Failed, Report
from services.notify.bounces.return_paths import ReturnPaths
from services.notify.bounces.rules import KEPT_FOR, REPORTED_WITHIN, Sort, is_worn_out, sort_of
from services.notify.bounces.store import Sent
from services.notify.mails.handlers import tell_of_refused_invitation
from services.notify.mails.invitations import INVITATION
from services.notify.mails.store import raise_mail_version
from services.notify.preferences import handlers as preferences
from services.notify.preferences.tokens import Unsubscribe
from services.notify.preferences.topics import EVERYTHING
from shared import outbox
from shared.db import Connection
from shared.events.notify import AddressBounced, AddressRestored

Outcome = Literal["counted", "marked", "stopped", "known", "not-ours", "other-address", "no-failure", "policy"]


async def take_report(db: Connection, report: Report, *, paths: ReturnPaths, domain: str, now: datetime) -> Outcome:
    """domain: of our Message-IDs. May be repeated: what is known counts once."""
    found = await _find(db, report, paths=paths, domain=domain, now=now)
    if found is None:
        return "not-ours"
    sent, is_proven = found
    if report.sort == "complaint":
        return await _complained(db, sent, now=now)
    if not report.failed:
        return "no-failure"
    sort, status = _worst(report.failed, sent.email, is_proven=is_proven)
    if sort is None:
        return "other-address" if status is None else "policy"
    return await note_failure(db, sent, sort, status or "", now=now)


async def note_failure(
    db: Connection, sent: Sent, sort: Literal["hard", "soft"], status: str, *, now: datetime
) -> Outcome:
    """A mail to the address on record did not arrive for good; or an invitation, whose address nobody has any more."""
    if not await store.insert_bounce(db, sent.delivery_id, sort, sent.account_id, status=status, now=now):
        return "known"
    if sent.kind == INVITATION and sort == "hard":
        await tell_of_refused_invitation(db, sent.account_id, sent.params, f"status-{status}", now)
    if sent.kind == INVITATION or not sent.email:
        return "counted"
    if sort == "soft" and not is_worn_out(await store.soft_bounces_of(db, sent.account_id), now=now):
        return "counted"
    if not await store.mark(db, sent.account_id, sent.email, now=now):
        return "counted"
    version = await raise_mail_version(db, sent.account_id)
    await outbox.append(db, AddressBounced(account_id=sent.account_id, version=version, bounced_at=now))
    return "marked"


async def refused(db: Connection, delivery_id: UUID, email: str, status: str, *, now: datetime) -> None:
    """The server to which we gave the mail would not have it for its recipient. email: where it went, if that was on record."""
    sort = sort_of(status) if status else None
    sent = await store.find_sent(db, delivery_id, after=now - REPORTED_WITHIN) if sort and email else None
    if sort is not None and sent is not None and sent.email == email:
        await note_failure(db, sent, sort, status, now=now)


async def trust_again(db: Connection, account_id: UUID, *, now: datetime) -> bool:
    """Another address counts, or the person says that this one works. What came back before is no matter of it. May be repeated."""
    await store.delete_of(db, account_id)
    if not await store.clear_mark(db, account_id):
        return False
    version = await raise_mail_version(db, account_id)
    await outbox.append(db, AddressRestored(account_id=account_id, version=version, restored_at=now))
    return True


async def prune(db: Connection) -> None:
    await store.prune(db, datetime.now(UTC) - KEPT_FOR)


async def _find(
    db: Connection, report: Report, *, paths: ReturnPaths, domain: str, now: datetime
) -> tuple[Sent, bool] | None:
    """The mail, and whether it is proven that it went to the address on record (or, of an invitation, that it is one of ours)."""
    after = now - REPORTED_WITHIN
    for returned in paths.find(report.return_paths):
        sent = await store.find_sent(db, returned.delivery_id, after=after)
        if sent is not None and paths.proves(returned, "" if sent.kind == INVITATION else sent.email):
            return sent, True
    for message_id in report.message_ids:
        delivery_id = _delivery_id(message_id, domain)
        sent = await store.find_sent(db, delivery_id, after=after) if delivery_id else None
        if sent is not None and sent.kind != INVITATION and sent.email:
            return sent, False
    return None


def _delivery_id(message_id: str, domain: str) -> UUID | None:
    local, _, host = message_id.partition("@")
    try:
        return UUID(local) if host.lower() == domain.lower() else None
    except ValueError:
        return None


def _worst(
    failed: tuple[Failed, ...], email: str, *, is_proven: bool
) -> tuple[Literal["hard", "soft"] | None, str | None]:
    """How bad it is, and its status; None and None for a failure of another address, which anybody might have written.

    Where a mail was forwarded, or spread to the members of a list, the address on record exists: that is not hard.
    """
    about_us = False
    soft: str | None = None
    for one in failed:
        is_same = email.lower() in one.addresses
        if not is_same and not is_proven:
            continue
        sort = sort_of(one.status)
        about_us |= sort is None
        if sort == "hard" and (is_same or not email):
            return "hard", one.status
        if sort is not None:
            soft = one.status
    if soft is not None:
        return "soft", soft
    if about_us:
        REFUSALS.inc()
        return None, ""
    return None, None


async def _complained(db: Connection, sent: Sent, *, now: datetime) -> Outcome:
    """Who calls our mails a nuisance gets those no more that they can do without. An invitation is to nobody whom we know."""
    sort: Sort = "complaint"
    if not await store.insert_bounce(db, sent.delivery_id, sort, sent.account_id, status="", now=now):
        return "known"
    if sent.kind == INVITATION:
        return "counted"
    await preferences.stop(db, Unsubscribe(sent.account_id, EVERYTHING))
    return "stopped"
