"""From a bank's file to money in wallets. Each function runs in the caller's transaction.

A file is recorded whole or not at all. What came in is credited afterwards, some at a time: whoever was stopped goes on with what is
still `received`, and several may do it at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from services.wallet.bank import store
from services.wallet.bank.reading import format_of
from services.wallet.bank.refusals import AccountForeign
from services.wallet.bank.rules import Movement, Statement
from services.wallet.bank.sightings import Format, Key, keys_of, parts_of, sort_out
from services.wallet.bank.store import Credit, Gap
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.rules import CURRENCY, MAX_AMOUNT_CENTS
from shared import outbox
from shared.db import Connection
from shared.events.wallet import WalletToppedUp
from shared.ids import new_id

METHOD = "transfer"
_DESCRIPTION = "bank-transfer"
_ROWS = 2_000
_MAX_GAPS = 20


@dataclass(frozen=True)
class Imported:
    """known: the whole file was imported before. new and again: movements; again are those that another file named before."""

    known: bool
    statements: int
    new: int
    again: int
    gaps: Sequence[Gap] = ()


async def import_file(
    db: Connection, name: str, data: bytes, statements: Sequence[Statement], *, only_iban: str | None, now: datetime
) -> Imported:
    """only_iban: the account whose statements are expected. Raises AccountForeign."""
    for statement in statements:
        if only_iban is not None and statement.account_iban != only_iban:
            raise AccountForeign(account_iban=statement.account_iban, own_iban=only_iban)
    file_id, fmt = new_id(), format_of(data)
    if not await store.insert_file(db, file_id, name, sha256(data).digest(), fmt, now=now):
        return Imported(known=True, statements=len(statements), new=0, again=0)
    for account in sorted({statement.account_iban for statement in statements}):
        await store.lock_account(db, account)
    new = again = 0
    for statement in statements:
        found = await _record(db, file_id, fmt, statement, today=now.date())
        new, again = new + found[0], again + found[1]
    return Imported(False, len(statements), new, again, await store.gaps_of(db, file_id, limit=_MAX_GAPS))


async def _record(db: Connection, file_id: UUID, fmt: Format, statement: Statement, *, today: date) -> tuple[int, int]:
    """How many movements are new, and how many were known."""
    parts = list(parts_of(statement))
    until = statement.until or max((part.booking_date for part in parts), default=today)
    statement_id = new_id()
    await store.insert_statement(db, statement_id, file_id, statement, until=until)
    keys = keys_of(statement, parts)
    days = sorted({key.booking_date for key in keys})
    found = sort_out(keys, parts, fmt, await store.known_on(db, statement.account_iban, days))
    sightings = [(keys[place], movement_id) for place, movement_id in found.again if movement_id is not None]
    new: list[tuple[Key, UUID, Movement]] = [(keys[place], new_id(), parts[place]) for place in found.new]
    for begin in range(0, len(new), _ROWS):
        some = new[begin : begin + _ROWS]
        await store.insert_movements(db, statement_id, statement, [(one, part) for _, one, part in some])
    sightings += [(key, movement_id) for key, movement_id, _ in new]
    for begin in range(0, len(sightings), _ROWS):
        await store.insert_sightings(db, statement.account_iban, fmt, sightings[begin : begin + _ROWS])
    return len(found.new), len(found.again)


@dataclass(frozen=True)
class Credited:
    """Of one round. left: how many are still to be looked at."""

    credited: int
    credited_cents: int
    waiting: int
    left: int


async def credit_received(db: Connection, *, limit: int) -> Credited:
    """Credit the wallets whose communication movements carry; the others wait for a person."""
    found = await store.take_received(db, limit=limit)
    credited: list[tuple[UUID, UUID, UUID]] = []
    waiting: list[UUID] = []
    cents = 0
    for one in found:
        if one.wallet_id is None or not _is_clear(one):
            waiting.append(one.id)
            continue
        credited.append((one.id, one.wallet_id, await credit(db, one, one.wallet_id)))
        cents += one.amount_cents
    await store.set_waiting(db, waiting)
    await store.set_credited(db, credited)
    return Credited(len(credited), cents, len(waiting), await store.count_received(db))


def _is_clear(one: Credit) -> bool:
    """Another currency, and more than anyone tops up by, is for a person to look at."""
    return one.currency == CURRENCY and one.amount_cents <= MAX_AMOUNT_CENTS


async def credit(db: Connection, one: Credit, wallet_id: UUID) -> UUID:
    """Book it and say so; returns the ledger transaction. The movement's id is the top-up's."""
    postings = [
        Posting("wallet", one.amount_cents, wallet_id=wallet_id),
        Posting("bank", -one.amount_cents, party=one.account_iban),
    ]
    booked = await book(db, "top-up", _DESCRIPTION, postings, related_id=one.id)
    wallet = booked.wallets[wallet_id]
    event = WalletToppedUp(
        wallet_id=wallet_id,
        top_up_id=one.id,
        amount_cents=one.amount_cents,
        balance_cents=wallet.balance_cents,
        method=METHOD,
        version=wallet.version,
    )
    await outbox.append(db, event)
    return booked.transaction_id
