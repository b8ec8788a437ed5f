"""The statements of the keys of tools; the keys of charges are written in the function that books them."""

from uuid import UUID

from services.wallet.keys.rules import IdempotencyMismatch, Operation
from shared.db import Connection


async def find_subject(db: Connection, tool_id: str, idempotency_key: str, request_hash: bytes) -> UUID | None:
    """What this request did before: the charge, reservation or refund. Ask under the wallet's lock.

    Raises IdempotencyMismatch when the key did something else.
    """
    row = await db.fetchrow(
        "SELECT request_hash, subject_id FROM tool_request WHERE tool_id = $1 AND idempotency_key = $2",
        tool_id,
        idempotency_key,
    )
    if row is None:
        return None
    if row["request_hash"] != request_hash:
        raise IdempotencyMismatch()
    return row["subject_id"]


async def insert_request(
    db: Connection, tool_id: str, idempotency_key: str, operation: Operation, request_hash: bytes, subject_id: UUID
) -> None:
    """Raises UniqueViolationError of `tool_request_once` when the key is used for another wallet at this moment: ask again."""
    await db.execute(
        """
        INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id) VALUES ($1, $2, $3, $4, $5)
        """,
        tool_id,
        idempotency_key,
        operation,
        request_hash,
        subject_id,
    )
