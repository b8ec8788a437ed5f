"""Personal data in events: encrypted with a key of its subject, unreadable for ever once that key is destroyed."""

import base64
import os
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from shared.errors import Conflict, Invalid
from shared.markers import N_

_PATTERN = (
    r"^sealed\.v1\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.[1-9][0-9]{0,8}\.[A-Za-z0-9_-]{38,}$"
)
_COMPILED = re.compile(_PATTERN)
_NONCE_BYTES = 12


class SealBroken(Invalid):
    """The text is no seal, or was altered, or belongs to another subject, purpose or key version."""

    code = "seal-broken"
    message = N_("A protected value cannot be read.")


class SubjectErased(Conflict):
    """Nothing can be sealed any more for someone whose data key was destroyed."""

    code = "subject-erased"
    message = N_("This person's data has been erased.")


class KeyNotFetched(LookupError):
    """`Keyring.fetch` was not called for this subject, or longer ago than the time a key may be kept."""


class Sealed(str):
    """`sealed.v1.<subject>.<key version>.<base64url of nonce and ciphertext>`; a plain string for JSON."""

    __slots__ = ()

    @property
    def subject(self) -> UUID:
        return UUID(self.split(".")[2])

    @property
    def key_version(self) -> int:
        return int(self.split(".")[3])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises SealBroken when the text has not the shape of a seal."""
        if _COMPILED.fullmatch(text) is None:
            raise SealBroken()
        return cls(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(pattern=_PATTERN))


@dataclass(frozen=True)
class DataKey:
    """key: 32 bytes for AES-256."""

    version: int
    key: bytes

    def __repr__(self) -> str:
        return f"DataKey(version={self.version})"


Loader = Callable[[list[UUID]], Awaitable[Mapping[UUID, DataKey | None]]]
"""Fetch keys of many subjects at once; None for one whose key was destroyed. A subject left out has none either."""


@dataclass(frozen=True)
class _Entry:
    key: DataKey | None
    fetched_at: float


class Keyring:
    """The data keys that this process holds for a moment: at most `max_keys`, none longer than `ttl_s` seconds.

    `fetch` renews what is older than half of that, so that work which starts with it has at least ttl_s / 2 to end.
    """

    def __init__(
        self,
        loader: Loader,
        *,
        ttl_s: float = 60.0,
        max_keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loader = loader
        self._ttl_s = ttl_s
        self._max_keys = max_keys
        self._clock = clock
        self._entries: OrderedDict[UUID, _Entry] = OrderedDict()

    async def fetch(self, subjects: Iterable[UUID]) -> None:
        """Have the keys of these subjects at hand. Raises Unavailable when identity cannot be reached."""
        wanted = set(subjects)
        asked_at = self._clock()
        missing = [subject for subject in wanted if not self._is_younger(subject, asked_at - self._ttl_s / 2)]
        if missing:
            keys = await self._loader(missing)
            self._entries.update((subject, _Entry(keys.get(subject), asked_at)) for subject in missing)
        for subject in wanted & self._entries.keys():
            self._entries.move_to_end(subject)
        while len(self._entries) > max(self._max_keys, len(wanted)):
            self._entries.popitem(last=False)

    def forget(self, subject: UUID) -> None:
        """Drop a key at once, as when its subject was erased."""
        self._entries.pop(subject, None)

    def seal(self, subject: UUID, purpose: str, text: str) -> Sealed:
        """purpose: the field's name; it must be the same when opened. Raises KeyNotFetched, SubjectErased."""
        key = self._key(subject)
        if key is None:
            raise SubjectErased()
        nonce = os.urandom(_NONCE_BYTES)
        ciphertext = AESGCM(key.key).encrypt(nonce, text.encode(), _bound_to(subject, purpose))
        body = base64.urlsafe_b64encode(nonce + ciphertext).rstrip(b"=").decode()
        return Sealed(f"sealed.v1.{subject}.{key.version}.{body}")

    def open(self, sealed: Sealed, purpose: str) -> str | None:
        """The text, or None when the subject's key was destroyed. Raises KeyNotFetched, SealBroken."""
        sealed = Sealed.parse(sealed)
        subject = sealed.subject
        key = self._key(subject)
        if key is None:
            return None
        if key.version != sealed.key_version:
            raise SealBroken()
        body = sealed.rsplit(".", 1)[1]
        try:
            raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            return AESGCM(key.key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(subject, purpose)).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken() from error

    def _is_younger(self, subject: UUID, limit: float) -> bool:
        entry = self._entries.get(subject)
        return entry is not None and entry.fetched_at > limit

    def _key(self, subject: UUID) -> DataKey | None:
        entry = self._entries.get(subject)
        if entry is None or entry.fetched_at <= self._clock() - self._ttl_s:
            self._entries.pop(subject, None)
            raise KeyNotFetched(str(subject))
        return entry.key


def _bound_to(subject: UUID, purpose: str) -> bytes:
    return f"{subject}:{purpose}".encode()
