"""The movements of money that goes back, between a wallet and what its provider owes us. On the statement their kind says it all."""

from uuid import UUID

from services.wallet.ledger.booking import Booked, Posting, book
from services.wallet.ledger.rules import EUR
from services.wallet.ledger.store import lock_wallet, raise_version
from services.wallet.topups.rules import TopUp
from shared import outbox
from shared.db import Connection
from shared.events.wallet import WalletFrozen


async def take_back(
    db: Connection,
    top_up: TopUp,
    kind: str,
    amount_cents: int,
    *,
    overdraw: bool = False,
) -> Booked:
    postings = [
        Posting("wallet", -amount_cents, wallet_id=top_up.wallet_id),
        Posting("clearing", amount_cents, party=top_up.provider),
    ]
    return await book(db, kind, "", postings, related_id=top_up.id, overdraw=overdraw)


async def give_again(db: Connection, top_up: TopUp, amount_cents: int, *, undoes: UUID) -> Booked:
    postings = [
        Posting("wallet", amount_cents, wallet_id=top_up.wallet_id),
        Posting("clearing", -amount_cents, party=top_up.provider),
    ]
    return await book(db, "void", "", postings, related_id=undoes)


async def is_frozen(db: Connection, top_up: TopUp) -> bool:
    locked = await lock_wallet(db, top_up.wallet_id, EUR)
    return locked is not None and locked.frozen


async def say_frozen(db: Connection, top_up: TopUp, reason: str) -> None:
    wallet = await raise_version(db, top_up.wallet_id)
    event = WalletFrozen(
        wallet_id=top_up.wallet_id, reason=reason, balance_cents=wallet.balance_cents, version=wallet.version
    )
    await outbox.append(db, event)
