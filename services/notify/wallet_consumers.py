"""What the wallet service announces: every manager hears of the organisation's money, and whoever asked for what happened to it."""

from collections.abc import Mapping
from uuid import UUID

from services.notify.mails.handlers import cause_of, tell
from services.notify.recipients import store
from shared.consume import Handler
from shared.db import Connection
from shared.events import wallet
from shared.events.base import Event
from shared.sealed import Keyring


async def on_wallet_topped_up(db: Connection, event: wallet.WalletToppedUp, keyring: Keyring) -> None:
    params = {"amount_cents": event.amount_cents, "balance_cents": event.balance_cents}
    await tell_managers(db, event, "wallet-topped-up", params, also=event.requested_by)


async def on_top_up_failed(db: Connection, event: wallet.TopUpFailed, keyring: Keyring) -> None:
    """Who tried hears it; to the others nothing happened."""
    params = {"organisation_id": event.wallet_id, "amount_cents": event.amount_cents}
    if event.requested_by is not None:
        await tell(db, [event.requested_by], "top-up-failed", cause_of(event), params)


async def on_balance_low(db: Connection, event: wallet.BalanceLow, keyring: Keyring) -> None:
    params = {"balance_cents": event.balance_cents, "threshold_cents": event.threshold_cents}
    await tell_managers(db, event, "balance-low", params)


async def tell_managers(
    db: Connection, event: wallet.WalletEvent, kind: str, params: Mapping[str, object], *, also: UUID | None = None
) -> None:
    """also: who asked for it, where they are no manager any more."""
    people = await store.managers_of(db, event.wallet_id)
    if also is not None and also not in people:
        people.append(also)
    await tell(db, people, kind, cause_of(event), {"organisation_id": event.wallet_id, **params})


HANDLERS: Mapping[type[Event], Handler] = {
    wallet.WalletToppedUp: on_wallet_topped_up,
    wallet.TopUpFailed: on_top_up_failed,
    wallet.BalanceLow: on_balance_low,
}
