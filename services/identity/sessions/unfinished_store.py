"""Sign-ins that wait for the second factor, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identity.sessions.rules import Client
from shared.db import Connection


@dataclass(frozen=True)
class Unfinished:
    """A password was right. client_key: from where, as known clients are kept."""

    account_id: UUID
    client_key: bytes
    client: Client


async def insert_unfinished(db: Connection, token_hash: bytes, unfinished: Unfinished, *, expires_at: datetime) -> None:
    client = unfinished.client
    await db.execute(
        """
        INSERT INTO unfinished_sign_in (token_hash, account_id, client_key, user_agent, client_address, device, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        token_hash,
        unfinished.account_id,
        unfinished.client_key,
        client.stored_user_agent,
        client.address,
        client.device,
        expires_at,
    )


async def find_unfinished(db: Connection, token_hash: bytes, *, now: datetime) -> Unfinished | None:
    row = await db.fetchrow(
        """
        SELECT account_id, client_key, user_agent, client_address, device
        FROM unfinished_sign_in WHERE token_hash = $1 AND expires_at > $2
        """,
        token_hash,
        now,
    )
    if row is None:
        return None
    client = Client(row["user_agent"], row["client_address"], row["device"])
    return Unfinished(row["account_id"], row["client_key"], client)


async def take_unfinished(db: Connection, token_hash: bytes) -> bool:
    """False when somebody was faster, or it ended meanwhile."""
    status = await db.execute("DELETE FROM unfinished_sign_in WHERE token_hash = $1", token_hash)
    return status == "DELETE 1"


async def delete_unfinished_of(db: Connection, account_id: UUID) -> None:
    """Whoever gave a password that is no longer the account's begins again."""
    await db.execute("DELETE FROM unfinished_sign_in WHERE account_id = $1", account_id)


async def delete_expired(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM unfinished_sign_in WHERE expires_at < $1", before)
