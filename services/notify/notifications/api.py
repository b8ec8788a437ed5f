"""What a person was told, for the list on the site."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.notify.at import At
from services.notify.notifications import store
from services.notify.notifications.views import KINDS, NotificationView, views_of
from services.notify.recipients.store import organisation_names
from shared.errors import NotFound
from shared.http import Language
from shared.markers import N_
from shared.tokens import Person, person

router = APIRouter(prefix="/api/notifications", tags=["notifications"])
Caller = Annotated[Person, person()]


class NotificationUnknown(NotFound):
    code = "notification-unknown"
    message = N_("This notification is no longer kept.")


class OrganisationNamed(BaseModel):
    id: UUID
    name: str


class NotificationsView(BaseModel):
    """The latest first. next: pass it as `before` for the earlier ones, None when there are none.

    unread: of all, 100 for that many and more. organisations: about which something is kept.
    """

    notifications: list[NotificationView]
    unread: int
    latest: UUID | None
    next: UUID | None
    organisations: list[OrganisationNamed]


@router.get("")
async def list_notifications(
    caller: Caller,
    at: At,
    language: Language,
    before: UUID | None = None,
    organisation: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> NotificationsView:
    """organisation: only what is about this one."""
    me = caller.account_id
    async with at.database.acquire() as db:
        found = await store.notifications_of(
            db, me, KINDS, organisation_id=organisation, before=before, limit=limit + 1
        )
        standing = (await store.standings(db, [me], KINDS))[me]
        names = await organisation_names(db, await store.organisations_of(db, me))
        views = await views_of(db, at.own.renderer, found[:limit], language)
    return NotificationsView(
        notifications=views,
        unread=standing.unread,
        latest=standing.latest,
        next=views[-1].id if len(found) > limit else None,
        organisations=[
            OrganisationNamed(id=one, name=name) for one, name in sorted(names.items(), key=lambda o: o[1].lower())
        ],
    )


@router.post("/read", status_code=204)
async def mark_all_read(caller: Caller, at: At, up_to: UUID | None = None) -> None:
    """Everything told so far counts as read. up_to: the latest that the person has seen."""
    async with at.database.transaction() as db:
        await store.mark_all_read(db, caller.account_id, up_to=up_to, now=datetime.now(UTC))
        db.mark("notification")


@router.post("/{notification_id}/read")
async def mark_read(notification_id: UUID, caller: Caller, at: At, language: Language) -> NotificationView:
    """As it now stands. Raises NotificationUnknown."""
    async with at.database.transaction() as db:
        await store.mark_read(db, caller.account_id, notification_id, now=datetime.now(UTC))
        found = await store.find_notification(db, caller.account_id, notification_id, KINDS)
        if found is None:
            raise NotificationUnknown()
        [view] = await views_of(db, at.own.renderer, [found], language)
        db.mark("notification")
    return view
