"""What a person was told, in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.notify.mails.account import REPLACED_ADDRESS
from services.notify.mails.catalogue import MAILS
from services.notify.mails.invitations import INVITATION
from services.notify.mails.naming import names_in
from services.notify.mails.render import Renderer
from services.notify.mails.rules import Addressee
from services.notify.notifications.store import Notification
from shared.db import Connection

KINDS = [kind for kind in MAILS if not kind.startswith("code-") and kind not in (REPLACED_ADDRESS, INVITATION)]
"""All that the site shows: what is not about a code, and not for another's address."""


class NotificationView(BaseModel):
    """url: where one can do something about it, None where there is nothing to do.

    organisation: its name, None for what is about oneself.
    """

    id: UUID
    kind: str
    title: str
    lines: list[str]
    button: str | None
    url: str | None
    organisation: str | None
    created_at: datetime
    is_read: bool


async def views_of(
    db: Connection, renderer: Renderer, found: Sequence[Notification], language: str
) -> list[NotificationView]:
    names = await names_in(db, [one.params for one in found])
    return [_view(renderer, one, names.of(one.params, language), language) for one in found]


def _view(renderer: Renderer, one: Notification, params: dict[str, Any], language: str) -> NotificationView:
    words = renderer.words(one.kind, Addressee(email="", language=language, first_name=""), params)
    return NotificationView(
        id=one.delivery_id,
        kind=one.kind,
        title=words.subject,
        lines=list(words.lines),
        button=words.button or None,
        url=words.url or None,
        organisation=str(params["organisation"]) if params.get("organisation") else None,
        created_at=one.created_at,
        is_read=one.read_at is not None,
    )
