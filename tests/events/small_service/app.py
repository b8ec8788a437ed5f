"""A service that does nothing but charge wallets: each charge has an effect, and causes a second event that has one too.

`python -m tests.events.small_service.app api|worker|all`. A charge of POISON_CENTS breaks a rule until the file in
IMMO_WALLET_REPAIRED exists.
"""

import sys
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter

from shared import outbox
from shared.consume import Consumer
from shared.db import Connection
from shared.errors import Conflict
from shared.events.wallet import BalanceLow, WalletCharged
from shared.ids import new_id
from shared.runtime import Runtime, runtime
from shared.sealed import Keyring
from shared.service import At, Service, run
from shared.settings import Settings
from shared.tokens import public

POISON_CENTS = 666


class WalletSettings(Settings):
    service: ClassVar[str] = "wallet"

    repaired: str = ""


class Poisonous(Conflict):
    code = "poisonous"


router = APIRouter()


@router.post("/api/wallets/{wallet_id}/charges", dependencies=[public("test")])
async def charge(wallet_id: UUID, at: Annotated[Runtime[WalletSettings], runtime()], amount_cents: int = 1) -> int:
    async with at.database.transaction() as db:
        return await charge_wallet(db, wallet_id, amount_cents)


async def charge_wallet(db: Connection, wallet_id: UUID, amount_cents: int = 1) -> int:
    """The version of the wallet after the charge. Its row is locked before the event gets its place in the outbox."""
    version: int = await db.fetchval(
        """
        INSERT INTO wallet (id, version) VALUES ($1, 1)
        ON CONFLICT ON CONSTRAINT wallet_pk DO UPDATE SET version = wallet.version + 1
        RETURNING version
        """,
        wallet_id,
    )
    charged = WalletCharged(
        version=version,
        wallet_id=wallet_id,
        charge_id=new_id(),
        tool_id="test",
        amount_excl_cents=amount_cents,
        amount_incl_cents=amount_cents,
        balance_cents=0,
    )
    await outbox.append(db, charged)
    return version


def consumers(at: At) -> list[Consumer]:
    async def on_charged(db: Connection, event: WalletCharged, _: Keyring) -> None:
        if event.amount_excl_cents == POISON_CENTS and not is_repaired(at):
            raise Poisonous()
        await save(db, "charge", event.wallet_id, event.version)
        low = BalanceLow(version=event.version, wallet_id=event.wallet_id, balance_cents=0, threshold_cents=0)
        await outbox.append(db, low)

    return [Consumer("wallet", ["wallet.events"], {WalletCharged: on_charged, BalanceLow: on_low})]


def is_repaired(at: At) -> bool:
    return Path(at.settings.repaired).exists()


async def on_low(db: Connection, event: BalanceLow, _: Keyring) -> None:
    await save(db, "low", event.wallet_id, event.version)


async def save(db: Connection, kind: str, wallet_id: UUID, version: int) -> None:
    await db.execute("INSERT INTO effect (kind, wallet_id, version) VALUES ($1, $2, $3)", kind, wallet_id, version)


SERVICE = Service(
    name="wallet",
    folder=Path(__file__).parent,
    settings=WalletSettings,
    routers=[router],
    consumers=consumers,
)

if __name__ == "__main__":
    sys.exit(run(SERVICE, sys.argv[1:]))
