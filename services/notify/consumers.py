"""What other services announce, as far as somebody must be told, or a mail will need it."""

from uuid import UUID

from services.notify import identity_consumers, invitation_consumers, organisation_consumers, recognition_consumers
from services.notify.erasure import consumers as erasure
from services.notify.mails.handlers import cause_of, send_code, tell
from services.notify.recipients import store
from shared.consume import Consumer
from shared.db import Connection
from shared.events import wallet
from shared.events.notify import SendCode
from shared.sealed import Keyring


async def on_send_code(db: Connection, command: SendCode, keyring: Keyring) -> None:
    await send_code(db, command)


async def on_wallet_topped_up(db: Connection, event: wallet.WalletToppedUp, keyring: Keyring) -> None:
    params = {"amount_cents": event.amount_cents, "balance_cents": event.balance_cents}
    await _about_wallet(db, event, "wallet-topped-up", params, only=event.requested_by)


async def on_top_up_failed(db: Connection, event: wallet.TopUpFailed, keyring: Keyring) -> None:
    await _about_wallet(db, event, "top-up-failed", {"amount_cents": event.amount_cents}, only=event.requested_by)


async def on_balance_low(db: Connection, event: wallet.BalanceLow, keyring: Keyring) -> None:
    params = {"balance_cents": event.balance_cents, "threshold_cents": event.threshold_cents}
    await _about_wallet(db, event, "balance-low", params)


async def _about_wallet(
    db: Connection, event: wallet.WalletEvent, kind: str, params: dict[str, int], *, only: UUID | None = None
) -> None:
    """To `only`, or to all managers of the organisation."""
    account_ids = [only] if only else await store.managers_of(db, event.wallet_id)
    await tell(db, account_ids, kind, cause_of(event), {"organisation_id": event.wallet_id, **params})


NOTIFY = Consumer(
    "notify",
    topics=[
        "notify.commands",
        "identity.events",
        "organisation.events",
        "organisation.tools",
        "recognition.events",
        "wallet.events",
    ],
    handlers={
        SendCode: on_send_code,
        **identity_consumers.HANDLERS,
        **invitation_consumers.HANDLERS,
        **organisation_consumers.HANDLERS,
        **erasure.HANDLERS,
        **recognition_consumers.HANDLERS,
        wallet.WalletToppedUp: on_wallet_topped_up,
        wallet.TopUpFailed: on_top_up_failed,
        wallet.BalanceLow: on_balance_low,
    },
)
