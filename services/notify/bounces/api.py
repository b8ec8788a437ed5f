"""Reports that a mail server posts, and what a person can do about an address that takes no mail."""

import hmac
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.notify.at import At
from services.notify.bounces import handlers, store
from services.notify.bounces.metrics import REPORTS
from services.notify.bounces.reports import MAX_BYTES, AutoReply, NoReport
from shared.errors import Invalid, NotFound, Unauthenticated
from shared.markers import N_
from shared.tokens import Person, person, public

PATH = "/mail-reports"
MAX_BODY_BYTES = MAX_BYTES

router = APIRouter(tags=["bounces"])
Caller = Annotated[Person, person(acr="pending")]


class ReportRefused(Unauthenticated):
    code = "mail-report-refused"
    message = N_("The secret is not the one that was agreed.")


class ReportUnreadable(Invalid):
    code = "mail-report-unreadable"
    message = N_("This is no report about a mail.")


class Taken(BaseModel):
    """outcome: what came of it, such as `marked` or `not-ours`; said to help whoever sets it up."""

    outcome: str


class AddressView(BaseModel):
    undeliverable_since: datetime | None


@router.post(PATH, dependencies=[public("proves itself by the secret that was agreed with the mail server")])
async def take(request: Request, at: At) -> Taken:
    """The mail as it came, with `Authorization: Bearer SECRET`. Not passed on by the gateway: the mail server reaches notify itself.

    Raises NotFound where no secret was agreed, ReportRefused, ReportUnreadable.
    """
    secret = at.settings.bounce_secret
    if secret is None:
        raise NotFound
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), secret.encode()):
        raise ReportRefused
    try:
        return Taken(outcome=await at.own.inspector.take(await request.body()))
    except AutoReply:
        REPORTS.labels("auto-reply").inc()
        return Taken(outcome="auto-reply")
    except NoReport as error:
        REPORTS.labels("unreadable").inc()
        raise ReportUnreadable from error


@router.get("/api/notifications/address")
async def address(caller: Caller, at: At) -> AddressView:
    async with at.database.acquire() as db:
        return AddressView(undeliverable_since=await store.undeliverable_since(db, caller.account_id))


@router.post("/api/notifications/address/works-again", status_code=204)
async def works_again(caller: Caller, at: At) -> None:
    """The person has seen to it, such as a full mailbox: mails go there again, until one comes back. May be repeated."""
    async with at.database.transaction() as db:
        await handlers.trust_again(db, caller.account_id, now=datetime.now(UTC))
