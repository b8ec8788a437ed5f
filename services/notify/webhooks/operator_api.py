"""What operators do with webhooks: `./immo webhooks`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.notify.at import At
from services.notify.webhooks import looking, views
from services.notify.webhooks.handlers import By
from services.notify.webhooks.looking import Before, EnableBody, Limit, MaybeState, ReasonBody, ReplayBody
from services.notify.webhooks.views import ToolId, WebhookBody, WebhookView
from shared.events.identity import Language
from shared.tokens import peer

router = APIRouter(prefix="/internal/webhooks", tags=["webhooks"], dependencies=[peer("operator")])


class NewWebhook(WebhookBody):
    """client_id: how it knows people is how they are told of. language: of mails about it."""

    tool_id: ToolId
    client_id: Annotated[str, Field(min_length=1, max_length=100)]
    language: Language = "en"


@router.get("")
async def list_webhooks(at: At, tool_id: Annotated[ToolId | None, Query()] = None) -> list[WebhookView]:
    async with at.database.acquire() as db:
        return await views.all_of(db, tool_id)


@router.post("", status_code=201)
async def register(body: NewWebhook, at: At) -> views.NewWebhookView:
    endpoint, secret = await at.own.webhooks.register(
        body.tool_id, body.client_id, body.wish, _by(), language=body.language
    )
    async with at.database.acquire() as db:
        return views.NewWebhookView(webhook=await WebhookView.one(db, endpoint), secret=secret)


@router.delete("/{webhook_id}", status_code=204)
async def delete(webhook_id: UUID, at: At) -> None:
    await at.own.webhooks.delete(webhook_id, _by())


@router.post("/{webhook_id}/secret")
async def rotate(webhook_id: UUID, at: At) -> views.SecretView:
    secret, until = await at.own.webhooks.rotate(webhook_id, _by())
    return views.SecretView(secret=secret, old_secret_until=until)


@router.post("/{webhook_id}/test")
async def try_out(webhook_id: UUID, at: At) -> views.DeliveryView:
    logged = await at.own.webhooks.try_out(webhook_id, _by())
    return views.DeliveryView.of(logged, subject=None, source=at.own.webhooks.outside.source)


@router.post("/{webhook_id}/disable", status_code=204)
async def disable(webhook_id: UUID, body: ReasonBody, at: At) -> None:
    await at.own.webhooks.switch_off(webhook_id, _by(body.reason))


@router.post("/{webhook_id}/enable")
async def enable(webhook_id: UUID, body: EnableBody, at: At) -> views.CountView:
    return views.CountView(count=await at.own.webhooks.switch_on(webhook_id, _by(body.reason), replays=body.replay))


@router.post("/{webhook_id}/replay")
async def replay(webhook_id: UUID, body: ReplayBody, at: At) -> views.CountView:
    return views.CountView(count=await at.own.webhooks.replay(webhook_id, body.since, _by(body.reason)))


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    webhook_id: UUID, at: At, state: MaybeState = None, before: Before = None, limit: Limit = 50
) -> views.DeliveriesView:
    return await looking.deliveries(at, webhook_id, _by(), state=state, before=before, limit=limit)


def _by(reason: str = "") -> By:
    return By("operator", None, reason)
