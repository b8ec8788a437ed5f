"""Who is there: the access token in the cookie, renewed with the session, believed a while longer where identity is away."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.web.ui import AccountView
from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.runtime import Runtime
from shared.tokens import Person, TokenInvalid

SESSION_COOKIE = "immo_session"
ACCESS_COOKIE = "immo_access"
ACCOUNT_COOKIE = "immo_account"
ACCOUNT_PURPOSE = "account"

PAUSE_S = 3.0
MAX_REMEMBERED = 10_000


@dataclass(frozen=True)
class SignedIn:
    """renewed: identity's answer where the access token is new. is_stale: it has ended, and only looking is possible."""

    person: Person
    access_token: str
    renewed: Mapping[str, Any] | None = None
    is_stale: bool = False


class Sessions:
    """stale_s: how long an access token that has ended is still believed while identity cannot be reached."""

    def __init__(self, at: Runtime[Any], *, stale_s: int) -> None:
        self._at = at
        self._stale_s = stale_s
        self._away_until = float("-inf")
        self._stale: OrderedDict[str, tuple[float, Person]] = OrderedDict()

    async def find(self, session_token: str, access_token: str) -> SignedIn | None:
        """None for nobody. Raises Unavailable when nothing can be known."""
        if access_token:
            try:
                caller = await self._at.tokens.verify_access(access_token)
            except TokenInvalid:
                pass
            else:
                return SignedIn(caller, access_token) if isinstance(caller, Person) else None
        if not session_token:
            return None
        try:
            return await self._renew(session_token)
        except Unavailable:
            return await self._believe(access_token)

    async def _renew(self, session_token: str) -> SignedIn | None:
        if time.monotonic() < self._away_until:
            raise Unavailable
        try:
            view = await self._at.client("identity").post(
                "/internal/sessions/refresh", {"session_token": session_token}
            )
            caller = await self._at.tokens.verify_access(view["access_token"])
        except RemoteProblem as problem:
            if problem.status >= 500:
                self._away_until = time.monotonic() + PAUSE_S
                raise Unavailable from problem
            return None
        except Unavailable:
            self._away_until = time.monotonic() + PAUSE_S
            raise
        return SignedIn(caller, view["access_token"], renewed=view) if isinstance(caller, Person) else None

    async def _believe(self, access_token: str) -> SignedIn | None:
        """Verified once a token: while identity is away, each page asks."""
        until, person = self._stale.get(access_token, (0.0, None))
        if person is None or until < time.monotonic():
            try:
                caller = await self._at.tokens.verify_recent(access_token, ended_at_most_s=self._stale_s)
            except TokenInvalid:
                raise Unavailable from None
            if not isinstance(caller, Person):
                return None
            person = caller
            self._stale[access_token] = (time.monotonic() + PAUSE_S, person)
            if len(self._stale) > MAX_REMEMBERED:
                self._stale.popitem(last=False)
        return SignedIn(person, access_token, is_stale=True)


def account_facts(view: Mapping[str, Any]) -> dict[str, Any]:
    """What the cookie keeps of identity's view of an account, so that a page's header needs nobody's answer."""
    account = view["account"]
    return {
        "id": str(account["id"]),
        "first_name": account["first_name"],
        "last_name": account["last_name"],
        "username": account["username"],
        "language": account["language"],
        "is_pending": account["state"] == "pending",
        "eid_linked": account["eid_linked"],
        "acr": account["acr"],
        "has_second_factor": account.get("has_second_factor", False),
        "terms_version": account.get("terms_version", ""),
    }


def account_view(facts: Mapping[str, Any] | None, person: Person) -> AccountView:
    if facts is None or facts["id"] != str(person.account_id):
        return AccountView("", "", "?", "", is_pending=person.acr == "pending", eid_linked=person.acr == "eid")
    first_name, last_name = facts["first_name"], facts["last_name"]
    return AccountView(
        name=f"{first_name} {last_name}",
        first_name=first_name,
        initials=f"{first_name[:1]}{last_name[:1]}".upper(),
        username=facts["username"],
        is_pending=facts["is_pending"],
        eid_linked=facts["eid_linked"],
        is_staff=bool(person.staff),
    )
