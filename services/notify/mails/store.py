"""Deliveries, one statement a function."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.notify.mails.pacing import ORDINARY
from shared.correlation import trace_headers
from shared.db import Connection
from shared.ids import new_id


async def insert_deliveries(
    db: Connection, account_ids: Collection[UUID], kind: str, cause: str, params: Mapping[str, object], *, priority: int
) -> int:
    """How many are new: who already has a mail of this kind about this cause gets no second, and who leaves gets none."""
    status = await db.execute(
        """
        INSERT INTO delivery (delivery_id, account_id, kind, cause, params, priority, headers)
        SELECT delivery_id, account_id, $3, $4, $5, $6, $7 FROM unnest($1::uuid[], $2::uuid[]) AS d (delivery_id, account_id)
        WHERE NOT EXISTS (SELECT FROM recipient r WHERE r.account_id = d.account_id AND (r.is_leaving OR r.is_erased))
        ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
        """,
        [new_id() for _ in account_ids],
        list(account_ids),
        kind,
        cause,
        dict(params),
        priority,
        trace_headers(),
    )
    return int(status.rpartition(" ")[2])


async def not_told_enough(
    db: Connection, account_ids: Collection[UUID], kinds: Sequence[str], organisation_id: str, *, limit: int
) -> list[UUID]:
    """Those who had less than `limit` mails of these kinds about the organisation within a day."""
    rows = await db.fetch(
        """
        SELECT account_id FROM unnest($1::uuid[]) AS asked (account_id) WHERE $4 > (
            SELECT count(*) FROM delivery d
            WHERE d.account_id = asked.account_id AND d.params ->> 'organisation_id' = $3
                  AND d.created_at > now() - interval '1 day' AND d.kind = ANY ($2::text[])
        )
        """,
        list(account_ids),
        kinds,
        organisation_id,
        limit,
    )
    return [row["account_id"] for row in rows]


async def insert_code(
    db: Connection,
    account_id: UUID,
    kind: str,
    cause: str,
    *,
    sealed_email: str,
    sealed_code: str,
    language: str,
    expires_at: datetime,
    params: Mapping[str, object] | None = None,
    priority: int = ORDINARY,
) -> UUID | None:
    """The id, or None when this code is on its way already. It may be any secret that opens something."""
    return await db.fetchval(
        """
        INSERT INTO delivery (
            delivery_id, account_id, kind, cause, sealed_email, sealed_code, language, expires_at, params, priority, headers
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
        RETURNING delivery_id
        """,
        new_id(),
        account_id,
        kind,
        cause,
        sealed_email,
        sealed_code,
        language,
        expires_at,
        dict(params or {}),
        priority,
        trace_headers(),
    )


async def insert_for_address(
    db: Connection, account_id: UUID, kind: str, cause: str, *, sealed_email: str
) -> UUID | None:
    """The id, or None when it is on its way already."""
    return await db.fetchval(
        """
        INSERT INTO delivery (delivery_id, account_id, kind, cause, sealed_email, headers) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
        RETURNING delivery_id
        """,
        new_id(),
        account_id,
        kind,
        cause,
        sealed_email,
        trace_headers(),
    )


async def end_delivery(db: Connection, delivery_id: UUID, state: str, *, now: datetime) -> bool:
    """Forget the code and the address with it. False when it had ended before."""
    row = await db.fetchval(
        """
        UPDATE delivery SET state = $2, ended_at = $3, sealed_code = NULL, sealed_email = NULL,
            lease = NULL, leased_until = NULL
        WHERE delivery_id = $1 AND state = 'waiting'
        RETURNING delivery_id
        """,
        delivery_id,
        state,
        now,
    )
    return row is not None


async def raise_mail_version(db: Connection, account_id: UUID) -> int:
    return await db.fetchval(
        """
        INSERT INTO mail_version AS v (account_id, version) VALUES ($1, 1)
        ON CONFLICT ON CONSTRAINT mail_version_pk DO UPDATE SET version = v.version + 1
        RETURNING version
        """,
        account_id,
    )


async def delete_deliveries(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM delivery WHERE account_id = $1", account_id)
