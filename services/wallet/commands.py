"""What tools ask by message; each is answered by an event, a refusal too."""

from collections.abc import Awaitable
from typing import Any

from services.wallet.charges.handlers import charge_by_command
from services.wallet.charges.rules import ChargeRequest
from services.wallet.keys.rules import Operation
from services.wallet.refunds.handlers import refund
from services.wallet.refunds.rules import RefundRequest
from services.wallet.refusals import announce_refusal, reason_of
from services.wallet.reservations.handlers import capture, release, reserve
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReserveRequest
from shared.consume import Consumer
from shared.db import Connection
from shared.errors import Problem
from shared.events.wallet_commands import (
    CaptureReservation,
    ChargeWallet,
    RefundCharge,
    ReleaseReservation,
    ReserveWallet,
    WalletCommand,
)
from shared.sealed import Keyring


async def on_charge_wallet(db: Connection, event: ChargeWallet, keyring: Keyring) -> None:
    await charge_by_command(db, ChargeRequest(**_asked(event)))


async def on_reserve_wallet(db: Connection, event: ReserveWallet, keyring: Keyring) -> None:
    await _answer(db, event, "reserve", reserve(db, ReserveRequest(**_asked(event))), event.amount_incl_cents)


async def on_capture_reservation(db: Connection, event: CaptureReservation, keyring: Keyring) -> None:
    await _answer(db, event, "capture", capture(db, CaptureRequest(**_asked(event))), event.amount_incl_cents)


async def on_release_reservation(db: Connection, event: ReleaseReservation, keyring: Keyring) -> None:
    await _answer(db, event, "release", release(db, ReleaseRequest(**_asked(event))), 0)


async def on_refund_charge(db: Connection, event: RefundCharge, keyring: Keyring) -> None:
    await _answer(db, event, "refund", refund(db, RefundRequest(**_asked(event))), event.amount_incl_cents)


async def _answer(
    db: Connection, event: WalletCommand, operation: Operation, work: Awaitable[object], cents: int
) -> None:
    """The work announces itself; a key that did it before was answered then."""
    try:
        await work
    except Problem as refusal:
        reason = reason_of(refusal)
        await announce_refusal(
            db,
            operation,
            wallet_id=event.wallet_id,
            tool_id=event.tool_id,
            idempotency_key=event.idempotency_key,
            amount_incl_cents=cents,
            reason=reason,
        )


def _asked(event: WalletCommand) -> dict[str, Any]:
    return event.model_dump(exclude={"version"})


COMMANDS = Consumer(
    "wallet-commands",
    topics=["wallet.commands"],
    handlers={
        ChargeWallet: on_charge_wallet,
        ReserveWallet: on_reserve_wallet,
        CaptureReservation: on_capture_reservation,
        ReleaseReservation: on_release_reservation,
        RefundCharge: on_refund_charge,
    },
)
