"""Staff stop all that takes money out of a wallet, and let it go on. In the caller's transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet import audit
from services.wallet.access.handlers import check_outsider
from services.wallet.ledger.rules import EUR, WalletNotFound
from shared import outbox
from shared.db import Connection
from shared.errors import Conflict
from shared.events.wallet import WalletFrozen, WalletUnfrozen
from shared.markers import N_

BY_STAFF = "support"
"""The reason in the event; what staff wrote is in the record."""


class FrozenAlready(Conflict):
    code = "wallet-frozen-already"
    message = N_("This wallet is frozen already.")


class NotFrozen(Conflict):
    code = "wallet-not-frozen"
    message = N_("This wallet is not frozen.")


class BelowZero(Conflict):
    code = "wallet-below-zero"
    message = N_("There is less than nothing in this wallet. It can be used again once that is paid back or corrected.")


async def freeze(db: Connection, organisation_id: UUID, reason: str, *, by: UUID, now: datetime) -> None:
    """Its credits too. One that an overdraft froze stays so then, also once it is paid up. Raises WalletNotFound, FrozenAlready."""
    row = await _lock(db, organisation_id)
    if row["frozen_at"] is not None and not row["is_overdrawn"]:
        raise FrozenAlready()
    version = await db.fetchval(
        """
        UPDATE wallet SET frozen_at = coalesce(frozen_at, $2), is_overdrawn = false, version = version + 1
        WHERE id = $1 RETURNING version
        """,
        organisation_id,
        now,
    )
    await audit.record(db, organisation_id, "frozen", actor=by, by_staff=True, reason=reason, now=now)
    event = WalletFrozen(
        wallet_id=organisation_id, reason=BY_STAFF, balance_cents=row["balance_cents"], version=version
    )
    await outbox.append(db, event)


async def unfreeze(db: Connection, organisation_id: UUID, reason: str, *, by: UUID, now: datetime) -> None:
    """Whoever or whatever froze it. Raises WalletNotFound, OwnOrganisation, NotFrozen, BelowZero."""
    row = await _lock(db, organisation_id)
    await check_outsider(db, organisation_id, by)
    if row["frozen_at"] is None:
        raise NotFrozen()
    if row["balance_cents"] < row["held_cents"]:
        raise BelowZero()
    version = await db.fetchval(
        "UPDATE wallet SET frozen_at = NULL, version = version + 1 WHERE id = $1 RETURNING version", organisation_id
    )
    await audit.record(db, organisation_id, "unfrozen", actor=by, by_staff=True, reason=reason, now=now)
    event = WalletUnfrozen(wallet_id=organisation_id, balance_cents=row["balance_cents"], version=version)
    await outbox.append(db, event)


async def _lock(db: Connection, organisation_id: UUID) -> Any:
    """The wallet of euros."""
    row = await db.fetchrow(
        "SELECT balance_cents, held_cents, frozen_at, is_overdrawn FROM wallet WHERE id = $1 AND unit = $2 FOR NO KEY UPDATE",
        organisation_id,
        EUR,
    )
    if row is None:
        raise WalletNotFound()
    return row
