"""The addresses to which tools have their events sent, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.notify.webhooks.rules import Health, OffReason
from shared.db import Connection


@dataclass(frozen=True)
class Endpoint:
    """secret, old_secret: sealed under a data key of the endpoint's own. types: none for all. off_reason: None while it is on."""

    endpoint_id: UUID
    tool_id: str
    client_id: str
    url: str
    description: str
    types: tuple[str, ...]
    language: str
    secret: str = field(repr=False)
    old_secret: str | None = field(repr=False)
    old_secret_until: datetime | None
    created_at: datetime
    created_by: str
    off_reason: OffReason | None
    off_at: datetime | None
    delivered_at: datetime | None
    health: Health

    @property
    def is_on(self) -> bool:
        return self.off_reason is None

    def secrets_at(self, now: datetime) -> list[str]:
        """The present one first."""
        is_kept = self.old_secret is not None and self.old_secret_until is not None and now < self.old_secret_until
        return [self.secret, self.old_secret] if is_kept and self.old_secret is not None else [self.secret]


async def insert(db: Connection, endpoint: Endpoint) -> None:
    await db.execute(
        """
        INSERT INTO webhook_endpoint (
            endpoint_id, tool_id, client_id, url, description, types, language, secret, created_at, created_by
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        endpoint.endpoint_id,
        endpoint.tool_id,
        endpoint.client_id,
        endpoint.url,
        endpoint.description,
        list(endpoint.types),
        endpoint.language,
        endpoint.secret,
        endpoint.created_at,
        endpoint.created_by,
    )


async def lock_tool(db: Connection, tool_id: str) -> int:
    """How many addresses the tool has; nobody adds one to it until the commit."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 611))", tool_id)
    return await db.fetchval("SELECT count(*) FROM webhook_endpoint WHERE tool_id = $1", tool_id)


async def listed(db: Connection, tool_id: str | None) -> list[Endpoint]:
    """tool_id: None for those of all tools."""
    rows = await db.fetch(
        """
        SELECT endpoint_id, tool_id, client_id, url, description, types, language, secret, old_secret, old_secret_until,
            created_at, created_by, off_reason, off_at, delivered_at, failures, failing_since, paused_until
        FROM webhook_endpoint WHERE $1::text IS NULL OR tool_id = $1 ORDER BY tool_id, endpoint_id
        """,
        tool_id,
    )
    return [_endpoint(row) for row in rows]


async def find(db: Connection, endpoint_id: UUID) -> Endpoint | None:
    row = await db.fetchrow(
        """
        SELECT endpoint_id, tool_id, client_id, url, description, types, language, secret, old_secret, old_secret_until,
            created_at, created_by, off_reason, off_at, delivered_at, failures, failing_since, paused_until
        FROM webhook_endpoint WHERE endpoint_id = $1
        """,
        endpoint_id,
    )
    return _endpoint(row) if row else None


async def lock(db: Connection, endpoint_id: UUID) -> None:
    await db.execute("SELECT FROM webhook_endpoint WHERE endpoint_id = $1 FOR NO KEY UPDATE", endpoint_id)


async def change(db: Connection, endpoint_id: UUID, *, url: str, description: str, types: Sequence[str]) -> None:
    """A new address is called at once, whatever the old one answered."""
    await db.execute(
        """
        UPDATE webhook_endpoint SET url = $2, description = $3, types = $4,
            failures = CASE WHEN url = $2 THEN failures ELSE 0 END,
            paused_until = CASE WHEN url = $2 THEN paused_until END
        WHERE endpoint_id = $1
        """,
        endpoint_id,
        url,
        description,
        list(types),
    )


async def set_secret(db: Connection, endpoint_id: UUID, secret: str, *, old_until: datetime) -> None:
    await db.execute(
        """
        UPDATE webhook_endpoint SET secret = $2, old_secret = secret, old_secret_until = $3 WHERE endpoint_id = $1
        """,
        endpoint_id,
        secret,
        old_until,
    )


async def delete(db: Connection, endpoint_id: UUID) -> None:
    await db.execute("DELETE FROM webhook_endpoint WHERE endpoint_id = $1", endpoint_id)


async def switch_off(db: Connection, endpoint_id: UUID, reason: OffReason, *, now: datetime) -> bool:
    """False where it was off before."""
    return bool(
        await db.fetchval(
            """
            UPDATE webhook_endpoint SET off_reason = $2, off_at = $3
            WHERE endpoint_id = $1 AND off_at IS NULL RETURNING true
            """,
            endpoint_id,
            reason,
            now,
        )
    )


async def switch_on(db: Connection, endpoint_id: UUID) -> None:
    """As if it had never failed; what waited is due now."""
    await db.execute(
        """
        UPDATE webhook_endpoint SET off_reason = NULL, off_at = NULL, failures = 0, failing_since = NULL, paused_until = NULL,
            next_at = now()
        WHERE endpoint_id = $1
        """,
        endpoint_id,
    )
    await db.execute(
        """
        UPDATE webhook_delivery SET attempts = 0, run_at = now(), first_due_at = now()
        WHERE endpoint_id = $1 AND state = 'waiting'
        """,
        endpoint_id,
    )


async def claim(db: Connection, *, limit: int, lease: timedelta) -> list[tuple[UUID, Endpoint]]:
    """Lease those for which something is due and that nobody sends to, those that waited longest first."""
    rows = await db.fetch(
        """
        UPDATE webhook_endpoint SET lease = gen_random_uuid(), leased_until = now() + $2::interval
        WHERE endpoint_id = ANY (ARRAY(
            SELECT endpoint_id FROM webhook_endpoint
            WHERE off_at IS NULL AND next_at <= now() AND (paused_until IS NULL OR paused_until <= now())
                  AND (lease IS NULL OR leased_until < now())
            ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED
        ))
        RETURNING endpoint_id, tool_id, client_id, url, description, types, language, secret, old_secret, old_secret_until,
            created_at, created_by, off_reason, off_at, delivered_at, failures, failing_since, paused_until, lease
        """,
        limit,
        lease,
    )
    return [(row["lease"], _endpoint(row)) for row in rows]


async def lock_leased(db: Connection, endpoint_id: UUID, lease: UUID) -> bool:
    """Whether the lease still holds. Whoever adds deliveries waits until the commit, and wakes the sender after it."""
    return bool(
        await db.fetchval(
            "SELECT true FROM webhook_endpoint WHERE endpoint_id = $1 AND lease = $2 FOR NO KEY UPDATE",
            endpoint_id,
            lease,
        )
    )


async def set_health(
    db: Connection, endpoint_id: UUID, health: Health, *, delivered_at: datetime | None, lease: timedelta
) -> None:
    """delivered_at: of the last success, None for none now. The lease lasts anew."""
    await db.execute(
        """
        UPDATE webhook_endpoint SET failures = $2, failing_since = $3, paused_until = $4,
            delivered_at = coalesce($5, delivered_at), leased_until = now() + $6::interval
        WHERE endpoint_id = $1
        """,
        endpoint_id,
        health.failures,
        health.failing_since,
        health.paused_until,
        delivered_at,
        lease,
    )


async def release(db: Connection, endpoint_id: UUID, *, not_before: datetime) -> None:
    """It is looked at again when something is due, but not before. The row is locked."""
    await db.execute(
        """
        UPDATE webhook_endpoint SET lease = NULL, leased_until = NULL, next_at = (
            SELECT greatest(min(run_at), $2) FROM webhook_delivery
            WHERE endpoint_id = $1 AND state = 'waiting' HAVING count(*) > 0
        )
        WHERE endpoint_id = $1
        """,
        endpoint_id,
        not_before,
    )


async def record(db: Connection, actor: str, action: str, endpoint: Endpoint, *, reason: str) -> None:
    await db.execute(
        "INSERT INTO webhook_audit (actor, action, tool_id, endpoint_id, reason) VALUES ($1, $2, $3, $4, $5)",
        actor,
        action,
        endpoint.tool_id,
        endpoint.endpoint_id,
        reason,
    )


def _endpoint(row: Any) -> Endpoint:
    names = ("endpoint_id", "tool_id", "client_id", "url", "description", "language", "secret", "old_secret")
    more = ("old_secret_until", "created_at", "created_by", "off_reason", "off_at", "delivered_at")
    health = Health(row["failures"], row["failing_since"], row["paused_until"])
    return Endpoint(types=tuple(row["types"]), health=health, **{name: row[name] for name in (*names, *more)})
