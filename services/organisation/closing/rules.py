"""When an organisation may be closed, and by whom. Pure."""

from dataclasses import dataclass

from shared.errors import Conflict, Forbidden, Invalid
from shared.markers import N_

REASON = "organisation-closed"
STAFF_ROLE = "support"
FRESH_S, STAFF_FRESH_S = 900, 8 * 3600
MIN_REASON_CHARS, MAX_REASON_CHARS = 10, 1000


class OrganisationIsClosed(Conflict):
    code = "organisation-closed"
    message = N_("This organisation is closed. Support can open it again for whoever represents it.")


class NotClosed(Conflict):
    code = "organisation-not-closed"
    message = N_("This organisation is not closed.")


class OwnAccount(Forbidden):
    code = "own-account"
    message = N_("Nobody gives themselves an organisation. Ask a colleague.")


class OtherManagersRemain(Conflict):
    """params: managers, how many others there are."""

    code = "other-managers-remain"
    message = N_("Only the last manager of an organisation can close it. Let the other managers step down first.")


class ReasonMissing(Invalid):
    """params: min_length."""

    code = "reason-missing"
    message = N_("Say why, in at least {min_length} characters: it is kept in the record.")


@dataclass(frozen=True)
class Outlook:
    """What would end. employees: active ones besides whoever asks; waiting: who has asked to join; other_managers: among the employees."""

    employees: int
    other_managers: int
    waiting: int
    registrations: int
    invitations: int

    def check(self) -> None:
        """Raises OtherManagersRemain."""
        if self.other_managers:
            raise OtherManagersRemain(managers=self.other_managers)


def clean_reason(text: str) -> str:
    """Raises ReasonMissing."""
    reason = " ".join(text.split())[:MAX_REASON_CHARS]
    if len(reason) < MIN_REASON_CHARS:
        raise ReasonMissing(field="reason", min_length=MIN_REASON_CHARS)
    return reason
