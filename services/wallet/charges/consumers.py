"""Charges by command message."""

from services.wallet.charges.handlers import charge_by_command
from services.wallet.charges.rules import ChargeRequest
from shared.consume import Consumer
from shared.db import Connection
from shared.events.wallet_commands import ChargeWallet
from shared.sealed import Keyring


async def on_charge_wallet(db: Connection, event: ChargeWallet, keyring: Keyring) -> None:
    request = ChargeRequest(
        wallet_id=event.wallet_id,
        tool_id=event.tool_id,
        idempotency_key=event.idempotency_key,
        amount_excl_cents=event.amount_excl_cents,
        amount_incl_cents=event.amount_incl_cents,
        vat_rate_bp=event.vat_rate_bp,
        description=event.description,
        account_id=event.account_id,
        unit=event.unit,
    )
    await charge_by_command(db, request)


COMMANDS = Consumer("wallet-commands", topics=["wallet.commands"], handlers={ChargeWallet: on_charge_wallet})
