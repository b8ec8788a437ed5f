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
            OR EXISTS (SELECT FROM wallet_audit WHERE actor = $1 OR account_id = $1)
            OR EXISTS (SELECT FROM bank_decision WHERE actor = $1)
            OR EXISTS (SELECT FROM viewer WHERE allowed_by = $1)
            OR EXISTS (SELECT FROM top_up_refund WHERE requested_by = $1)
            OR EXISTS (SELECT FROM stray_payment WHERE settled_by = $1)
            OR EXISTS (SELECT FROM adjustment WHERE requested_by = $1 OR decided_by = $1)
        """,
        account_id,
    )


async def charges_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT t.booked_at AS at, w.organisation_id, w.unit, c.tool_id AS tool, t.description,
               c.amount_excl_cents, c.amount_incl_cents, c.vat_rate_bp
        FROM charge c JOIN wallet w ON w.id = c.wallet_id JOIN ledger_transaction t ON t.id = c.id
        WHERE c.account_id = $1 ORDER BY t.booked_at DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def reservations_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """What tools set aside for them; what was captured of it is a charge."""
    rows = await db.fetch(
        """
        SELECT r.reserved_at AS at, w.organisation_id, w.unit, r.tool_id AS tool, r.description, r.amount_excl_cents,
               r.amount_incl_cents, r.vat_rate_bp, r.state, r.expires_at, r.ended_at
        FROM reservation r JOIN wallet w ON w.id = r.wallet_id
        WHERE r.account_id = $1 ORDER BY r.reserved_at DESC LIMIT $2
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
    """sees_wallet: also whom a manager let."""
    rows = await db.fetch(
        """
        SELECT m.organisation_id, m.active, m.manager, m.manager OR v.account_id IS NOT NULL AS sees_wallet
        FROM member m LEFT JOIN viewer v ON v.organisation_id = m.organisation_id AND v.account_id = m.account_id
        WHERE m.account_id = $1 ORDER BY m.organisation_id
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def transfers_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT l.booked_at AS at, t.from_wallet_id AS organisation_id, t.to_wallet_id AS to_organisation_id, t.amount_cents,
               t.description
        FROM transfer t JOIN ledger_transaction l ON l.id = t.id
        WHERE t.account_id = $1 ORDER BY l.booked_at DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def purchases_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """Plans and credits that they bought for an organisation."""
    rows = await db.fetch(
        """
        SELECT l.booked_at AS at, p.organisation_id, o.tool_id AS tool, o.kind, l.description, o.price_incl_cents AS amount_incl_cents
        FROM purchase p JOIN offer o ON o.id = p.offer_id JOIN ledger_transaction l ON l.id = p.id
        WHERE p.account_id = $1 ORDER BY l.booked_at DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def decisions_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """What they decided about wallets, and what others decided on them. What staff wrote is the organisation's business."""
    rows = await db.fetch(
        """
        SELECT at, organisation_id, action, CASE WHEN actor = $1 THEN 'by them' ELSE 'on them' END AS part
        FROM wallet_audit WHERE actor = $1 OR account_id = $1 ORDER BY id DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]
