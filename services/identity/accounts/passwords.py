"""Hashing and judging passwords, in threads of their own: both take long enough to stop everyone else's requests."""

import asyncio
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

# zxcvbn's time grows with the square of the length; what follows after so many characters only makes a password stronger.
_JUDGED_CHARS = 72

Result = TypeVar("Result")


class Passwords:
    """argon2id with the parameters of the settings. One a process: its threads bound how much is hashed at once."""

    def __init__(self, *, time_cost: int, memory_kib: int, parallelism: int, threads: int | None) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="password")
        # Verified in the place of a hash that is not there, so that an unknown name takes as long as a wrong password.
        self._nobodys = self._hasher.hash(os.urandom(16).hex())

    async def hash(self, password: str) -> str:
        return await self._run(partial(self._hasher.hash, password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """password_hash: None when there is no account; takes as long, and is never right."""
        is_right = await self._run(partial(self._verify, password_hash or self._nobodys, password))
        return is_right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than those in use."""
        return self._hasher.check_needs_rehash(password_hash)

    async def score(self, password: str, *known: str) -> int:
        """0 (guessed at once) to 4. known: what an attacker would try first, such as the person's names."""
        return await self._run(partial(_score, password, known))

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _score(password: str, known: tuple[str, ...]) -> int:
    judged = cast(dict[str, Any], zxcvbn(password[:_JUDGED_CHARS], user_inputs=sorted(_guesses(known))))
    return int(judged["score"])


def _guesses(known: tuple[str, ...]) -> set[str]:
    """Each text as it is, without what separates its words, and each word alone."""
    guesses: set[str] = set()
    for text in known:
        words = re.findall(r"\w+", text)
        guesses.update((text, "".join(words), *words))
    return guesses
