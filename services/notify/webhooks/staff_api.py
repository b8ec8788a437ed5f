"""A tool's webhooks as the staff sees them: what is done is done under a reason, and kept."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from services.notify.at import At
from services.notify.webhooks import looking, views
from services.notify.webhooks.facts import TYPES
from services.notify.webhooks.handlers import By, get
from services.notify.webhooks.looking import Before, Limit, MaybeState
from services.notify.webhooks.views import WebhookBody, WebhookView
from shared.events.identity import Language
from shared.tokens import Person, person

ROLE, FRESH_S = "support", 8 * 3600
MIN_REASON_CHARS = 10
Reason = Annotated[str, Field(min_length=MIN_REASON_CHARS, max_length=1000)]

router = APIRouter(prefix="/api/webhooks-desk/{tool_id}", tags=["webhooks desk"])
Staff = Annotated[Person, person(acr="mfa", staff=ROLE, fresh_s=FRESH_S)]
ToolId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,49}$")]


class ReasonBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason


class NewWebhook(WebhookBody):
    """client_id: how it knows people is how they are told of. language: of mails about it."""

    client_id: Annotated[str, Field(min_length=1, max_length=100)]
    language: Language
    reason: Reason


class ReplayBody(ReasonBody):
    since: datetime


@router.get("")
async def list_webhooks(tool_id: ToolId, _: Staff, at: At) -> list[WebhookView]:
    async with at.database.acquire() as db:
        return await views.all_of(db, tool_id)


@router.post("", status_code=201)
async def register(tool_id: ToolId, body: NewWebhook, staff: Staff, at: At) -> views.NewWebhookView:
    """Raises AddressRefused, TypeUnknown, ClientNotOfTool, TooManyWebhooks, WebhookExists."""
    at.own.trials.take(str(staff.account_id))
    endpoint, secret = await at.own.webhooks.register(
        tool_id, body.client_id, body.wish, _by(staff, tool_id, body.reason), language=body.language
    )
    async with at.database.acquire() as db:
        return views.NewWebhookView(webhook=await WebhookView.one(db, endpoint), secret=secret)


@router.get("/kinds")
async def list_kinds(tool_id: ToolId, _: Staff) -> list[str]:
    """The types of events that a webhook can be limited to; the same for every tool."""
    return sorted(TYPES)


@router.get("/{webhook_id}")
async def show(tool_id: ToolId, webhook_id: UUID, _: Staff, at: At) -> WebhookView:
    async with at.database.acquire() as db:
        return await WebhookView.one(db, await get(db, webhook_id, By("", tool_id)))


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    tool_id: ToolId,
    webhook_id: UUID,
    _: Staff,
    at: At,
    state: MaybeState = None,
    before: Before = None,
    limit: Limit = 25,
) -> views.DeliveriesView:
    return await looking.deliveries(at, webhook_id, By("", tool_id), state=state, before=before, limit=limit)


@router.get("/{webhook_id}/deliveries/{delivery_id}")
async def show_delivery(tool_id: ToolId, webhook_id: UUID, delivery_id: int, _: Staff, at: At) -> views.DeliveryView:
    return await looking.delivery(at, webhook_id, delivery_id, By("", tool_id))


@router.post("/{webhook_id}/test")
async def try_out(tool_id: ToolId, webhook_id: UUID, body: ReasonBody, staff: Staff, at: At) -> views.DeliveryView:
    at.own.trials.take(str(staff.account_id))
    logged = await at.own.webhooks.try_out(webhook_id, _by(staff, tool_id, body.reason))
    return views.DeliveryView.of(logged, subject=None, source=at.own.webhooks.outside.source)


@router.post("/{webhook_id}/disable", status_code=204)
async def disable(tool_id: ToolId, webhook_id: UUID, body: ReasonBody, staff: Staff, at: At) -> None:
    await at.own.webhooks.switch_off(webhook_id, _by(staff, tool_id, body.reason))


@router.post("/{webhook_id}/enable")
async def enable(tool_id: ToolId, webhook_id: UUID, body: ReasonBody, staff: Staff, at: At) -> views.CountView:
    by = _by(staff, tool_id, body.reason)
    return views.CountView(count=await at.own.webhooks.switch_on(webhook_id, by, replays=True))


@router.post("/{webhook_id}/replay")
async def replay(tool_id: ToolId, webhook_id: UUID, body: ReplayBody, staff: Staff, at: At) -> views.CountView:
    by = _by(staff, tool_id, body.reason)
    return views.CountView(count=await at.own.webhooks.replay(webhook_id, body.since, by))


@router.post("/{webhook_id}/secret")
async def rotate(tool_id: ToolId, webhook_id: UUID, body: ReasonBody, staff: Staff, at: At) -> views.SecretView:
    """For a day both secrets sign."""
    secret, until = await at.own.webhooks.rotate(webhook_id, _by(staff, tool_id, body.reason))
    return views.SecretView(secret=secret, old_secret_until=until)


@router.post("/{webhook_id}/remove", status_code=204)
async def remove(tool_id: ToolId, webhook_id: UUID, body: ReasonBody, staff: Staff, at: At) -> None:
    """With what waits for it and its log. Not DELETE: a reason is given."""
    await at.own.webhooks.delete(webhook_id, _by(staff, tool_id, body.reason))


def _by(staff: Person, tool_id: str, reason: str) -> By:
    return By(str(staff.account_id), tool_id, reason)
