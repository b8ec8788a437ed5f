"""Numbers the events of organisations and hands them to the outbox."""

from collections import Counter
from collections.abc import Sequence

from services.organisation.organisations.store import raise_versions
from shared import outbox
from shared.db import Connection
from shared.events.organisation import OrganisationEvent


async def publish(db: Connection, events: Sequence[OrganisationEvent]) -> None:
    """Give the events of each organisation its next versions, in this order, and append them.

    Raising the version locks the organisation's row before the outbox is written, so ids and versions run alike per key.
    """
    counts = Counter(event.organisation_id for event in events)
    if not counts:
        return
    last = await raise_versions(db, counts)
    versions = {organisation_id: last[organisation_id] - count for organisation_id, count in counts.items()}
    numbered: list[OrganisationEvent] = []
    for event in events:
        versions[event.organisation_id] += 1
        numbered.append(event.model_copy(update={"version": versions[event.organisation_id]}))
    await outbox.append(db, *numbered)
