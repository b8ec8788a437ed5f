"""What operators do about invoices: `./immo wallet invoices status|run|resend`."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from services.wallet.at import At
from services.wallet.fields import Answer, Body
from services.wallet.invoices import delivery_store
from services.wallet.invoices.details import InvoiceNotFound
from services.wallet.invoices.handlers import SEND_INVOICE_JOB, asked_to_send
from services.wallet.invoices.jobs import run_until
from services.wallet.invoices.months import MonthNotOver, is_over, last_month_over, month_of
from shared import jobs
from shared.tokens import peer

router = APIRouter(prefix="/internal/wallet/invoices", dependencies=[peer("operator")])
_LISTED = 100


class RunBody(Body):
    """month: "2026-10"; None for the last one that is over. Earlier months that are not invoiced yet are, too."""

    month: Annotated[str | None, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] = None


class RunAnswer(Answer):
    month: str
    wallets: int
    documents: int


class MonthAnswer(Answer):
    period: date
    invoices: int
    credit_notes: int
    total_cents: int


class TroubleAnswer(Answer):
    number: str
    state: str
    reason: str | None


class StatusAnswer(Answer):
    """faults: what the proof of all invoices finds wrong. nameless: wallets that wait for their organisation's number or address."""

    months: list[MonthAnswer]
    states: dict[str, int]
    troubles: list[TroubleAnswer]
    nameless: int
    faults: list[dict[str, object]]


class ResendBody(Body):
    """number: of one invoice, such as 2026-000001; None for all that were not sent."""

    number: Annotated[str | None, Field(pattern=r"^[0-9]{4}-[0-9]{6,}$")] = None


class ResendAnswer(Answer):
    asked: int


@router.post("/run")
async def run(body: RunBody, at: At) -> RunAnswer:
    """In a demo the month that runs can be invoiced too; what comes after it is on the next invoice. Raises MonthNotOver."""
    now = datetime.now(UTC)
    month = last_month_over(now)
    if body.month is not None:
        year, number = re.split("-", body.month)
        month = date(int(year), int(number), 1)
        is_early = at.settings.environment == "demo" and month == month_of(now)
        if not is_early and not is_over(month, now=now):
            raise MonthNotOver(field="month")
    ran = await run_until(
        at.database, at.settings.seller, at.settings.invoice_terms, month, now=lambda: datetime.now(UTC)
    )
    return RunAnswer(month=month.strftime("%Y-%m"), wallets=ran.wallets, documents=ran.documents)


@router.get("/status")
async def status(at: At) -> StatusAnswer:
    async with at.database.acquire() as db:
        return StatusAnswer(
            months=[MonthAnswer.model_validate(one) for one in await delivery_store.latest_months(db)],
            states=await delivery_store.counts_by_state(db),
            troubles=[TroubleAnswer.model_validate(one) for one in await delivery_store.troubles(db, limit=_LISTED)],
            nameless=await delivery_store.nameless(db),
            faults=await delivery_store.faults(db),
        )


@router.post("/resend")
async def resend(body: ResendBody, at: At) -> ResendAnswer:
    """Raises InvoiceNotFound."""
    async with at.database.transaction() as db:
        if body.number is not None:
            ids = await delivery_store.find_ids(db, body.number)
            if not ids:
                raise InvoiceNotFound()
        else:
            ids = await delivery_store.ids_not_sent(db)
        await jobs.enqueue_all(db, SEND_INVOICE_JOB, [asked_to_send(invoice_id) for invoice_id in ids])
    return ResendAnswer(asked=len(ids))
