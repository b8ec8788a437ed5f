"""News for pages that are open: whoever shows them asks, and is answered when there is something, or after a while.

One question of a gateway is about all people whose pages it shows; it asks again with what it then knows. So nothing is lost when
either side is restarted, and nobody looks at the database while nothing happens.
"""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.notify.at import At
from services.notify.notifications import store
from services.notify.notifications.views import KINDS, NotificationView, views_of
from shared.i18n import DEFAULT_LANGUAGE, LANGUAGES
from shared.stopping import wait_any
from shared.tokens import peer

MOST_ASKED = 5_000
LONGEST_WAIT_S = 8.0
"""Shorter than whoever asks has patience."""
PAUSE_S = 0.2
"""Between two looks: many things that happen at once are one piece of news."""
LOOKED_ANYWAY_S = 3.0
"""However silent it is: a wake-up can be missed."""
MOST_SHOWN = 20

router = APIRouter(tags=["live"], dependencies=[peer("gateway")])


class Known(BaseModel):
    """unread: MOST_COUNTED for that many and more."""

    unread: int
    latest: UUID | None


class Asking(BaseModel):
    """known: what is shown of each person now."""

    known: dict[UUID, Known] = Field(max_length=MOST_ASKED)
    wait_s: float = Field(default=LONGEST_WAIT_S, ge=0, le=LONGEST_WAIT_S)


class Changes(BaseModel):
    changed: dict[UUID, Known]


class News(BaseModel):
    """notifications: the latest first."""

    unread: int
    latest: UUID | None
    notifications: list[NotificationView]


@router.post("/internal/notifications/changes")
async def changes(asking: Asking, at: At) -> Changes:
    """Whose standing is not as known, as soon as it is so for anybody; nobody's after `wait_s`."""
    loop = asyncio.get_running_loop()
    until = loop.time() + asking.wait_s
    async with at.own.ear.listening() as more:
        while True:
            more.clear()
            async with at.database.acquire() as db:
                now = await store.standings(db, asking.known, KINDS)
            changed = {
                account_id: Known(unread=standing.unread, latest=standing.latest)
                for account_id, standing in now.items()
                if (standing.unread, standing.latest)
                != (asking.known[account_id].unread, asking.known[account_id].latest)
            }
            left_s = until - loop.time()
            if changed or left_s <= 0 or at.stopping.is_set():
                return Changes(changed=changed)
            await wait_any(more.wait(), at.stopping.wait(), timeout_s=min(left_s, LOOKED_ANYWAY_S))
            await asyncio.sleep(PAUSE_S)


@router.get("/internal/notifications/{account_id}")
async def news(account_id: UUID, at: At, language: str = DEFAULT_LANGUAGE, after: UUID | None = None,
               limit: Annotated[int, Query(ge=0, le=MOST_SHOWN)] = MOST_SHOWN) -> News:  # fmt: skip
    """after: the latest that is shown already; None shows nothing that is older than the question."""
    async with at.database.acquire() as db:
        standing = (await store.standings(db, [account_id], KINDS))[account_id]
        found = await store.notifications_of(db, account_id, KINDS, after=after, limit=limit) if after else []
        views = await views_of(db, at.own.renderer, found, language if language in LANGUAGES else DEFAULT_LANGUAGE)
    return News(unread=standing.unread, latest=standing.latest, notifications=views)
