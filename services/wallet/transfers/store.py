"""Transfers, one statement a function. The money is in the book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.wallet.transfers.rules import Request
from shared.db import Connection


@dataclass(frozen=True)
class Transfer:
    """The balances are those right after it."""

    id: UUID
    request: Request
    from_balance_cents: int
    to_balance_cents: int
    at: datetime


async def lock_managed(db: Connection, account_id: UUID, organisation_ids: Sequence[UUID]) -> set[UUID]:
    """Those of them that this person manages, and goes on managing until the transaction ends."""
    rows = await db.fetch(
        """
        SELECT organisation_id FROM member
        WHERE account_id = $1 AND organisation_id = ANY ($2::uuid[]) AND active AND manager
        ORDER BY organisation_id FOR SHARE
        """,
        account_id,
        list(organisation_ids),
    )
    return {row["organisation_id"] for row in rows}


async def insert_transfer(db: Connection, transfer_id: UUID, account_id: UUID, request: Request) -> bool:
    """False when this person used the key before; who does so at the same moment waits for the first."""
    status = await db.execute(
        """
        INSERT INTO transfer (id, from_wallet_id, to_wallet_id, amount_cents, description, account_id, key)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT transfer_once_per_key DO NOTHING
        """,
        transfer_id,
        request.from_wallet_id,
        request.to_wallet_id,
        request.amount_cents,
        request.description,
        account_id,
        request.key,
    )
    return status == "INSERT 0 1"


async def find_by_key(db: Connection, account_id: UUID, key: str) -> Transfer | None:
    transfer_id = await db.fetchval("SELECT id FROM transfer WHERE account_id = $1 AND key = $2", account_id, key)
    return await find_transfer(db, transfer_id) if transfer_id else None


async def find_transfer(db: Connection, transfer_id: UUID) -> Transfer | None:
    row = await db.fetchrow(
        """
        SELECT t.id, t.from_wallet_id, t.to_wallet_id, t.amount_cents, t.description, t.key, l.booked_at AS at,
               gave.balance_after_cents AS from_balance_cents, got.balance_after_cents AS to_balance_cents
        FROM transfer t
        JOIN ledger_transaction l ON l.id = t.id
        JOIN ledger_entry gave ON gave.transaction_id = t.id AND gave.wallet_id = t.from_wallet_id
        JOIN ledger_entry got ON got.transaction_id = t.id AND got.wallet_id = t.to_wallet_id
        WHERE t.id = $1
        """,
        transfer_id,
    )
    if row is None:
        return None
    request = Request(row["from_wallet_id"], row["to_wallet_id"], row["amount_cents"], row["description"], row["key"])
    return Transfer(row["id"], request, row["from_balance_cents"], row["to_balance_cents"], row["at"])
