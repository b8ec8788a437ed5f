"""Changing one's mail address. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.identity.sessions.rules import GROWING_S, Throttle
from shared.errors import Invalid, NotFound
from shared.markers import N_

# Asking for address after address would tell which ones are taken.
CHANGE_THROTTLE = Throttle((*[0] * 10, *GROWING_S), forget_s=24 * 3600)


class EmailUnchanged(Invalid):
    code = "email-unchanged"
    message = N_("This is your address already.")


class NothingToConfirm(NotFound):
    code = "email-change-not-found"
    message = N_("No new address waits for a code.")


@dataclass(frozen=True)
class Change:
    """A new address that waits for its code."""

    email: str
    requested_at: datetime
