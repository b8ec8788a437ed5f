"""Who is signed in here. Kept in memory: the tool ends sessions by itself when the platform says so."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

LIFE = timedelta(hours=10)
MAX_SESSIONS = 10_000
MAX_ORDERS = 50


@dataclass
class Order:
    """An extract about to be bought, or bought. attempt: grows when a refusal made clear that nothing was booked.

    by_plan: a plan of the organisation paid. reservation_id: while its price is set aside. is_refunded: it was given back, and its price
    with it.
    """

    order_id: str
    parcel_id: str
    attempt: int = 0
    charge_id: str | None = None
    balance_cents: int | None = None
    by_plan: bool = False
    reservation_id: str | None = None
    is_refunded: bool = False

    @property
    def idempotency_key(self) -> str:
        return f"{self.order_id}-{self.attempt}"


@dataclass
class Session:
    """What the id token said, and what was done since. quality: organisation, usage mode and role."""

    session_id: str
    claims: dict[str, Any]
    id_token: str
    ends_at: datetime
    orders: OrderedDict[str, Order] = field(default_factory=OrderedDict[str, Order])

    @property
    def account_id(self) -> str:
        return self.claims["sub"]

    @property
    def organisation_id(self) -> str | None:
        return (self.claims.get("org") or {}).get("id")

    @property
    def usage_mode(self) -> str | None:
        return self.claims.get("usage_mode")

    def order(self, parcel_id: str, order_id: str | None = None) -> Order:
        """Return the order of that id, or a new one. One that is for another parcel is not given out."""
        known = self.orders.get(order_id or "")
        if known is not None and known.parcel_id == parcel_id:
            return known
        new_id = order_id if order_id and known is None else str(uuid4())
        order = self.orders[new_id] = Order(new_id, parcel_id)
        while len(self.orders) > MAX_ORDERS:
            self.orders.popitem(last=False)
        return order


class Sessions:
    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def begin(self, claims: dict[str, Any], id_token: str, *, now: datetime) -> Session:
        session = Session(secrets.token_urlsafe(32), claims, id_token, now + LIFE)
        self._sessions[session.session_id] = session
        while len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def find(self, session_id: str | None, *, now: datetime) -> Session | None:
        session = self._sessions.get(session_id or "")
        if session is not None and session.ends_at <= now:
            self.end(session)
            return None
        return session

    def end(self, session: Session) -> None:
        self._sessions.pop(session.session_id, None)

    def end_those(self, **wanted: str | None) -> int:
        """End every session whose `account_id`, `organisation_id`, `usage_mode` or `sid` are all as given; count them."""
        ended = [session for session in self._sessions.values() if _fits(session, wanted)]
        for session in ended:
            self.end(session)
        return len(ended)


def _fits(session: Session, wanted: dict[str, str | None]) -> bool:
    actual = {
        "account_id": session.account_id,
        "organisation_id": session.organisation_id,
        "usage_mode": session.usage_mode,
        "sid": session.claims.get("sid"),
    }
    return bool(wanted) and all(actual[name] == value for name, value in wanted.items())
