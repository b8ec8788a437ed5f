"""What a tool's key asks and did; the keys of charges are looked up and written in the function that books them."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.keys.rules import IdempotencyMismatch
from shared.db import Connection


@dataclass(frozen=True)
class Asked:
    """What one needs to know to answer a tool, under the locks of the wallet. at: the time of what is done under them.

    is_open: the organisation has a wallet of euros. balance_cents, available_cents: of the unit's wallet, 0 where there is none yet.
    known_id: what the key did before, of which known_hash says what was asked.
    """

    at: datetime
    is_open: bool
    balance_cents: int
    available_cents: int
    frozen: bool
    registered: bool | None
    known_id: UUID | None
    known_hash: bytes | None

    def done_before(self, request_hash: bytes) -> UUID | None:
        """The reservation, charge or refund that this request made. Raises IdempotencyMismatch when the key did something else."""
        if self.known_id is not None and self.known_hash != request_hash:
            raise IdempotencyMismatch()
        return self.known_id


_NAMES = [field.name for field in fields(Asked)]


async def ask(db: Connection, tool_id: str, idempotency_key: str, organisation_id: UUID, wallet_id: UUID) -> Asked:
    """Lock the wallet and, for credits, the wallet of euros that counts the events."""
    row = await db.fetchrow(
        """
        SELECT at, is_open, balance_cents, available_cents, frozen, registered, known_id, known_hash
        FROM tool_ask($1, $2, $3, $4)
        """,
        tool_id,
        idempotency_key,
        organisation_id,
        wallet_id,
    )
    return asked_of(row)


def asked_of(row: Any) -> Asked:
    """Of a row that has more columns. Never a composite column: the driver asks the database what it is made of."""
    return Asked(**{name: row[name] for name in _NAMES})
