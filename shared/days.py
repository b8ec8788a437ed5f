"""Days as Belgium lives them, and the moments at which they begin."""

from datetime import date, datetime, time, timedelta

from shared.formats import BRUSSELS


def first_moment(day: date | None) -> datetime | None:
    """When this day begins in Brussels."""
    return datetime.combine(day, time(), BRUSSELS) if day else None


def moment_after(day: date | None) -> datetime | None:
    """When the day after it begins."""
    return first_moment(day + timedelta(days=1)) if day and day < date.max else None
