"""A wallet's transactions over HTTP, for those who may see it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from services.wallet.access.viewers import Viewer
from services.wallet.at import At
from services.wallet.catalogue.store import tool_names
from services.wallet.fields import Answer
from services.wallet.ledger.rules import EUR, wallet_id_of
from services.wallet.statement import details, store
from services.wallet.statement.pages import Asked, read_page
from services.wallet.statement.rules import Filters, Row, Sort, State
from services.wallet.statement.words import description_of, shown_with, words_in
from shared.days import first_moment, moment_after
from shared.db import Connection
from shared.http import Language
from shared.i18n import Translator
from shared.tokens import Person, person

router = APIRouter(prefix="/api/wallets/{organisation_id}/transactions", tags=["statement"])
Caller = Annotated[Person, person()]
Kind = Literal[
    "charge",
    "refund",
    "top-up",
    "top-up-refund",
    "chargeback",
    "void",
    "transfer",
    "plan",
    "credits",
    "adjustment",
]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
Place = Annotated[str | None, Query(max_length=100)]
Unit = Annotated[str, Query(pattern=r"^(EUR|credits/[A-Za-z0-9._-]{1,80})$")]


class TransactionAnswer(Answer):
    """number and the balances: None for what is not booked. description: in the language asked for, where it is ours.

    amount_cents: negative for what was taken; whole credits in a unit of credits. vat_cents: of a charge or refund, in the amount.
    """

    id: UUID
    number: int | None
    kind: Kind
    tool_id: str | None
    tool_name: str
    description: str
    amount_cents: int
    vat_cents: int | None
    balance_before_cents: int | None
    balance_after_cents: int | None
    state: State
    at: datetime
    account_id: UUID | None


class ToolAnswer(Answer):
    id: str
    name: str


class TransactionsAnswer(Answer):
    """next, previous: pass them as `after` and `before`; None where there is nothing.

    searched_until: filters that look inside read only so much for one page; what lies beyond this time is on the next ones.
    tools: what one can filter by.
    """

    transactions: list[TransactionAnswer]
    next: str | None
    previous: str | None
    searched_until: datetime | None
    tools: list[ToolAnswer]
    unit: str


class DetailAnswer(Answer):
    """related: what it answers to and what answers to it, such as a charge and its refunds. plan_id: the plan that paid for it."""

    transaction: TransactionAnswer
    vat_rate_bp: int | None
    plan_id: UUID | None
    reason: str | None
    related: list[TransactionAnswer]
    unit: str


def filters_of(
    language: Language,
    q: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    kind: Kind | None = None,
    tool: Annotated[str | None, Query(max_length=80)] = None,
    state: State | None = None,
    begin: Annotated[Day | None, Query(alias="from")] = None,
    until: Day | None = None,
    direction: Literal["in", "out"] | None = None,
) -> Filters:
    """from, until: days in Brussels, both included. q: a part of the description as it is shown, or a number."""
    incoming = None if direction is None else direction == "in"
    shown = shown_with(q.strip(), words_in(language))
    return Filters(q.strip(), kind, tool or None, state, first_moment(begin), moment_after(until), incoming, shown)


Wanted = Annotated[Filters, Depends(filters_of)]


@router.get("")
async def list_transactions(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    wanted: Wanted,
    language: Language,
    sort: Sort = Sort.DATE,
    order: Literal["asc", "desc"] = "desc",
    unit: Unit = EUR,
    after: Place = None,
    before: Place = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TransactionsAnswer:
    """Raises CursorInvalid, TooManyToSort."""
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        wallet_id = wallet_id_of(viewer.organisation_id, unit)
        asked = Asked(wallet_id, wanted, sort, order == "asc", after, None if after else before, limit)
        page = await read_page(db, asked)
        tool_ids = set(await store.tools_of(db, viewer.organisation_id, wallet_id))
        names = await tool_names(db, tool_ids | tools_in(page.rows), language)
    words = words_in(language)
    return TransactionsAnswer(
        transactions=[answer_of(row, names, words) for row in page.rows],
        next=str(page.next) if page.next else None,
        previous=str(page.previous) if page.previous else None,
        searched_until=page.searched_until,
        tools=[ToolAnswer(id=one, name=names[one]) for one in sorted(tool_ids, key=lambda one: names[one].casefold())],
        unit=unit,
    )


@router.get("/{transaction_id}")
async def show_transaction(
    organisation_id: UUID, transaction_id: UUID, caller: Caller, at: At, language: Language
) -> DetailAnswer:
    """Also of what is not booked. Raises TransactionNotFound."""
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        found = await details.get_detail(db, viewer.organisation_id, transaction_id)
        names = await _names(db, [found.row, *found.related], language)
    words = words_in(language)
    return DetailAnswer(
        transaction=answer_of(found.row, names, words),
        vat_rate_bp=found.vat_rate_bp,
        plan_id=found.plan_id,
        reason=found.reason,
        related=[answer_of(row, names, words) for row in found.related],
        unit=found.unit,
    )


async def _names(db: Connection, rows: Sequence[Row], language: str) -> dict[str, str]:
    return await tool_names(db, tools_in(rows), language)


def tools_in(rows: Collection[Row]) -> set[str]:
    return {row.tool_id for row in rows if row.tool_id is not None}


def answer_of(row: Row, names: dict[str, str], words: Translator) -> TransactionAnswer:
    return TransactionAnswer(
        id=row.id,
        number=row.number,
        kind=row.kind,  # pyright: ignore[reportArgumentType]
        tool_id=row.tool_id,
        tool_name=names[row.tool_id] if row.tool_id else "",
        description=description_of(row, words),
        amount_cents=row.amount_cents,
        vat_cents=row.vat_cents,
        balance_before_cents=row.balance_before_cents,
        balance_after_cents=row.balance_after_cents,
        state=row.state,
        at=row.at,
        account_id=row.account_id,
    )
