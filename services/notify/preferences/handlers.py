"""Looking at one's choices, changing them, and stopping mails by a link."""

from collections.abc import Mapping
from uuid import UUID

from services.notify.digests.rules import CHOICES, Choice
from services.notify.preferences import store
from services.notify.preferences.rules import ChoiceUnknown, OrganisationUnknown
from services.notify.preferences.tokens import Unsubscribe
from services.notify.preferences.topics import EVERYTHING, PERSONAL, TOPICS
from shared.db import Connection


async def choose(db: Connection, account_id: UUID, organisation_id: UUID | None, choices: Mapping[str, Choice]) -> None:
    """Raises ChoiceUnknown, OrganisationUnknown."""
    for topic, choice in choices.items():
        may_choose = topic in TOPICS and (organisation_id is None or topic not in PERSONAL)
        if not may_choose or choice not in CHOICES:
            raise ChoiceUnknown(field=topic)
    if organisation_id is not None and choices:
        known = {one for one, _ in await store.organisations_of(db, account_id)}
        if organisation_id not in known:
            raise OrganisationUnknown()
    await store.lock_choices(db, account_id)
    await store.replace_choices(db, account_id, organisation_id, choices)


async def stop(db: Connection, unsubscribe: Unsubscribe) -> None:
    """May be repeated."""
    topics = TOPICS if unsubscribe.topic == EVERYTHING else (unsubscribe.topic,)
    await store.lock_choices(db, unsubscribe.account_id)
    await store.stop(db, unsubscribe.account_id, topics)
