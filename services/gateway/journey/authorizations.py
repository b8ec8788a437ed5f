"""A tool's sign-in under way, as identity keeps it: asked once, then remembered, since it does not change."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.client import RemoteProblem
from shared.errors import NotFound
from shared.i18n import LANGUAGES
from shared.markers import N_
from shared.runtime import Runtime

MAX_REMEMBERED = 20_000
TTL_S = 900.0


class AuthorizationExpired(NotFound):
    code = "authorization-expired"
    message = N_("This sign-in has taken too long. Go back to the tool and begin again.")


@dataclass(frozen=True)
class Authorization:
    """acr: how strongly the tool wants people to be signed in. languages: that the tool asks for, best first.

    prompt, max_age_s, login_hint: as OpenID Connect has them. organisation: for which alone it asks, by id or enterprise number.
    """

    id: str
    tool_id: str
    acr: str
    prompt: frozenset[str]
    max_age_s: int | None
    languages: tuple[str, ...]
    created_at: datetime
    login_hint: str | None = None
    organisation: str | None = None

    @property
    def needs_eid(self) -> bool:
        return self.acr == "eid"


class Authorizations:
    def __init__(self, at: Runtime[Any]) -> None:
        self._at = at
        self._known: OrderedDict[str, tuple[float, Authorization]] = OrderedDict()

    async def get(self, request_id: str) -> Authorization:
        """Raises AuthorizationExpired, and Unavailable when it is not known here and identity is away."""
        until, known = self._known.get(request_id, (0.0, None))
        if known is not None and until > time.monotonic():
            return known
        try:
            answer = await self._at.client("identity").get(f"/internal/authorizations/{request_id}")
        except RemoteProblem as problem:
            if problem.status in (404, 410, 422):
                raise AuthorizationExpired from problem
            raise
        found = _read(request_id, answer)
        left_s = (datetime.fromisoformat(answer["expires_at"]) - datetime.now().astimezone()).total_seconds()
        self._known[request_id] = (time.monotonic() + min(TTL_S, left_s), found)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return found


def _read(request_id: str, answer: dict[str, Any]) -> Authorization:
    return Authorization(
        id=request_id,
        tool_id=answer["tool_id"],
        acr=answer["tool_acr"],
        prompt=frozenset(answer["prompt"]),
        max_age_s=answer["max_age_s"],
        languages=languages_of(answer["ui_locales"]),
        created_at=datetime.fromisoformat(answer["created_at"]),
        login_hint=answer["login_hint"],
        organisation=answer.get("organisation"),
    )


def languages_of(ui_locales: str | None) -> tuple[str, ...]:
    """Those of a tool's wishes that we speak, best first."""
    return tuple(tag[:2].lower() for tag in (ui_locales or "").split() if tag[:2].lower() in LANGUAGES)
