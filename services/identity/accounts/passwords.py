"""Hashing and judging passwords, in threads of their own: both take long enough to stop everyone else's requests."""

import asyncio
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice, permutations
from typing import Any, TypeVar, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from services.identity.accounts.advice import BREACHED, TOO_SHORT, Judgement, advice_of
from services.identity.accounts.breached import Breached
from services.identity.accounts.problems import PasswordBreached, PasswordTooWeak
from services.identity.accounts.rules import MIN_PASSWORD_CHARS, normalise_password
from shared.errors import Violations

# zxcvbn's time grows with the square of the length; what follows after so many characters only makes a password stronger.
_JUDGED_CHARS = 72
_MAX_PAIRS = 200
# Signs that zxcvbn also tries to read as letters. It tries all their combinations: with many of them for seconds, and then nobody
# else's password is hashed. Besides the digits so many of them are read both ways.
_READ_AS_LETTERS = frozenset("@({[<!|$+%")
MAX_READ_AS_LETTERS = 3

Result = TypeVar("Result")


class Passwords:
    """argon2id with the parameters of the settings. One a process: its threads bound how much is hashed at once.

    min_score: what `judge` must say at least of a password that somebody chooses.
    """

    def __init__(
        self,
        *,
        time_cost: int,
        memory_kib: int,
        parallelism: int,
        threads: int | None,
        min_score: int,
        breached: Breached,
    ) -> None:
        self._min_score = min_score
        self._breached = breached
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="password")
        # Verified in the place of a hash that is not there, so that an unknown name takes as long as a wrong password.
        self._nobodys = self._hasher.hash(os.urandom(16).hex())

    async def hash(self, password: str) -> str:
        return await self.run(partial(self._hasher.hash, password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """password_hash: None when there is no account; takes as long, and is never right."""
        is_right = await self.run(partial(self._verify, password_hash or self._nobodys, password))
        return is_right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than those in use."""
        return self._hasher.check_needs_rehash(password_hash)

    async def judge(self, password: str, *known: str) -> Judgement:
        """known: what an attacker would try first, such as the person's names."""
        return await self.run(partial(self._judge, normalise_password(password), known))

    async def refuse_weak(self, password: str, *known: str, field: str = "password") -> None:
        """password: of a length that is allowed (`rules.check_password`). Raises Violations."""
        judged = await self.judge(password, *known)
        if judged.is_breached:
            raise Violations([PasswordBreached(field=field)])
        if judged.score < self._min_score:
            raise Violations([PasswordTooWeak(field=field)])

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def _judge(self, password: str, known: tuple[str, ...]) -> Judgement:
        if len(password) < MIN_PASSWORD_CHARS:
            return Judgement(0, (TOO_SHORT,), is_too_short=True)
        if self._breached.holds(password):
            return Judgement(0, (BREACHED,), is_breached=True)
        return _judge(password, known)

    async def run(self, work: Callable[[], Result]) -> Result:
        """In the threads of this kind of work; for hashes of other kinds too."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _judge(password: str, known: tuple[str, ...]) -> Judgement:
    found = cast(dict[str, Any], zxcvbn(judgeable(password), user_inputs=sorted(_guesses(known))))
    score, feedback = int(found["score"]), found["feedback"]
    is_personal = any(match.get("dictionary_name") == "user_inputs" for match in found["sequence"])
    return Judgement(score, advice_of(score, feedback["warning"], feedback["suggestions"], is_personal=is_personal))


def judgeable(password: str) -> str:
    """What of a password is judged, in a time that is bounded whatever it is: surplus signs stand for nothing but themselves."""
    judged = password[:_JUDGED_CHARS]
    signs = [sign for sign in dict.fromkeys(judged) if sign in _READ_AS_LETTERS]
    # Letters of which no two follow each other: a row would be found guessable.
    others = {ord(sign): chr(0x100 + 3 * n * n) for n, sign in enumerate(signs[MAX_READ_AS_LETTERS:], start=1)}
    return judged.translate(others)


def _guesses(known: tuple[str, ...]) -> set[str]:
    """Each text as it is, without what separates its words, each word alone, and two of them in a row."""
    parts: set[str] = set()
    for text in known:
        words = re.findall(r"\w+", text)
        parts.update(("".join(words), *words))
    pairs = islice(permutations(sorted(parts), 2), _MAX_PAIRS)
    return (
        parts | set(known) | {f"{first}{mark}{second}" for first, second in pairs for mark in ("", ".", "-", "_", " ")}
    )
