"""How kinds of recognition are called: data of the recognition service, asked seldom and never waited for by the selection screen."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.runtime import Runtime

TTL_S = 600.0
RETRY_S = 10.0


class KindNames:
    def __init__(self, at: Runtime[Any]) -> None:
        self._at = at
        self._names: dict[str, dict[str, str]] = {}
        self._due_at: dict[str, float] = {}

    async def learn(self, language: str, bearer: str) -> None:
        """Ask for the names in this language when they are old. Silent when nobody answers: names already known stay."""
        if self._due_at.get(language, float("-inf")) > time.monotonic():
            return
        self._due_at[language] = time.monotonic() + RETRY_S
        try:
            kinds: list[dict[str, Any]] = await self._at.client("recognition").get(
                "/api/recognition-kinds", bearer=bearer, language=language
            )
        except (RemoteProblem, Unavailable):
            return
        self._names[language] = {str(kind["kind"]): str(kind["name"]) for kind in kinds}
        self._due_at[language] = time.monotonic() + TTL_S

    def name(self, kind: str, language: str) -> str:
        return self._names.get(language, {}).get(kind) or kind.upper()

    def names(self, kinds: Iterable[str], language: str) -> list[str]:
        return [self.name(kind, language) for kind in kinds]

    def alternatives(self, missing: Sequence[Sequence[str]], language: str, *, both: str, either: str) -> str:
        """`IPI number, or CIB member and FS323`: any one of the lists would do. both, either: `{first} and {second}` in that language."""
        parts = [_joined(self.names(kinds, language), both) for kinds in missing]
        return _joined(parts, either)


def _joined(parts: Sequence[str], pattern: str) -> str:
    text = ""
    for part in parts:
        text = pattern.format(first=text, second=part) if text else part
    return text
