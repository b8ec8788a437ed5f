"""What a failure says about an address. Pure; time is an argument."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

Sort = Literal["hard", "soft", "complaint"]

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
# No such mailbox, domain or route, or one that was shut (RFC 3463, RFC 7505); 4.310 is how Exchange Online says "no such domain".
_NO_SUCH_ADDRESS = frozenset(("1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.4", "4.310"))
# About the sender, a mail system, how one spoke, or the words: says nothing about who should have had it.
_NOT_ABOUT_ADDRESS = ("1.7", "1.8", "3.", "5.", "6.", "7.")

SOFT_WITHIN = timedelta(days=30)
SOFT_DAYS = 5
"""So many days with a soft failure within `SOFT_WITHIN`, and nobody reads this mailbox."""
REPORTED_WITHIN = timedelta(days=30)
"""Mail servers give up within days; what comes later is no news of theirs."""
KEPT_FOR = timedelta(days=90)


def status_in(*texts: str) -> str:
    """The first enhanced status code that is not as vague as 5.0.0; empty where there is none."""
    found = [status for text in texts for status in _STATUS.findall(text)]
    return next((status for status in found if not status.endswith(".0.0")), found[0] if found else "")


def sort_of(status: str) -> Literal["hard", "soft"] | None:
    """Of a mail that failed for good. None for what says nothing about the address. status: as `status_in` finds it."""
    code_class, _, detail = status.partition(".")
    if detail.startswith(_NOT_ABOUT_ADDRESS):
        return None
    return "hard" if code_class == "5" and detail in _NO_SUCH_ADDRESS else "soft"


def is_worn_out(soft_at: Collection[datetime], *, now: datetime) -> bool:
    """Whether soft failures came on so many days that one may stop trying."""
    return len({at.date() for at in soft_at if now - at <= SOFT_WITHIN}) >= SOFT_DAYS
