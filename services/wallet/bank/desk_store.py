"""What staff see of transfers and decide about them, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.wallet.bank.suggestions import Suggestion
from shared.db import Connection

State = Literal["received", "credited", "waiting", "set-aside", "out"]
Action = Literal["attributed", "set-aside", "undone"]


@dataclass(frozen=True)
class Transfer:
    """A movement of the bank account, and what became of it."""

    id: UUID
    account_iban: str
    currency: str
    amount_cents: int
    value_date: date
    booking_date: date
    structured: str | None
    free_text: str
    counterparty_name: str | None
    counterparty_iban: str | None
    bank_reference: str
    state: State
    wallet_id: UUID | None
    transaction_id: UUID | None


@dataclass(frozen=True)
class Decision:
    at: datetime
    actor: UUID
    action: Action
    wallet_id: UUID | None
    reason: str


async def transfers(db: Connection, state: State, text: str, *, before: UUID | None, limit: int) -> list[Transfer]:
    """Latest first. text: part of what was said, of the payer or of their account, or the exact amount's digits; empty for all."""
    rows = await db.fetch(
        """
        SELECT id, account_iban, currency, amount_cents, value_date, booking_date, structured, free_text, counterparty_name,
               counterparty_iban, bank_reference, state, wallet_id, transaction_id
        FROM bank_movement
        WHERE state = $1 AND ($3::uuid IS NULL OR id < $3)
            AND ($2 = ''
                OR strpos(lower(concat_ws(
                    ' ', free_text, structured, counterparty_name, counterparty_iban, bank_reference)), lower($2)) > 0
                OR amount_cents::text = regexp_replace($2, '[^0-9]', '', 'g'))
        ORDER BY id DESC LIMIT $4
        """,
        state,
        text,
        before,
        limit,
    )
    return [Transfer(**row) for row in rows]


async def count_waiting(db: Connection) -> int:
    return await db.fetchval("SELECT count(*) FROM bank_movement WHERE state = 'waiting'")


async def find_transfer(db: Connection, movement_id: UUID) -> Transfer | None:
    row = await db.fetchrow(
        """
        SELECT id, account_iban, currency, amount_cents, value_date, booking_date, structured, free_text, counterparty_name,
               counterparty_iban, bank_reference, state, wallet_id, transaction_id
        FROM bank_movement WHERE id = $1
        """,
        movement_id,
    )
    return Transfer(**row) if row else None


async def lock_transfer(db: Connection, movement_id: UUID) -> Transfer | None:
    row = await db.fetchrow(
        """
        SELECT id, account_iban, currency, amount_cents, value_date, booking_date, structured, free_text, counterparty_name,
               counterparty_iban, bank_reference, state, wallet_id, transaction_id
        FROM bank_movement WHERE id = $1 FOR UPDATE
        """,
        movement_id,
    )
    return Transfer(**row) if row else None


async def set_state(db: Connection, movement_id: UUID, state: State) -> None:
    """Of one that is in no wallet, or no more."""
    await db.execute(
        "UPDATE bank_movement SET state = $2, wallet_id = NULL, transaction_id = NULL WHERE id = $1", movement_id, state
    )


async def insert_decision(
    db: Connection,
    movement_id: UUID,
    action: Action,
    wallet_id: UUID | None,
    reason: str,
    *,
    actor: UUID,
    now: datetime,
) -> None:
    await db.execute(
        """
        INSERT INTO bank_decision (movement_id, at, actor, action, wallet_id, reason) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        movement_id,
        now,
        actor,
        action,
        wallet_id,
        reason,
    )


async def took_from_another(db: Connection, movement_id: UUID, wallet_id: UUID, account_id: UUID) -> bool:
    """Whether this person took it out of another wallet than this one."""
    return await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM bank_decision
            WHERE movement_id = $1 AND action = 'undone' AND wallet_id <> $2 AND actor = $3)
        """,
        movement_id,
        wallet_id,
        account_id,
    )


async def decisions_of(db: Connection, movement_id: UUID) -> list[Decision]:
    """Latest first."""
    rows = await db.fetch(
        "SELECT at, actor, action, wallet_id, reason FROM bank_decision WHERE movement_id = $1 ORDER BY id DESC",
        movement_id,
    )
    return [Decision(**row) for row in rows]


async def of_communications(db: Connection, digits: Sequence[str], *, limit: int) -> list[Suggestion]:
    rows = await db.fetch(
        """
        SELECT c.wallet_id AS organisation_id, p.name, p.enterprise_number, 'communication' AS why
        FROM bank_communication c LEFT JOIN billing_party p ON p.organisation_id = c.wallet_id
        WHERE c.digits = ANY ($1::text[]) ORDER BY c.wallet_id LIMIT $2
        """,
        digits,
        limit,
    )
    return [Suggestion(**row) for row in rows]


async def of_payer(db: Connection, counterparty_iban: str, *, limit: int) -> list[Suggestion]:
    """Whose wallets were credited by transfers from the same account before, the last first."""
    rows = await db.fetch(
        """
        SELECT w.wallet_id AS organisation_id, p.name, p.enterprise_number, 'payer' AS why
        FROM (
            SELECT wallet_id, max(id::text) AS last FROM bank_movement
            WHERE state = 'credited' AND counterparty_iban = $1 GROUP BY wallet_id
        ) w LEFT JOIN billing_party p ON p.organisation_id = w.wallet_id
        ORDER BY w.last DESC LIMIT $2
        """,
        counterparty_iban,
        limit,
    )
    return [Suggestion(**row) for row in rows]


async def of_enterprise_numbers(db: Connection, numbers: Sequence[str], *, limit: int) -> list[Suggestion]:
    rows = await db.fetch(
        """
        SELECT p.organisation_id, p.name, p.enterprise_number, 'enterprise-number' AS why
        FROM billing_party p JOIN wallet w ON w.id = p.organisation_id
        WHERE p.enterprise_number = ANY ($1::text[]) ORDER BY p.organisation_id LIMIT $2
        """,
        numbers,
        limit,
    )
    return [Suggestion(**row) for row in rows]


async def of_name(db: Connection, said: str, *, limit: int) -> list[Suggestion]:
    """Whose name stands in what was said, or holds all of it. Short names would stand everywhere."""
    rows = await db.fetch(
        """
        SELECT p.organisation_id, p.name, p.enterprise_number, 'name' AS why
        FROM billing_party p JOIN wallet w ON w.id = p.organisation_id
        WHERE (length(p.name) >= 5 AND strpos(lower($1), lower(p.name)) > 0)
            OR (length($1) >= 4 AND strpos(lower(p.name), lower($1)) > 0)
        ORDER BY length(p.name) DESC, p.organisation_id LIMIT $2
        """,
        said,
        limit,
    )
    return [Suggestion(**row) for row in rows]


async def of_organisation(db: Connection, organisation_id: UUID) -> Suggestion | None:
    """The wallet with this number."""
    row = await db.fetchrow(
        """
        SELECT w.id AS organisation_id, p.name, p.enterprise_number, 'communication' AS why
        FROM wallet w LEFT JOIN billing_party p ON p.organisation_id = w.id WHERE w.id = $1 AND w.unit = 'EUR'
        """,
        organisation_id,
    )
    return Suggestion(**row) if row else None
