"""What the staff may look into, and do. Pure: time is an argument."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.identity.accounts.emails import email_key
from services.identity.accounts.names import username_key
from services.identity.accounts.rules import Account
from shared.errors import Conflict, Forbidden, Invalid, NotFound
from shared.markers import N_

ROLE: Literal["support"] = "support"
CASE_TTL = timedelta(hours=8)
FRESH_S = 8 * 3600
MIN_REASON_CHARS, MAX_REASON_CHARS = 10, 1_000
MAX_FOUND = 20

SearchBy = Literal["id", "email", "username", "name"]


class ReasonMissing(Invalid):
    """params: min_length, max_length."""

    code = "reason-missing"
    message = N_("Say why, in {min_length} to {max_length} characters: it stands in the record of what you do.")


class CaseEnded(NotFound):
    code = "case-ended"
    message = N_("This case is closed. Open another one to go on.")


class OwnAccount(Forbidden):
    code = "own-account"
    message = N_("Nobody handles their own account. Ask a colleague.")


class StaffAccount(Forbidden):
    code = "staff-account"
    message = N_("This account belongs to somebody who works here. The operator of the platform helps them.")


class NothingToSend(Conflict):
    code = "nothing-to-send"
    message = N_("This account is active already: no activation code is needed.")


@dataclass(frozen=True)
class Search:
    """key: in the form in which it is looked up. For a name `first` may be empty."""

    by: SearchBy
    key: str
    first: str = ""


@dataclass(frozen=True)
class Case:
    """Why a member of the staff looks into an account. All that they do to it stands under it."""

    id: UUID
    staff_id: UUID
    account_id: UUID
    reason: str
    opened_at: datetime
    expires_at: datetime


def read_search(text: str) -> Search:
    """What somebody who asks for help may give: an id, an address, a username, or "Peeters, Nora" or "Nora Peeters"."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    try:
        return Search("id", str(UUID(text)))
    except ValueError:
        pass
    if "@" in text:
        return Search("email", email_key(text))
    last, comma, first = text.partition(",")
    if comma:
        return Search("name", last.strip().lower(), first.strip().lower())
    if " " in text:
        first, _, last = text.partition(" ")
        return Search("name", last.lower(), first.lower())
    return Search("username", username_key(text))


def check_reason(text: str) -> str:
    """Raises ReasonMissing."""
    text = " ".join(text.split())
    if not MIN_REASON_CHARS <= len(text) <= MAX_REASON_CHARS:
        raise ReasonMissing(field="reason", min_length=MIN_REASON_CHARS, max_length=MAX_REASON_CHARS)
    return text


def check_subject(account: Account, staff_id: UUID) -> None:
    """Raises OwnAccount, StaffAccount."""
    if account.id == staff_id:
        raise OwnAccount()
    if account.staff_role:
        raise StaffAccount()


def masked_email(email: str) -> str:
    """Enough for a caller to confirm, too little to learn it: n•••@example.com."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"
