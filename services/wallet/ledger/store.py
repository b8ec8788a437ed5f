"""Wallets and their statements, one statement a function. What moves money is in booking.py, and for charges in charges/store.py."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from services.wallet.ledger.rules import EUR, WalletNotFound, wallet_id_of
from shared.db import Connection


@dataclass(frozen=True)
class Wallet:
    """available_cents: what a charge may take; the rest of the balance is held for reservations."""

    id: UUID
    organisation_id: UUID
    unit: str
    balance_cents: int
    held_cents: int
    available_cents: int
    low_threshold_cents: int
    frozen_at: datetime | None


_WALLET = [field.name for field in fields(Wallet)]


@dataclass(frozen=True)
class Moved:
    """A wallet right after a movement or an announcement. number: of its last entry; version: for one event about it.

    frozen: nothing more can be taken from it; a movement that overdraws it makes it so.
    """

    balance_cents: int
    number: int
    version: int
    low_threshold_cents: int
    frozen: bool = False


@dataclass(frozen=True)
class Locked:
    """An organisation's wallets, locked until the transaction ends. wallet: the one asked for, None where there is none of that unit yet.

    frozen: nothing may be taken from it. at: the time of what is done under this lock.
    """

    wallet: Wallet | None
    frozen: bool
    at: datetime


async def insert_wallet(
    db: Connection, organisation_id: UUID, unit: str, *, low_threshold_cents: int, now: datetime
) -> bool:
    """At version 1. False when it exists already."""
    status = await db.execute(
        """
        INSERT INTO wallet (id, organisation_id, unit, low_threshold_cents, version, opened_at) VALUES ($1, $2, $3, $4, 1, $5)
        ON CONFLICT ON CONSTRAINT wallet_pk DO NOTHING
        """,
        wallet_id_of(organisation_id, unit),
        organisation_id,
        unit,
        low_threshold_cents,
        now,
    )
    return status == "INSERT 0 1"


async def get_wallet(db: Connection, wallet_id: UUID) -> Wallet:
    """Raises WalletNotFound."""
    row = await db.fetchrow(
        """
        SELECT id, organisation_id, unit, balance_cents, held_cents, balance_cents - held_cents AS available_cents,
               low_threshold_cents, frozen_at
        FROM wallet WHERE id = $1
        """,
        wallet_id,
    )
    if row is None:
        raise WalletNotFound()
    return Wallet(**row)


async def lock_wallet(db: Connection, organisation_id: UUID, unit: str) -> Locked | None:
    """Lock the wallet and, for credits, the wallet of euros that counts the events. None when the organisation has no wallet."""
    rows = await db.fetch(
        """
        SELECT l.id, l.organisation_id, l.unit, l.balance_cents, l.held_cents, l.balance_cents - l.held_cents AS available_cents,
               l.low_threshold_cents, l.frozen_at, greatest(clock_timestamp(), max(l.last_booked_at) OVER ()) AS at
        FROM (SELECT * FROM wallet w WHERE w.id = ANY ($1) ORDER BY w.id FOR NO KEY UPDATE) l
        """,
        [organisation_id, wallet_id_of(organisation_id, unit)],
    )
    if not any(row["unit"] == EUR for row in rows):
        return None
    found = {row["unit"]: Wallet(**{name: row[name] for name in _WALLET}) for row in rows}
    return Locked(found.get(unit), any(wallet.frozen_at for wallet in found.values()), max(row["at"] for row in rows))


async def wallets_of(db: Connection, organisation_id: UUID) -> list[Wallet]:
    """In every unit, euros first."""
    rows = await db.fetch(
        """
        SELECT id, organisation_id, unit, balance_cents, held_cents, balance_cents - held_cents AS available_cents,
               low_threshold_cents, frozen_at
        FROM wallet WHERE organisation_id = $1 ORDER BY unit <> 'EUR', unit
        """,
        organisation_id,
    )
    return [Wallet(**row) for row in rows]


async def raise_version(db: Connection, wallet_id: UUID) -> Moved:
    """Lock the wallet and number an event that moves no money. Raises WalletNotFound."""
    wallet = await raise_version_if_open(db, wallet_id)
    if wallet is None:
        raise WalletNotFound()
    return wallet


async def raise_version_if_open(db: Connection, wallet_id: UUID) -> Moved | None:
    """As `raise_version`, for who may be asked about a wallet that does not exist."""
    row = await db.fetchrow(
        """
        UPDATE wallet SET version = version + 1 WHERE id = $1
        RETURNING balance_cents, entry_count AS number, version, low_threshold_cents
        """,
        wallet_id,
    )
    return Moved(**row) if row else None


async def mark_low(db: Connection, wallet_id: UUID) -> Moved | None:
    """Number the event that says that the balance is low. None when that is not so, was said already, or is told as frozen."""
    row = await db.fetchrow(
        """
        UPDATE wallet SET low_announced = true, version = version + 1
        WHERE id = $1 AND NOT low_announced AND balance_cents < low_threshold_cents AND low_threshold_cents > 0 AND frozen_at IS NULL
        RETURNING balance_cents, entry_count AS number, version, low_threshold_cents
        """,
        wallet_id,
    )
    return Moved(**row) if row else None
