"""What makes an account acceptable, and what happens to its codes. Pure: time is an argument, randomness too where it decides."""

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar, cast
from uuid import UUID

from services.identity.accounts import names
from services.identity.accounts.emails import normalise_email
from services.identity.accounts.problems import (
    CodeExhausted,
    CodeExpired,
    CodeTooSoon,
    CodeWrong,
    PasswordTooLong,
    PasswordTooShort,
)
from shared.errors import Problem, Violations
from shared.events.identity import Language

MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS = 8, 256
# Neither 0/O nor 1/I/L: read aloud, on paper and in any typeface each of these is itself.
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_CHARS = 6
_SEPARATORS = str.maketrans("", "", " -.\t\n\r\u00a0\u202f")
LOCKED_BY_EID = ("first_name", "last_name", "birth_date", "sex")

State = Literal["pending", "active"]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Account:
    """A person's account. email: as the person writes it, only the case of its domain normalised.

    staff_role: of who works here; empty for others, and where the account was not read in full.
    """

    id: UUID
    version: int
    state: State
    username: str
    email: str
    first_name: str
    last_name: str
    birth_date: date | None
    sex: str | None
    language: Language
    password_hash: str = field(repr=False)
    is_eid_linked: bool
    terms_version: str
    has_second_factor: bool
    staff_role: str = ""


@dataclass(frozen=True)
class Candidate:
    """A sign-up whose fields are all in order. password: in the form in which it is hashed."""

    first_name: str
    last_name: str
    username: str
    email: str
    password: str = field(repr=False)
    language: Language
    terms_version: str


@dataclass(frozen=True)
class Code:
    """A code that was mailed."""

    tries_left: int
    sent_count: int
    sent_at: datetime
    expires_at: datetime
    is_used: bool = False


@dataclass(frozen=True)
class CodePolicy:
    """resend_s: the pause between the first codes; after `generous` of them it is `stingy_s`, and nobody's mailbox is filled.

    forget_s: when no code was sent for so long, it begins anew.
    """

    ttl_s: int
    tries: int
    resend_s: int
    generous: int = 5
    stingy_s: int = 900
    forget_s: int = 24 * 3600


def check_sign_up(
    *,
    first_name: str,
    last_name: str,
    username: str,
    email: str,
    password: str,
    language: Language,
    terms_version: str,
    allow_test_domains: bool,
) -> Candidate:
    """Raises Violations with everything that is wrong, field by field; not yet whether name and address are free."""
    errors: list[Problem] = []
    candidate = Candidate(
        first_name=_collect(errors, lambda: names.clean_name(first_name, field="first_name")),
        last_name=_collect(errors, lambda: names.clean_name(last_name, field="last_name")),
        username=_collect(errors, lambda: names.check_username(username)),
        email=_collect(errors, lambda: normalise_email(email, allow_test_domains=allow_test_domains)),
        password=_collect(errors, lambda: check_password(password)),
        language=language,
        terms_version=terms_version,
    )
    if errors:
        raise Violations(errors)
    return candidate


def normalise_password(password: str) -> str:
    """Keyboards compose accents in several ways; the same password must be the same everywhere."""
    return unicodedata.normalize("NFC", password)


def check_password(password: str, *, field: str = "password") -> str:
    """The password as it is hashed. Raises PasswordTooShort, PasswordTooLong. How guessable it is, is judged elsewhere."""
    password = normalise_password(password)
    if len(password) < MIN_PASSWORD_CHARS:
        raise PasswordTooShort(field=field, min_length=MIN_PASSWORD_CHARS)
    if len(password) > MAX_PASSWORD_CHARS:
        raise PasswordTooLong(field=field, max_length=MAX_PASSWORD_CHARS)
    return password


def new_code() -> str:
    """Six characters: 31^6, some 890 million possibilities, of which five may be tried."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARS))


def normalise_code(text: str) -> str:
    """Entering is forgiving: case, spaces and hyphens do not count."""
    return text.translate(_SEPARATORS).upper()


def judge_code(code: Code | None, tries_left: int | None, *, now: datetime) -> Problem:
    """Why an entered code was not taken. tries_left: after the try was counted, None when none was left to count."""
    if tries_left:
        return CodeWrong(field="code", tries_left=tries_left)
    if code is None or code.is_used or now >= code.expires_at:
        return CodeExpired(field="code")
    return CodeExhausted(field="code")


def resend_pause_s(sent_count: int, policy: CodePolicy) -> int:
    """sent_count: how many codes were sent so far."""
    return policy.resend_s if sent_count < policy.generous else policy.stingy_s


def check_resend(code: Code | None, policy: CodePolicy, *, now: datetime) -> int:
    """Which code in the row the next one is, from 1. Raises CodeTooSoon."""
    wait_s = resend_wait_s(code, policy, now=now)
    if wait_s > 0:
        raise CodeTooSoon(retry_after_s=wait_s)
    if code is None or (now - code.sent_at).total_seconds() > policy.forget_s:
        return 1
    return code.sent_count + 1


def resend_wait_s(code: Code | None, policy: CodePolicy, *, now: datetime) -> int:
    """0 when the next one may be sent at once."""
    if code is None:
        return 0
    wait_s = resend_pause_s(code.sent_count, policy) - (now - code.sent_at).total_seconds()
    return max(0, int(-(-wait_s // 1)))


def code_after_sending(sent_count: int, policy: CodePolicy, *, now: datetime) -> Code:
    return Code(policy.tries, sent_count, now, now + timedelta(seconds=policy.ttl_s))


def locked_fields(account: Account) -> tuple[str, ...]:
    """What was read from the identity card is not the person's to change."""
    return LOCKED_BY_EID if account.is_eid_linked else ()


def _collect(errors: list[Problem], check: Callable[[], Value]) -> Value:
    """The checked value; in its place something that nobody uses when there was a problem, which is noted."""
    try:
        return check()
    except Problem as problem:
        errors.append(problem)
        return cast(Value, None)
