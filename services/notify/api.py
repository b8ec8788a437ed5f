"""What a person was told, for the page of notifications."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.notify.at import At
from services.notify.mails import store
from services.notify.mails.account import REPLACED_ADDRESS
from services.notify.mails.catalogue import MAILS
from services.notify.mails.invitations import INVITATION
from services.notify.mails.naming import names_in
from services.notify.mails.rules import Addressee
from shared.tokens import Person, person

KINDS = [kind for kind in MAILS if not kind.startswith("code-") and kind not in (REPLACED_ADDRESS, INVITATION)]

router = APIRouter(prefix="/api/notifications", tags=["notifications"])
Caller = Annotated[Person, person()]


class NotificationView(BaseModel):
    """url: where one can do something about it, None where there is nothing to do."""

    id: UUID
    kind: str
    title: str
    lines: list[str]
    button: str | None
    url: str | None
    created_at: datetime
    is_read: bool


class NotificationsView(BaseModel):
    """The latest first. next: pass it as `before` for the earlier ones, None when there are none."""

    notifications: list[NotificationView]
    unread: int
    next: UUID | None


@router.get("")
async def list_notifications(
    caller: Caller, at: At, before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> NotificationsView:
    async with at.database.acquire() as db:
        found = await store.notifications_of(db, caller.account_id, KINDS, before=before, limit=limit)
        unread = await store.unread_count(db, caller.account_id, KINDS)
        names = await names_in(db, [one.params for one in found])
    addressee = Addressee(email="", language=caller.language, first_name="")
    views: list[NotificationView] = []
    for one in found:
        words = at.own.renderer.words(one.kind, addressee, names.of(one.params, caller.language))
        views.append(
            NotificationView(
                id=one.delivery_id,
                kind=one.kind,
                title=words.subject,
                lines=list(words.lines),
                button=words.button or None,
                url=words.url or None,
                created_at=one.created_at,
                is_read=one.read_at is not None,
            )
        )
    return NotificationsView(
        notifications=views, unread=unread, next=found[-1].delivery_id if len(found) == limit else None
    )


@router.post("/read", status_code=204)
async def mark_read(caller: Caller, at: At) -> None:
    """Everything told so far counts as read."""
    async with at.database.transaction() as db:
        await store.mark_all_read(db, caller.account_id, now=datetime.now(UTC))
