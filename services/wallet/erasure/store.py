"""What wallets know of one person, one statement a function. The book keeps the account's id: money is the organisation's."""

from uuid import UUID

from shared.db import Connection

_MAX_ROWS = 100_000


async def forget_member(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM member WHERE account_id = $1", account_id)


async def is_remembered(db: Connection, account_id: UUID) -> bool:
    """Whether the account's id stands in the book."""
    return await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM charge WHERE account_id = $1) OR EXISTS (SELECT FROM top_up WHERE requested_by = $1)
            OR EXISTS (SELECT FROM reservation WHERE account_id = $1)
            OR EXISTS (SELECT FROM ledger_transaction WHERE account_id = $1)
        """,
        account_id,
    )


async def charges_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT t.booked_at AS at, c.wallet_id AS organisation_id, c.tool_id AS tool, t.description,
               c.amount_excl_cents, c.amount_incl_cents, c.vat_rate_bp
        FROM charge c JOIN ledger_transaction t ON t.id = c.id
        WHERE c.account_id = $1 ORDER BY t.booked_at DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def top_ups_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT created_at AS at, wallet_id AS organisation_id, amount_cents, currency, method, state, ended_at
        FROM top_up WHERE requested_by = $1 ORDER BY created_at DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def memberships_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        "SELECT organisation_id, active, manager FROM member WHERE account_id = $1 ORDER BY organisation_id", account_id
    )
    return [dict(row) for row in rows]
