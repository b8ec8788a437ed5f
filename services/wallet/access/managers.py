"""Proof that a caller manages an organisation: what touches its wallet takes one of these instead of an id out of a URL."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from services.wallet.access.store import find_manager_flag
from services.wallet.ledger.rules import NotAManager, WalletNotFound
from shared.db import Connection
from shared.tokens import Person


@dataclass(frozen=True)
class Manager:
    """Made by `of` only."""

    wallet_id: UUID
    account_id: UUID

    @classmethod
    async def of(cls, db: Connection, wallet_id: UUID, caller: Person) -> Self:
        """Raises WalletNotFound for a stranger, NotAManager for another member."""
        manager = await find_manager_flag(db, wallet_id, caller.account_id)
        if manager is None:
            raise WalletNotFound()
        if not manager:
            raise NotAManager()
        return cls(wallet_id, caller.account_id)
