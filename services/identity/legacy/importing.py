"""Taking in the accounts of an older tool, a batch a transaction: killed at any moment, what was told as done is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.identity import audit
from services.identity.keys.rules import MasterKey
from services.identity.legacy import rules, store
from services.identity.legacy.rules import LineRefused, Record, Taken
from services.identity.legacy.store import Sealed, legacy_purpose
from services.identity.sessions.rules import normalise_identifier
from shared.db import Connection

Outcome = Literal["new", "updated", "unchanged", "attached", "refused"]


@dataclass(frozen=True)
class LineResult:
    """reason: why it was refused. notes: what of it was left out."""

    outcome: Outcome
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """tool_id: for lines that name no tool themselves. is_trusted: memberships hold without a manager's confirming them."""

    lines: Sequence[object]
    tool_id: str
    is_trusted: bool
    allow_test_domains: bool


def seal(record: Record, master: MasterKey, *, notes: tuple[str, ...] = ()) -> Sealed:
    source_key = master.keyed_hash("legacy", "source", record.tool_id, record.source_id)
    raw = record.as_bytes()
    return Sealed(
        tool_id=record.tool_id,
        source_key=source_key,
        username_key=identifier_key(record.username, master) if record.username else None,
        email_key=identifier_key(record.email, master) if record.email else None,
        has_password=record.hash is not None,
        digest=master.keyed_hash("legacy", "record", raw.decode()),
        wrapped=master.wrap(legacy_purpose(source_key), raw),
        notes=notes,
    )


def identifier_key(text: str, master: MasterKey) -> bytes:
    """By this an old account is found, whether somebody gives its username or its address."""
    return master.keyed_hash("legacy", "identifier", normalise_identifier(text))


def read_batch(batch: Batch, master: MasterKey) -> list[Sealed | LineResult]:
    """Each line sealed, or refused. Takes a fraction of a millisecond a line: not for the thread that answers everyone else."""
    read: list[Sealed | LineResult] = []
    seen: set[bytes] = set()
    for line in batch.lines:
        taken = _read(line, batch)
        if not isinstance(taken, Taken):
            read.append(LineResult("refused", taken))
            continue
        sealed = seal(taken.record, master, notes=taken.notes)
        read.append(LineResult("refused", "duplicate-id") if sealed.source_key in seen else sealed)
        seen.add(sealed.source_key)
    return read


async def import_batch(
    db: Connection, read: Sequence[Sealed | LineResult], *, master: MasterKey, now: datetime, dry_run: bool
) -> list[LineResult]:
    """What became of each line, or with `dry_run` what would."""
    known = await store.find_known(db, [one.source_key for one in read if isinstance(one, Sealed)])
    results = [
        LineResult(_outcome(known.get(one.source_key), one.digest), notes=one.notes) if isinstance(one, Sealed) else one
        for one in read
    ]
    changed = [
        one
        for one, result in zip(read, results, strict=True)
        if isinstance(one, Sealed) and result.outcome in ("new", "updated")
    ]
    if changed and not dry_run:
        await store.upsert(db, changed, master.id, now=now)
        details = {"count": len(changed), "tools": sorted({one.tool_id for one in changed})}
        await audit.record(db, "old-accounts-imported", now=now, actor="service:operator", details=details)
    return results


def _read(line: object, batch: Batch) -> Taken | str:
    """The line, or the reason against it."""
    try:
        return rules.read_line(
            line,
            tool_id=batch.tool_id,
            is_trusted=batch.is_trusted,
            allow_test_domains=batch.allow_test_domains,
        )
    except LineRefused as refused:
        return refused.reason


def _outcome(known: store.Known | None, digest: bytes) -> Outcome:
    if known is None:
        return "new"
    if known.is_attached:
        return "attached"
    return "unchanged" if known.digest == digest else "updated"
