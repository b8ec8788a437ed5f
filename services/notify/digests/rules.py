"""When a mail leaves by itself, and when it waits to leave with others. Time is an argument."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args

from shared.formats import BRUSSELS

DIGEST = "digest"
"""The kind of a delivery that is one mail about several things."""

Choice = Literal["at-once", "hourly", "daily", "site"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
"""Of a person about a topic. site: no mail, the list on the site is enough."""

DAILY_AT = time(7)
"""In Brussels: before the day's work begins."""

FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=1)
_DOUBLED_AT_MOST = 5


@dataclass(frozen=True)
class Burst:
    """Mails of one kind to one person. last_at: when one left last, or, in the future, when the next one will.

    gathered: how many mails in a row were about several things.
    """

    last_at: datetime
    gathered: int = 0


def pause_after(gathered: int) -> timedelta:
    """How long after the last mail of its kind the next one leaves: longer each time, while they keep coming."""
    return min(FIRST_PAUSE * 2 ** min(gathered, _DOUBLED_AT_MOST), LONGEST_PAUSE)


def gather(burst: Burst | None, *, now: datetime) -> tuple[datetime | None, Burst]:
    """When a mail leaves (None: at once), and what is known afterwards.

    The first of its kind leaves at once; those that follow soon wait, and leave in one mail.
    """
    if burst is None:
        return None, Burst(now)
    if burst.last_at > now:
        return burst.last_at, burst
    due_at = burst.last_at + pause_after(burst.gathered)
    if due_at <= now:
        return None, Burst(now)
    return due_at, Burst(due_at, burst.gathered + 1)


def digest_at(choice: Choice, *, now: datetime) -> datetime:
    """When the next mail leaves that gathers an hour or a day. Full hours, and `DAILY_AT`, are the same for everyone."""
    if choice == "hourly":
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    here = now.astimezone(BRUSSELS)
    day = here.date() if here.timetz().replace(tzinfo=None) < DAILY_AT else here.date() + timedelta(days=1)
    return datetime.combine(day, DAILY_AT, BRUSSELS).astimezone(now.tzinfo)
