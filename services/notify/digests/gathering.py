"""What is claimed is looked at once more before it leaves: is it still for its reader, do they want it, and now or with others?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.notify.digests import store
from services.notify.digests.rules import DIGEST, Choice, digest_at, gather
from services.notify.digests.store import Slot, Told
from services.notify.mails.queue import Claimed
from services.notify.mails.rights import RIGHTS
from services.notify.preferences.rules import choice_for
from services.notify.preferences.store import Scope, choices_of
from services.notify.preferences.topics import topic_of
from shared.db import Connection, Database


@dataclass
class Sorted:
    """going: leave now, digests with what they gathered. ended: their state, for those that never leave.

    What is in neither was gathered.
    """

    going: list[Claimed] = field(default_factory=list[Claimed])
    ended: list[tuple[Claimed, str]] = field(default_factory=list[tuple[Claimed, str]])
    contents: dict[UUID, list[Told]] = field(default_factory=dict[UUID, list[Told]])


async def sort_out(database: Database, claimed: Sequence[Claimed], *, now: datetime) -> Sorted:
    """Codes and what else cannot be stopped go as they are, without a look at the database."""
    result = Sorted(going=[one for one in claimed if not _is_looked_at(one)])
    asking = [one for one in claimed if _is_looked_at(one)]
    if asking:
        async with database.transaction() as db:
            await _open(db, [one for one in asking if one.delivery.kind == DIGEST], result, now=now)
            await _place(db, [one for one in asking if one.delivery.kind != DIGEST], result, now=now)
    return result


def _is_looked_at(claimed: Claimed) -> bool:
    delivery = claimed.delivery
    kind = delivery.kind
    return delivery.sealed_email is None and (kind == DIGEST or kind in RIGHTS or topic_of(kind) is not None)


async def _open(db: Connection, digests: Sequence[Claimed], result: Sorted, *, now: datetime) -> None:
    """What has lost its reader since it was gathered is left out."""
    if not digests:
        return
    told = await store.gathered_by(db, [one.delivery.delivery_id for one in digests])
    ends = await _ends(db, told, await choices_of(db, {one.delivery.account_id for one in digests}))
    await store.end_gathered(db, list(ends), list(ends.values()), now=now)
    for one in digests:
        digest_id = one.delivery.delivery_id
        result.contents[digest_id] = [
            part for part in told if part.digest_id == digest_id and part.delivery_id not in ends
        ]
        if result.contents[digest_id]:
            result.going.append(one)
        else:
            result.ended.append((one, "withdrawn"))


async def _place(db: Connection, claimed: Sequence[Claimed], result: Sorted, *, now: datetime) -> None:
    if not claimed:
        return
    told = [_told(one) for one in claimed]
    choices = await choices_of(db, {one.account_id for one in told})
    ends = await _ends(db, told, choices)
    asking: list[tuple[Claimed, Choice]] = []
    for one, about in zip(claimed, told, strict=True):
        if about.delivery_id in ends:
            result.ended.append((one, ends[about.delivery_id]))
        elif one.attempt > 1 or topic_of(about.kind) is None:
            # Perhaps it has left already: under no other Message-ID may it leave again.
            result.going.append(one)
        else:
            asking.append((one, _choice(choices, about)))
    slots = [(one, Slot(one.delivery.account_id, choice, digest_at(choice, now=now)))
             for one, choice in asking if choice != "at-once"]  # fmt: skip
    slots += await _bursts(db, [one for one, choice in asking if choice == "at-once"], result, now=now)
    if slots:
        digests = await store.open_digests(db, [slot for _, slot in slots])
        await store.gather_into(db, [(one, digests[slot]) for one, slot in slots if slot in digests])


async def _bursts(
    db: Connection, claimed: Sequence[Claimed], result: Sorted, *, now: datetime
) -> list[tuple[Claimed, Slot]]:
    """The first of a kind goes; those that come soon after it get a place in a digest of theirs."""
    if not claimed:
        return []
    known = await store.lock_bursts(db, [(one.delivery.account_id, one.delivery.kind) for one in claimed])
    waiting: list[tuple[Claimed, Slot]] = []
    for one in claimed:
        key = (one.delivery.account_id, one.delivery.kind)
        burst, began_by = known[key]
        if began_by == one.delivery.delivery_id:
            result.going.append(one)
            continue
        due_at, burst = gather(burst, now=now)
        if due_at is None:
            result.going.append(one)
            began_by = one.delivery.delivery_id
        else:
            waiting.append((one, Slot(key[0], f"burst:{key[1]}", due_at)))
        known[key] = (burst, began_by)
    await store.set_bursts(db, known)
    return waiting


async def _ends(db: Connection, told: Sequence[Told], choices: dict[Scope, Choice]) -> dict[UUID, str]:
    """The state of those that do not leave at all."""
    withdrawn = await store.without_right(db, told)
    unwanted = {one.delivery_id for one in told if _choice(choices, one) == "site"}
    return {**dict.fromkeys(unwanted, "on-site"), **dict.fromkeys(withdrawn, "withdrawn")}


def _choice(choices: dict[Scope, Choice], told: Told) -> Choice:
    about = told.params.get("organisation_id")
    return choice_for(choices, told.account_id, told.kind, UUID(str(about)) if about else None)


def _told(claimed: Claimed) -> Told:
    delivery = claimed.delivery
    return Told(delivery.delivery_id, delivery.account_id, delivery.kind, delivery.params)
