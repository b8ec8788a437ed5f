"""Giving back a charge. Runs in the caller's transaction; what is refused is refused before anything is written."""

from dataclasses import dataclass
from uuid import UUID

from services.wallet.charges.postings import charge_postings
from services.wallet.charges.rules import ChargeNotFound, check_printable
from services.wallet.charges.store import Charge, find_charge
from services.wallet.keys.rules import fingerprint
from services.wallet.keys.store import find_subject, insert_request
from services.wallet.ledger.booking import book
from services.wallet.ledger.rules import WalletNotFound, wallet_id_of
from services.wallet.ledger.store import lock_wallet
from services.wallet.refunds import store
from services.wallet.refunds.rules import RefundRequest, excl_share
from services.wallet.refunds.store import Refund
from shared import outbox
from shared.db import Connection
from shared.events.wallet import WalletRefunded


@dataclass(frozen=True)
class Refunded:
    """repeated: the key did this before."""

    refund: Refund
    charge: Charge
    repeated: bool


async def refund(db: Connection, request: RefundRequest) -> Refunded:
    """Back into the wallet, also a frozen one, and after the registration ended. What a plan paid for can be used again.

    Raises ChargeNotFound, RefundTooLarge, NothingToRefund, IdempotencyMismatch, NotPrintable.
    """
    check_printable(request)
    charge = await get_charge(db, request.tool_id, request.wallet_id, request.charge_id)
    locked = await lock_wallet(db, charge.wallet_id, charge.unit)
    if locked is None:
        raise WalletNotFound()
    asked = fingerprint("refund", request)
    known = await find_subject(db, request.tool_id, request.idempotency_key, asked)
    if known is not None:
        return Refunded(await _get_refund(db, charge.charge_id, known), charge, repeated=True)
    excl_cents = excl_share(await store.get_refundable(db, charge.charge_id), request.amount_incl_cents)
    if charge.plan_id is not None:
        await store.give_back_use(db, charge.plan_id, at=locked.at)
    booked = await book(
        db,
        "refund",
        request.description,
        charge_postings(
            charge.wallet_id,
            charge.unit,
            request.tool_id,
            excl_cents=-excl_cents,
            incl_cents=-request.amount_incl_cents,
        ),
        tool_id=request.tool_id,
        related_id=charge.charge_id,
    )
    refund_id = booked.transaction_id
    await store.insert_refund(
        db, refund_id, charge.charge_id, excl_cents=excl_cents, incl_cents=request.amount_incl_cents
    )
    await insert_request(db, request.tool_id, request.idempotency_key, "refund", asked, refund_id)
    wallet = booked.wallets[wallet_id_of(charge.wallet_id, charge.unit)]
    event = WalletRefunded(
        wallet_id=charge.wallet_id,
        refund_id=refund_id,
        charge_id=charge.charge_id,
        tool_id=request.tool_id,
        amount_incl_cents=request.amount_incl_cents,
        balance_cents=wallet.balance_cents,
        unit=charge.unit,
        version=wallet.version,
    )
    await outbox.append(db, event)
    return Refunded(await _get_refund(db, charge.charge_id, refund_id), charge, repeated=False)


async def get_charge(db: Connection, tool_id: str, organisation_id: UUID, charge_id: UUID) -> Charge:
    """One of this tool's. Raises ChargeNotFound."""
    found = await find_charge(db, tool_id, organisation_id, charge_id)
    if found is None:
        raise ChargeNotFound()
    return found


async def _get_refund(db: Connection, charge_id: UUID, refund_id: UUID) -> Refund:
    return next(one for one in await store.refunds_of(db, charge_id) if one.refund_id == refund_id)
