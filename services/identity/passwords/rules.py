"""A new password: when the old one is known, and when it was forgotten. Pure: time is an argument."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.identity.accounts.problems import CodeExhausted, CodeExpired, CodeWrong
from services.identity.accounts.rules import CodePolicy
from services.identity.sessions.rules import GROWING_S, Throttle
from shared.errors import Invalid, Problem
from shared.markers import N_

Reason = Literal["changed", "reset", "upgraded"]

# One address may ask for so many codes without waiting; behind it there may be a whole office.
RESET_THROTTLE = Throttle((*[0] * 10, *GROWING_S), forget_s=3600)
# Tries at one code over all who ask: each of them has a few of their own, and together they are kept far from guessing it.
TRIES_OVER_ALL = 50
# How long a code that was right opens the page of the new password.
PROVEN_S = 900


class ResetExpired(Invalid):
    code = "reset-expired"
    message = N_("Too much time has passed. Ask for a new code.")


class PasswordUnchanged(Invalid):
    code = "password-unchanged"
    message = N_("This is the password that you have already. Choose another.")


@dataclass(frozen=True)
class Reset:
    """tries_left: of whoever asked, after this one was counted."""

    id: UUID
    account_id: UUID | None
    tries_left: int
    expires_at: datetime


def mailed_policy(policy: CodePolicy) -> CodePolicy:
    """Of the code itself; `policy.tries` is what each who asks has."""
    return replace(policy, tries=TRIES_OVER_ALL)


def proven_after(now: datetime) -> datetime:
    return now - timedelta(seconds=PROVEN_S)


def judge_try(reset: Reset | None, *, now: datetime) -> Problem:
    """Why an entered code was not taken. It depends on nothing but the request itself, and not on whether there is an account."""
    if reset is None or now >= reset.expires_at:
        return CodeExpired(field="code")
    return CodeWrong(field="code", tries_left=reset.tries_left) if reset.tries_left else CodeExhausted(field="code")
