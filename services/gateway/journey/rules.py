"""Where a person goes next on the way from a tool, or to the platform itself. Pure."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Traveller:
    """skips_eid: said a moment ago that the card cannot be linked now.

    needs_eid, needs_second_factor: the tool at the end of the way asks for it. has_second_factor: the account, whether it was given or not.
    has_invitation: came with a link from a mail, and has not answered yet.
    has_old_account: came with credentials of an older tool, and then signed in with an account that there is.
    """

    is_pending: bool
    eid_linked: bool
    acr: str
    skips_eid: bool
    needs_eid: bool
    has_tool: bool
    terms_outdated: bool = False
    needs_second_factor: bool = False
    has_second_factor: bool = False
    has_old_account: bool = False
    has_invitation: bool = False


# What comes before anything else, also before a page that one asked for.
BEFORE_ALL = ("/activate", "/terms/accept", "/upgrade/attach")


def next_stop(traveller: Traveller) -> str:
    """The path, to which the id of the tool's sign-in is added."""
    if traveller.is_pending:
        return "/activate"
    if traveller.terms_outdated:
        return "/terms/accept"
    if traveller.has_old_account:
        return "/upgrade/attach"
    if traveller.has_invitation:
        return "/invitation"
    if traveller.needs_eid and traveller.acr != "eid":
        return "/eid"
    if traveller.needs_second_factor and traveller.acr not in ("mfa", "eid"):
        return "/confirm" if traveller.has_second_factor else "/security/second-factor"
    if not traveller.eid_linked and not traveller.skips_eid:
        return "/eid"
    return "/select" if traveller.has_tool else "/organisations"


def needs_fresh_sign_in(
    prompt: Set[str], max_age_s: int | None, *, created_at: datetime, auth_time: datetime, now: datetime
) -> bool:
    """Whether the tool asked for a sign-in later than the one that there is. created_at: of the tool's request.

    One that was made for this very request is never too old, however long the way since then.
    """
    if auth_time >= created_at:
        return False
    if "login" in prompt:
        return True
    return max_age_s is not None and (now - auth_time).total_seconds() > max_age_s
