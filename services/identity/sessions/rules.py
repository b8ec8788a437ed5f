"""How strong a session is, how long it lasts, and how failed sign-ins slow down whoever fails. Pure: time is an argument."""

import ipaddress
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.identity.accounts.emails import email_key
from services.identity.accounts.rules import Account
from shared.errors import Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from shared.markers import N_
from shared.tokens import ACR_LEVELS, PLATFORM_SCOPE

PLATFORM_CLIENT_ID = "immo-connect"
AUDIENCE = "immo"
TOKEN_BYTES = 32
MAX_USER_AGENT_CHARS = 400

SessionAcr = Literal["pwd", "mfa", "eid"]
SESSION_ACRS: tuple[SessionAcr, ...] = ("pwd", "mfa", "eid")
"""Weakest first."""


class CredentialsWrong(Unauthenticated):
    """One answer for an unknown name and a wrong password."""

    code = "credentials-wrong"
    message = N_("The username or address and the password do not belong together.")


class PasswordReplaced(CredentialsWrong):
    """Meanwhile there is another hash, be it of the same password, or no account any more."""


class SecondFactorNeeded(Forbidden):
    code = "second-factor-needed"
    message = N_("This account also asks for its second factor.")


class PasswordWrong(Invalid):
    """Of someone who is signed in: no secret is told by saying what is wrong."""

    code = "password-wrong"
    message = N_("This is not your password.")


class TooManyAttempts(TooMany):
    code = "too-many-attempts"
    message = N_("Too many failed attempts. Try again in {retry_after_s} seconds.")


class SessionEnded(Unauthenticated):
    code = "session-ended"
    message = N_("You are no longer signed in. Sign in again.")


class SessionNotFound(NotFound):
    code = "session-not-found"
    message = N_("This session has ended already.")


@dataclass(frozen=True)
class Client:
    """Where a request comes from, as the gateway tells it. device: a mark that the browser keeps; empty where it keeps none."""

    user_agent: str = ""
    address: str = ""
    device: str = ""

    @property
    def stored_user_agent(self) -> str:
        return self.user_agent.replace("\0", "")[:MAX_USER_AGENT_CHARS]

    @property
    def device_mark(self) -> str:
        """By which the device is known again."""
        return self.device or f"{self.stored_user_agent}\n{self.address}"


@dataclass(frozen=True)
class Session:
    """acr, amr, auth_time: how and when the person last proved who they are."""

    id: UUID
    account_id: UUID
    acr: SessionAcr
    amr: tuple[str, ...]
    auth_time: datetime


@dataclass(frozen=True)
class SessionPolicy:
    """A session ends `idle_s` after it was last used, and `max_s` after it began in any case."""

    idle_s: int
    max_s: int

    def expires_at(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.max_s)

    def seen_after(self, now: datetime) -> datetime:
        return now - timedelta(seconds=self.idle_s)


@dataclass(frozen=True)
class Throttle:
    """pauses_s: the pause after the first, second, ... failure; the last counts for all further ones. Forgotten after `forget_s`."""

    pauses_s: tuple[int, ...]
    forget_s: int

    def forget_before(self, now: datetime) -> datetime:
        return now - timedelta(seconds=self.forget_s)


# Growing, and then bounded: five minutes between guesses defeat guessing, and never keep an owner out for good. Besides, where the
# owner signed in before (a known client), only failures from there count.
GROWING_S = (1, 2, 4, 8, 15, 30, 60, 120, 300)
IDENTIFIER_THROTTLE = Throttle((0, 0, 0, 0, *GROWING_S), forget_s=24 * 3600)
# Behind one address there may be a whole office.
ADDRESS_THROTTLE = Throttle((*[0] * 30, *GROWING_S), forget_s=3600)


def new_token() -> str:
    """256 random bits, safe in cookies, forms and addresses."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def effective_acr(account: Account, session: Session) -> str:
    """However somebody signed in: until the address is confirmed the account opens nothing."""
    return "pending" if account.state == "pending" else session.acr


def is_at_least(acr: str, needed: str) -> bool:
    return acr in ACR_LEVELS and ACR_LEVELS.index(acr) >= ACR_LEVELS.index(needed)


def with_method(amr: tuple[str, ...], method: str) -> tuple[str, ...]:
    return amr if method in amr else (*amr, method)


def access_claims(account: Account, session: Session, *, issuer: str, ttl_s: int, now: datetime) -> dict[str, object]:
    """The access token of the platform's own pages. Who works here does so only after signing in with more than a password."""
    issued_at = int(now.timestamp())
    acts_as_staff = account.staff_role and is_at_least(effective_acr(account, session), "mfa")
    return {
        **({"staff": account.staff_role} if acts_as_staff else {}),
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": str(account.id),
        "sid": str(session.id),
        "acr": effective_acr(account, session),
        "amr": list(session.amr),
        "auth_time": int(session.auth_time.timestamp()),
        "lang": account.language,
        "client_id": PLATFORM_CLIENT_ID,
        "scope": PLATFORM_SCOPE,
        "iat": issued_at,
        "exp": issued_at + ttl_s,
    }


def normalise_identifier(text: str) -> str:
    """A username or a mail address as it was typed, as it is looked up."""
    return email_key(text) if "@" in text else unicodedata.normalize("NFC", text.strip()).lower()


def normalise_client_address(text: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that an IPv6 connection is given. Empty when it is neither."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def seconds_until(moment: datetime, *, now: datetime) -> int:
    """Rounded up, at least 1."""
    return max(1, -int((now - moment).total_seconds() // 1))
