"""Months of Brussels, and when VAT falls due in each. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.wallet.invoices.rules import VatDue
from shared.errors import Invalid
from shared.formats import BRUSSELS
from shared.markers import N_

_SETTLED_AFTER = timedelta(hours=1)
"""What was booked in the last moments of a month is written down for sure."""


class MonthNotOver(Invalid):
    code = "month-not-over"
    message = N_("This month is not over yet.")


@dataclass(frozen=True)
class Terms:
    """vat_due holds from the month `since` on; the months before it were the other way. None: always."""

    vat_due: VatDue
    since: date | None
    prepaid_rate_bp: int

    def vat_due_in(self, month: date) -> VatDue:
        if self.since is None or month >= self.since:
            return self.vat_due
        return "topup" if self.vat_due == "charge" else "charge"


def month_of(moment: datetime) -> date:
    """The first day of its month, in Brussels."""
    return moment.astimezone(BRUSSELS).date().replace(day=1)


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def end_of(month: date) -> datetime:
    """The first moment that no longer belongs to it."""
    after = next_month(month)
    return datetime(after.year, after.month, 1, tzinfo=BRUSSELS)


def is_over(month: date, *, now: datetime) -> bool:
    return now >= end_of(month) + _SETTLED_AFTER


def last_month_over(now: datetime) -> date:
    """The latest month that can be invoiced."""
    this = month_of(now)
    before = (this - timedelta(days=1)).replace(day=1)
    return before if is_over(before, now=now) else (before - timedelta(days=1)).replace(day=1)


def months_from(first: date, last: date) -> list[date]:
    """Both included."""
    months: list[date] = []
    while first <= last:
        months.append(first)
        first = next_month(first)
    return months
