"""Second factors, one statement a function."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.factors.passkeys import Asserted
from services.identity.factors.rules import Factors, Passkey
from shared.db import Connection

CREDENTIAL_UNIQUE = "passkey_credential_unique"


async def find_factors(db: Connection, account_id: UUID) -> Factors:
    totp_since, codes_left = await find_totp_and_codes(db, account_id)
    return Factors(tuple(await find_passkeys(db, account_id)), totp_since, codes_left)


async def find_passkeys(db: Connection, account_id: UUID) -> list[Passkey]:
    """Oldest first."""
    rows = await db.fetch(
        """
        SELECT id, account_id, credential_id, public_key, sign_count, transports, is_synced, is_backed_up, name, created_at, last_used_at
        FROM passkey WHERE account_id = $1 ORDER BY created_at, id
        """,
        account_id,
    )
    return [_passkey(row) for row in rows]


async def find_totp_and_codes(db: Connection, account_id: UUID) -> tuple[datetime | None, int]:
    """Since when an authenticator app is in use, and how many recovery codes are left."""
    rows = await db.fetch(
        """
        SELECT (SELECT created_at FROM totp WHERE account_id = $1 AND is_in_use) AS totp_since,
               (SELECT count(*) FROM recovery_code WHERE account_id = $1 AND used_at IS NULL) AS codes_left
        """,
        account_id,
    )
    return rows[0]["totp_since"], rows[0]["codes_left"]


async def find_passkey_by_credential(db: Connection, credential_id: bytes) -> Passkey | None:
    row = await db.fetchrow(
        """
        SELECT id, account_id, credential_id, public_key, sign_count, transports, is_synced, is_backed_up, name, created_at, last_used_at
        FROM passkey WHERE credential_id = $1
        """,
        credential_id,
    )
    return _passkey(row) if row else None


async def insert_passkey(db: Connection, passkey: Passkey) -> None:
    """Violates CREDENTIAL_UNIQUE where it is known already, of whichever account."""
    await db.execute(
        """
        INSERT INTO passkey (
            id, account_id, credential_id, public_key, sign_count, transports, is_synced, is_backed_up, name, created_at, last_used_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        passkey.id,
        passkey.account_id,
        passkey.credential_id,
        passkey.public_key,
        passkey.sign_count,
        list(passkey.transports),
        passkey.is_synced,
        passkey.is_backed_up,
        passkey.name,
        passkey.created_at,
        passkey.last_used_at,
    )


async def use_passkey(db: Connection, passkey_id: UUID, asserted: Asserted, *, now: datetime) -> bool:
    """False where the device has counted further meanwhile: of two answers with one count only the first is taken."""
    status = await db.execute(
        """
        UPDATE passkey SET sign_count = $2, is_synced = $3, is_backed_up = $4, last_used_at = $5
        WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))
        """,
        passkey_id,
        asserted.sign_count,
        asserted.is_synced,
        asserted.is_backed_up,
        now,
    )
    return status == "UPDATE 1"


async def rename_passkey(db: Connection, account_id: UUID, passkey_id: UUID, name: str) -> bool:
    status = await db.execute(
        "UPDATE passkey SET name = $3 WHERE id = $2 AND account_id = $1", account_id, passkey_id, name
    )
    return status == "UPDATE 1"


async def delete_passkey(db: Connection, account_id: UUID, passkey_id: UUID) -> bool:
    status = await db.execute("DELETE FROM passkey WHERE id = $2 AND account_id = $1", account_id, passkey_id)
    return status == "DELETE 1"


async def take_challenge(db: Connection, challenge_hash: bytes, *, expires_at: datetime) -> bool:
    """False when it was used before."""
    status = await db.execute(
        """
        INSERT INTO passkey_challenge_used (challenge_hash, expires_at) VALUES ($1, $2)
        ON CONFLICT ON CONSTRAINT passkey_challenge_used_pk DO NOTHING
        """,
        challenge_hash,
        expires_at,
    )
    return status == "INSERT 0 1"


async def save_totp_setup(db: Connection, account_id: UUID, secret: str, *, now: datetime) -> None:
    """Takes the place of an earlier one that was not finished."""
    await db.execute(
        """
        INSERT INTO totp (account_id, is_in_use, secret, last_step, created_at) VALUES ($1, FALSE, $2, 0, $3)
        ON CONFLICT ON CONSTRAINT totp_pk DO UPDATE SET secret = excluded.secret, last_step = 0, created_at = excluded.created_at
        """,
        account_id,
        secret,
        now,
    )


async def find_totp(
    db: Connection, account_id: UUID, *, is_in_use: bool, since: datetime | None = None
) -> tuple[str, int] | None:
    """The sealed secret and the step of the last code. Locked: of two codes at once the second sees the first one's step."""
    row = await db.fetchrow(
        """
        SELECT secret, last_step FROM totp
        WHERE account_id = $1 AND is_in_use = $2 AND ($3::timestamptz IS NULL OR created_at > $3) FOR UPDATE
        """,
        account_id,
        is_in_use,
        since,
    )
    return (row["secret"], row["last_step"]) if row else None


async def set_totp_step(db: Connection, account_id: UUID, step: int) -> None:
    await db.execute("UPDATE totp SET last_step = $2 WHERE account_id = $1 AND is_in_use", account_id, step)


async def delete_totp(db: Connection, account_id: UUID) -> bool:
    status = await db.execute("DELETE FROM totp WHERE account_id = $1 AND is_in_use", account_id)
    return status == "DELETE 1"


async def use_totp_setup(db: Connection, account_id: UUID, step: int, *, now: datetime) -> None:
    """What was being set up is in use. The one before must be gone."""
    await db.execute(
        "UPDATE totp SET is_in_use = TRUE, last_step = $2, created_at = $3 WHERE account_id = $1 AND NOT is_in_use",
        account_id,
        step,
        now,
    )


async def delete_recovery_codes(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM recovery_code WHERE account_id = $1", account_id)


async def insert_recovery_codes(
    db: Connection, account_id: UUID, code_hashes: Sequence[bytes], *, now: datetime
) -> None:
    await db.execute(
        "INSERT INTO recovery_code (account_id, code_hash, made_at) SELECT $1, unnest($2::bytea[]), $3",
        account_id,
        list(code_hashes),
        now,
    )


async def take_recovery_code(db: Connection, account_id: UUID, code_hash: bytes, *, now: datetime) -> bool:
    status = await db.execute(
        "UPDATE recovery_code SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL",
        account_id,
        code_hash,
        now,
    )
    return status == "UPDATE 1"


async def delete_expired(db: Connection, *, before: datetime) -> None:
    """Challenges that nobody could use again in any case."""
    await db.execute("DELETE FROM passkey_challenge_used WHERE expires_at < $1", before)


async def delete_old_totp_setups(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM totp WHERE NOT is_in_use AND created_at < $1", before)


def _passkey(row: Any) -> Passkey:
    return Passkey(
        id=row["id"],
        account_id=row["account_id"],
        credential_id=row["credential_id"],
        public_key=row["public_key"],
        sign_count=row["sign_count"],
        transports=tuple(row["transports"]),
        is_synced=row["is_synced"],
        is_backed_up=row["is_backed_up"],
        name=row["name"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )
