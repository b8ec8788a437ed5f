"""A page of a wallet's transactions: what was booked, and the top-ups that were not (yet) completed between them in time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.wallet.ledger import store
from services.wallet.topups.rules import TopUp
from services.wallet.topups.store import not_completed_between
from shared.db import Connection

MAX_OPEN = 100


@dataclass(frozen=True)
class Transaction:
    """number and the balances: None for what is not booked."""

    id: UUID
    number: int | None
    kind: str
    tool_id: str | None
    description: str
    amount_cents: int
    balance_before_cents: int | None
    balance_after_cents: int | None
    state: Literal["completed", "pending", "failed"]
    at: datetime


@dataclass(frozen=True)
class StatementPage:
    """Latest first. after: what to ask for next, None at the end."""

    transactions: list[Transaction]
    after: int | None


async def statement_page(db: Connection, wallet_id: UUID, *, after: int | None, limit: int) -> StatementPage:
    """after: the number of the last booked transaction of the page before. Time and work do not grow with what lies behind."""
    lines = await store.statement(db, wallet_id, before=after, limit=limit + 1)
    more = len(lines) > limit
    lines = lines[:limit]
    until = await store.booked_at(db, wallet_id, after) if after is not None else None
    since = lines[-1].at if more else None
    top_ups = await not_completed_between(db, wallet_id, since, until, limit=MAX_OPEN)
    transactions = [_booked(line) for line in lines] + [_not_booked(top_up) for top_up in top_ups]
    transactions.sort(key=lambda one: (one.at, one.number or 0), reverse=True)
    return StatementPage(transactions, lines[-1].number if more else None)


def _booked(line: store.Line) -> Transaction:
    return Transaction(
        id=line.id,
        number=line.number,
        kind=line.kind,
        tool_id=line.tool_id,
        description=line.description,
        amount_cents=line.amount_cents,
        balance_before_cents=line.balance_after_cents - line.amount_cents,
        balance_after_cents=line.balance_after_cents,
        state="completed",
        at=line.at,
    )


def _not_booked(top_up: TopUp) -> Transaction:
    return Transaction(
        id=top_up.id,
        number=None,
        kind="top-up",
        tool_id=None,
        description=top_up.method,
        amount_cents=top_up.amount_cents,
        balance_before_cents=None,
        balance_after_cents=None,
        state="pending" if top_up.is_open else "failed",
        at=top_up.created_at,
    )
