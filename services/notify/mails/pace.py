"""Not faster to one domain than it bears, whichever worker sends: the workers share one row for each domain."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.notify.mails import queue
from services.notify.mails.letters import Letter
from services.notify.mails.pacing import URGENT, slots
from services.notify.mails.queue import PutBack
from shared.db import Database

_SOON = timedelta(milliseconds=500)


async def keep_pace(
    database: Database, letters: Sequence[Letter], *, per_s: float, burst: int, now: datetime
) -> tuple[list[Letter], list[PutBack]]:
    """Which may leave now; the others are put back to the moment that is kept for them. Codes need not wait."""
    asking: dict[str, list[Letter]] = defaultdict(list)
    going: list[Letter] = []
    for letter in letters:
        if per_s <= 0 or letter.claimed.has_slot or letter.claimed.priority >= URGENT or not letter.domain:
            going.append(letter)
        else:
            asking[letter.domain].append(letter)
    if not asking:
        return going, []
    later: list[PutBack] = []
    async with database.transaction() as db:
        free_at = await queue.lock_paces(db, list(asking))
        for domain, waiting in asking.items():
            times, free_at[domain] = slots(free_at[domain], len(waiting), per_s=per_s, burst=burst, now=now)
            for letter, at in zip(waiting, times, strict=True):
                if at <= now + _SOON:
                    going.append(letter)
                else:
                    later.append(PutBack(letter.claimed, at, "pace of the domain", counts=False, has_slot=True))
        await queue.set_paces(db, free_at)
    return going, later
