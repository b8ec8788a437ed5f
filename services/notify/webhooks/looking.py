"""The log of deliveries as its readers see it: people under the `sub` that the tool knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from services.notify.at import NotifyRuntime
from services.notify.webhooks import attempt_store, delivery_store
from services.notify.webhooks.attempt_store import Attempt
from services.notify.webhooks.delivery_store import Logged
from services.notify.webhooks.endpoint_store import Endpoint
from services.notify.webhooks.handlers import By, get, get_logged
from services.notify.webhooks.views import DeliveriesView, DeliveryView, State

LAST = 2**62
Before = Annotated[int | None, Query(ge=1, le=LAST)]
Limit = Annotated[int, Query(ge=1, le=100)]
MaybeState = Annotated[State | None, Query()]


class ReasonBody(BaseModel):
    """Why somebody of the staff or an operator does it; a tool need not say."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=1000)] = ""


class EnableBody(ReasonBody):
    """replay: send what happened while it was off."""

    replay: bool = True


class ReplayBody(ReasonBody):
    since: datetime


async def deliveries(
    at: NotifyRuntime, endpoint_id: UUID, by: By, *, state: State | None, before: int | None, limit: int
) -> DeliveriesView:
    async with at.database.acquire() as db:
        endpoint = await get(db, endpoint_id, by)
        found = await delivery_store.logged(db, endpoint_id, state=state, before=before, limit=limit)
        missed = await attempt_store.of(db, [one.delivery_id for one in found])
    shown = await _shown(at, endpoint, found, missed)
    return DeliveriesView(deliveries=shown, next=found[-1].delivery_id if len(found) == limit else None)


async def delivery(at: NotifyRuntime, endpoint_id: UUID, delivery_id: int, by: By) -> DeliveryView:
    async with at.database.acquire() as db:
        endpoint = await get(db, endpoint_id, by)
        found = await get_logged(db, endpoint_id, delivery_id)
        missed = await attempt_store.of(db, [delivery_id])
    return (await _shown(at, endpoint, [found], missed))[0]


async def _shown(
    at: NotifyRuntime, endpoint: Endpoint, found: list[Logged], missed: Mapping[int, list[Attempt]]
) -> list[DeliveryView]:
    outside = at.own.webhooks.outside
    accounts = {one.account_id for one in found if one.account_id is not None}
    subjects = await outside.subjects.of(endpoint.client_id, endpoint.tool_id, accounts) if accounts else {}
    return [
        DeliveryView.of(
            one,
            missed.get(one.delivery_id, ()),
            subject=subjects.get(one.account_id) if one.account_id else None,
            source=outside.source,
        )
        for one in found
    ]
