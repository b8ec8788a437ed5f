"""What a line of an old tool's accounts says, and what its owner still has to give. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, cast, get_args

from pydantic_core import from_json, to_json

from services.identity.accounts import names
from services.identity.accounts.rules import normalise_email
from services.identity.legacy.hashes import read_hash
from shared.errors import Conflict, Invalid, Problem, Unauthenticated
from shared.events.identity import Language
from shared.markers import N_

MAX_ID_CHARS, MAX_USERNAME_CHARS, MAX_MEMBERSHIPS = 200, 200, 200
CLAIM_TTL = timedelta(hours=2)
MAX_CANDIDATES = 5
"""Of one name in several tools, so many are tried: a bound on what one sign-in can cost."""

Missing = Literal["name", "username", "email", "password", "terms"]
EmployeeType = Literal["head", "employee", "self-employed", "trainee", "external"]
_TOOL = re.compile(r"[a-z][a-z0-9-]{0,49}")
_NUMBER = re.compile(r"[01][0-9]{9}")
_SEPARATORS = re.compile(r"[\s.\-/]+")
_YES = frozenset({"1", "true", "yes", "ja", "oui", "y", "t"})
_TYPES: tuple[EmployeeType, ...] = get_args(EmployeeType)


class OldAccountTaken(Conflict):
    code = "old-account-taken"
    message = N_("This old account belongs to an account already. If that is not yours, write to us.")


class ClaimExpired(Unauthenticated):
    code = "upgrade-expired"
    message = N_("Too much time has passed. Sign in with your old username and password once more.")


class LineRefused(Invalid):
    """A line of an import that cannot be taken. params: reason, one of REASONS."""

    code = "line-refused"
    message = N_("This line cannot be imported.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


REASONS = ("not-a-record", "id-missing", "id-too-long", "tool-missing", "tool-invalid", "identifier-missing",
           "identifier-too-long", "hash-missing", "hash-unreadable", "hash-too-costly")  # fmt: skip
"""Of a refused line. Notes of one that was taken: email-invalid, name-invalid, language-unknown, membership-invalid, role-unknown."""


@dataclass(frozen=True)
class Membership:
    """enterprise_number: ten digits; whether its check digits fit is the organisation service's to say."""

    enterprise_number: str
    type: EmployeeType = "employee"
    manager: bool = False


@dataclass(frozen=True)
class Record:
    """An old account as it is kept, sealed, while it waits. hash: None for one that can only be claimed by mail.

    terms_version: of this platform's terms, where the older tool had them accepted. is_trusted: whether its memberships hold at once.
    """

    tool_id: str
    source_id: str
    username: str
    email: str
    is_email_verified: bool
    hash: str | None = field(repr=False)
    first_name: str
    last_name: str
    language: Language | None
    terms_version: str
    memberships: tuple[Membership, ...]
    is_trusted: bool

    @property
    def full_name(self) -> str:
        """In one form, to tell people apart; empty where it is not whole."""
        is_whole = bool(self.first_name and self.last_name)
        return " ".join(f"{self.first_name} {self.last_name}".casefold().split()) if is_whole else ""

    def as_bytes(self) -> bytes:
        return to_json(self)

    @classmethod
    def of_bytes(cls, raw: bytes) -> "Record":
        values: dict[str, Any] = from_json(raw)
        memberships = tuple(Membership(**one) for one in values.pop("memberships"))
        return cls(**values, memberships=memberships)


@dataclass(frozen=True)
class Taken:
    """A line that can be imported. notes: what of it was left out, as codes."""

    record: Record
    notes: tuple[str, ...]


def read_line(line: object, *, tool_id: str, is_trusted: bool, allow_test_domains: bool) -> Taken:
    """tool_id: for lines that name no tool. Raises LineRefused."""
    if not isinstance(line, Mapping):
        raise LineRefused("not-a-record")
    given = cast(Mapping[str, Any], line)
    notes: list[str] = []
    username, email = _text(given, "username"), _email(given, notes, allow_test_domains=allow_test_domains)
    hashed = _hash(given)
    if not username and not email:
        raise LineRefused("identifier-missing")
    if len(username) > MAX_USERNAME_CHARS:
        raise LineRefused("identifier-too-long")
    if hashed is None and not email:
        raise LineRefused("hash-missing")
    record = Record(
        tool_id=_tool(given, tool_id),
        source_id=_source_id(given),
        username=username,
        email=email,
        is_email_verified=bool(email) and _text(given, "email_verified").lower() in _YES,
        hash=hashed,
        first_name=_name(given, "first_name", notes),
        last_name=_name(given, "last_name", notes),
        language=_language(given, notes),
        terms_version=_text(given, "terms_version")[:100],
        memberships=_memberships(given.get("organisations"), notes),
        is_trusted=is_trusted,
    )
    return Taken(record, tuple(dict.fromkeys(notes)))


def what_is_missing(
    record: Record, *, username_is_free: bool, email_is_free: bool, password_is_good: bool, terms_version: str
) -> tuple[Missing, ...]:
    """What an old account lacks to become an account. terms_version: the one in force."""
    found: dict[Missing, bool] = {
        "name": not (record.first_name and record.last_name),
        "username": not username_is_free,
        "email": not (record.is_email_verified and email_is_free),
        "password": not password_is_good,
        "terms": record.terms_version != terms_version,
    }
    return tuple(name for name, is_missing in found.items() if is_missing)


def usable_username(username: str) -> str:
    """The old username where it would do here, else nothing."""
    try:
        return names.check_username(username)
    except Problem:
        return ""


def _text(given: Mapping[str, Any], name: str) -> str:
    """Whatever a file holds there, as one line; NUL is nothing that PostgreSQL keeps."""
    value = given.get(name)
    return "" if value is None else str(value).replace("\0", "").strip()


def _source_id(given: Mapping[str, Any]) -> str:
    source_id = _text(given, "id")
    if not source_id:
        raise LineRefused("id-missing")
    if len(source_id) > MAX_ID_CHARS:
        raise LineRefused("id-too-long")
    return source_id


def _tool(given: Mapping[str, Any], otherwise: str) -> str:
    tool_id = _text(given, "tool") or otherwise
    if not tool_id:
        raise LineRefused("tool-missing")
    if _TOOL.fullmatch(tool_id) is None:
        raise LineRefused("tool-invalid")
    return tool_id


def _hash(given: Mapping[str, Any]) -> str | None:
    text = _text(given, "password_hash")
    if not text:
        return None
    try:
        return read_hash(text, algorithm=_text(given, "algorithm"), salt=_text(given, "salt")).text
    except Invalid as problem:
        raise LineRefused(problem.code) from problem


def _email(given: Mapping[str, Any], notes: list[str], *, allow_test_domains: bool) -> str:
    text = _text(given, "email")
    if not text:
        return ""
    try:
        return normalise_email(text, allow_test_domains=allow_test_domains)
    except Problem:
        notes.append("email-invalid")
        return ""


def _name(given: Mapping[str, Any], field: str, notes: list[str]) -> str:
    text = _text(given, field)
    if not text:
        return ""
    try:
        return names.clean_name(text, field=field)
    except Problem:
        notes.append("name-invalid")
        return ""


def _language(given: Mapping[str, Any], notes: list[str]) -> Language | None:
    text = _text(given, "language").lower()[:2]
    if not text or text in get_args(Language):
        return cast(Language, text) or None
    notes.append("language-unknown")
    return None


def _memberships(value: object, notes: list[str]) -> tuple[Membership, ...]:
    """`0123456749:manager | 0876543210` in a cell, a list of such texts, or of objects with enterprise_number and role."""
    entries: Sequence[Any] = re.split(r"[|;,\n]", value) if isinstance(value, str) else cast(Any, value) or []
    if isinstance(entries, Mapping):
        entries = [entries]
    found: dict[str, Membership] = {}
    for entry in list(entries)[:MAX_MEMBERSHIPS] if isinstance(entries, list | tuple) else []:
        membership = _membership(entry, notes)
        if membership is not None:
            found.setdefault(membership.enterprise_number, membership)
    return tuple(found.values())


def _membership(entry: object, notes: list[str]) -> Membership | None:
    if isinstance(entry, Mapping):
        given = cast(Mapping[str, Any], entry)
        number, role = _text(given, "enterprise_number"), _text(given, "role")
    else:
        number, _, role = str(entry).strip().partition(":")
        if not number:
            return None
    digits = _SEPARATORS.sub("", number.upper().removeprefix("BE"))
    digits = f"0{digits}" if len(digits) == 9 else digits  # spreadsheets drop a zero in front
    if _NUMBER.fullmatch(digits) is None:
        notes.append("membership-invalid")
        return None
    words = {word.strip().lower() for word in role.split("+")} - {""}
    types: list[EmployeeType] = [known for known in _TYPES if known in words]
    if words - set(_TYPES) - {"manager"}:
        notes.append("role-unknown")
    return Membership(digits, types[0] if types else "employee", "manager" in words)
