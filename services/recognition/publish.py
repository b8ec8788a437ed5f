"""Numbers the events of people and hands them to the outbox."""

from collections import Counter
from collections.abc import Sequence

from services.recognition.store import raise_versions
from shared import outbox
from shared.db import Connection
from shared.events.recognition import RecognitionEvent


async def publish(db: Connection, events: Sequence[RecognitionEvent]) -> None:
    """Give the events of each person their next versions, in this order, and append them.

    Raising the version locks the person's row before the outbox is written, so ids and versions run alike per key.
    """
    counts = Counter(event.account_id for event in events)
    if not counts:
        return
    last = await raise_versions(db, counts)
    versions = {account_id: last[account_id] - count for account_id, count in counts.items()}
    numbered: list[RecognitionEvent] = []
    for event in events:
        versions[event.account_id] += 1
        numbered.append(event.model_copy(update={"version": versions[event.account_id]}))
    await outbox.append(db, *numbered)
