"""The numbers behind the pictures of a wallet."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.wallet.access.viewers import Viewer
from services.wallet.at import At
from services.wallet.catalogue.store import tool_names
from services.wallet.fields import Answer
from services.wallet.ledger.rules import EUR, wallet_id_of
from services.wallet.statement import summaries
from services.wallet.statement.api import Caller, Day, Unit
from services.wallet.statement.rules import PeriodTooLong
from shared.formats import BRUSSELS
from shared.http import Language

DAYS, MAX_DAYS, MONTHS = 90, 366, 12

router = APIRouter(prefix="/api/wallets/{organisation_id}", tags=["statement"])


class DayAnswer(Answer):
    """balance_cents: when the day ended in Brussels, or now."""

    day: date
    balance_cents: int


class BalancesAnswer(Answer):
    days: list[DayAnswer]
    unit: str


class ToolSpendingAnswer(Answer):
    """spent_cents: in each of the months; with VAT, and refunds taken off."""

    tool_id: str
    tool_name: str
    spent_cents: list[int]


class SpendingAnswer(Answer):
    """months: their first days. tools: where the most was spent first. is_complete: False while a part is still being summed up."""

    months: list[date]
    tools: list[ToolSpendingAnswer]
    is_complete: bool
    unit: str


@router.get("/balance-over-time")
async def balance_over_time(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    begin: Annotated[Day | None, Query(alias="from")] = None,
    until: Day | None = None,
    unit: Unit = EUR,
) -> BalancesAnswer:
    """from, until: days in Brussels, both included; the last 90 where they are not given. Raises PeriodTooLong."""
    last = min(until or date.max, datetime.now(UTC).astimezone(BRUSSELS).date())
    first = begin or last - timedelta(days=DAYS - 1)
    if (last - first).days >= MAX_DAYS:
        raise PeriodTooLong(field="from", days=MAX_DAYS)
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        wallet_id = wallet_id_of(viewer.organisation_id, unit)
        found = await summaries.balances(db, wallet_id, first, last)
    return BalancesAnswer(days=[DayAnswer(day=day, balance_cents=cents) for day, cents in found], unit=unit)


@router.get("/spending")
async def spending(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    language: Language,
    until: Day | None = None,
    unit: Unit = EUR,
) -> SpendingAnswer:
    """What was paid to each tool in each of the twelve months that end with this day's."""
    last = min(until or date.max, datetime.now(UTC).astimezone(BRUSSELS).date())
    months = months_until(last)
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        found = await summaries.spending(db, wallet_id_of(viewer.organisation_id, unit), months[0], months[-1])
        names = await tool_names(db, found.by_tool, language)
    tools = [
        ToolSpendingAnswer(tool_id=one, tool_name=names[one], spent_cents=[spent.get(month, 0) for month in months])
        for one, spent in found.by_tool.items()
    ]
    tools.sort(key=lambda tool: (-sum(tool.spent_cents), tool.tool_name))
    return SpendingAnswer(months=months, tools=tools, is_complete=found.is_complete, unit=unit)


def months_until(last: date) -> list[date]:
    """The first days of twelve months, the last of them that of `last`."""
    count = last.year * 12 + last.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(count - MONTHS + 1, count + 1)]
