"""Recording and withdrawing by hand: under a case, on evidence, in the history and in the log."""

from datetime import date, datetime

from services.recognition import announcing, audit, held_store, history_store
from services.recognition import store as people_store
from services.recognition.history_store import Changed
from services.recognition.publish import publish
from services.recognition.rules import SUPPORT, Entry, compare, notice_day
from services.recognition.support import store
from services.recognition.support.rules import Case, EvidenceFile, NotRecorded
from shared.db import Connection
from shared.sealed import Keyring


async def record(
    db: Connection,
    case: Case,
    entry: Entry,
    statement: str,
    file: EvidenceFile | None,
    keyring: Keyring,
    *,
    today: date,
    now: datetime,
) -> None:
    """It counts from this moment, beside whatever registries say. The keyring holds the person's key.

    Raises SubjectErased.
    """
    account_id = case.account_id
    await people_store.add_subject(db, account_id)
    await people_store.lock_subject(db, account_id)
    before = announcing.valid(await held_store.recognitions_of(db, account_id))
    known = {one.entry.kind: one.entry for one in before if (one.registry, one.entry.kind) == (SUPPORT, entry.kind)}
    change = compare(known, {entry.kind: entry})
    evidence_id = await store.insert_evidence(db, account_id, entry.kind, statement, file, now=now)
    notice = notice_day(entry.valid_until, 0, today=today)
    await held_store.save_valid(db, account_id, SUPPORT, [entry], [notice], now=now)
    what = "granted" if change.granted else "changed"
    line = Changed(account_id, SUPPORT, entry, what, "recorded-by-support", evidence_id)
    await history_store.insert_changes(db, [line], now=now)
    await _log(db, case, "support-recorded-recognition", kind=entry.kind, evidence=str(evidence_id))
    after = announcing.valid(await held_store.recognitions_of(db, account_id))
    whole = announcing.fetched(account_id, SUPPORT, after, keyring, now=now)
    await publish(db, [whole, *announcing.granted(account_id, SUPPORT, [entry] if change.granted else [])])


async def withdraw(db: Connection, case: Case, kind: str, statement: str, keyring: Keyring, *, now: datetime) -> None:
    """Raises NotRecorded, SubjectErased. The keyring holds the person's key."""
    account_id = case.account_id
    await people_store.lock_subject(db, account_id)
    before = announcing.valid(await held_store.recognitions_of(db, account_id))
    held = next((one for one in before if (one.registry, one.entry.kind) == (SUPPORT, kind)), None)
    if held is None:
        raise NotRecorded()
    await held_store.lapse(db, account_id, SUPPORT, [kind], now=now)
    evidence_id = await store.insert_evidence(db, account_id, kind, statement, None, now=now)
    line = Changed(account_id, SUPPORT, held.entry, "lapsed", "withdrawn-by-support", evidence_id)
    await history_store.insert_changes(db, [line], now=now)
    await _log(db, case, "support-withdrew-recognition", kind=kind, evidence=str(evidence_id))
    after = announcing.valid(await held_store.recognitions_of(db, account_id))
    whole = announcing.fetched(account_id, SUPPORT, after, keyring, now=now)
    gone = announcing.lapsed(account_id, [(kind, SUPPORT)], announcing.keys_of(after), cause=line.why)
    await publish(db, [whole, *gone])


async def note_reading(db: Connection, case: Case, evidence_id: object) -> None:
    await _log(db, case, "support-read-evidence", evidence=str(evidence_id))


async def _log(db: Connection, case: Case, action: str, **details: str) -> None:
    await audit.record(
        db,
        action,
        case.account_id,
        actor=str(case.staff_id),
        origin=f"case {case.id}",
        details={**details, "reason": case.reason},
    )
