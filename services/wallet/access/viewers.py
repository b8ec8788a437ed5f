"""Proof that a caller may see a wallet: managers do, and whom a manager lets. What only reads, or brings money in, takes one of these."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from services.wallet.access.managers import Manager
from services.wallet.access.store import find_sight
from services.wallet.ledger.rules import NotAManager, WalletNotFound
from shared.db import Connection
from shared.tokens import Person


@dataclass(frozen=True)
class Viewer:
    """Made by `of` only. may_manage: whether they are a manager, who may do more than look and top up."""

    organisation_id: UUID
    account_id: UUID
    may_manage: bool

    @classmethod
    async def of(cls, db: Connection, organisation_id: UUID, caller: Person) -> Self:
        """Raises WalletNotFound for a stranger, NotAManager for a member whom nobody lets see it."""
        sight = await find_sight(db, organisation_id, caller.account_id)
        if sight is None:
            raise WalletNotFound()
        if not sight.manager and not sight.viewer:
            raise NotAManager()
        return cls(organisation_id, caller.account_id, sight.manager)

    def as_manager(self) -> Manager:
        """For what changes things. Raises NotAManager."""
        if not self.may_manage:
            raise NotAManager()
        return Manager(self.organisation_id, self.account_id)
