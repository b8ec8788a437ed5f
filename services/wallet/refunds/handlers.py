"""Giving back a charge. Runs in the caller's transaction; what is refused is refused before anything is written."""

from dataclasses import dataclass
from uuid import UUID

from services.wallet.charges.postings import charge_postings
from services.wallet.charges.rules import ChargeNotFound, check_printable
from services.wallet.charges.store import Charge, find_charge
from services.wallet.keys.rules import fingerprint
from services.wallet.ledger.booking import booking
from services.wallet.refunds import store
from services.wallet.refunds.rules import RefundRequest, excl_share
from services.wallet.refunds.store import Refund
from shared import outbox
from shared.db import Connection
from shared.events.wallet import WalletRefunded
from shared.ids import new_id


@dataclass(frozen=True)
class Refunded:
    """repeated: the key did this before. unit: of the charge."""

    refund: Refund
    unit: str
    repeated: bool


async def refund(db: Connection, request: RefundRequest) -> Refunded:
    """Back into the wallet, also a frozen one, and after the registration ended. What a plan paid for can be used again.

    Raises ChargeNotFound, RefundTooLarge, NothingToRefund, IdempotencyMismatch, NotPrintable.
    """
    check_printable(request)
    charge = await store.ask_charge(db, request)
    if charge is None:
        raise ChargeNotFound()
    request_hash = fingerprint("refund", request)
    known = charge.asked.done_before(request_hash)
    if known is not None:
        return Refunded(await _get_refund(db, request.charge_id, known), charge.unit, repeated=True)
    excl_cents, incl_cents = excl_share(charge.refundable, request.amount_incl_cents), request.amount_incl_cents
    refund_id = new_id()
    postings = charge_postings(
        request.wallet_id, charge.unit, request.tool_id, excl_cents=-excl_cents, incl_cents=-incl_cents
    )
    booked = booking(
        refund_id, "refund", request.description, postings, tool_id=request.tool_id, related_id=request.charge_id
    )
    given = await store.give_back(db, request, excl_cents, request_hash, booked, at=charge.asked.at)
    made = Refund(
        refund_id, request.charge_id, excl_cents, incl_cents, request.description, given.balance_cents, given.booked_at
    )
    await outbox.append(db, _refunded(made, request, charge.unit, version=given.version))
    return Refunded(made, charge.unit, repeated=False)


def _refunded(made: Refund, request: RefundRequest, unit: str, *, version: int) -> WalletRefunded:
    return WalletRefunded(
        wallet_id=request.wallet_id,
        refund_id=made.refund_id,
        charge_id=made.charge_id,
        tool_id=request.tool_id,
        amount_incl_cents=made.amount_incl_cents,
        balance_cents=made.balance_cents,
        unit=unit,
        version=version,
    )


async def get_charge(db: Connection, tool_id: str, organisation_id: UUID, charge_id: UUID) -> Charge:
    """One of this tool's. Raises ChargeNotFound."""
    found = await find_charge(db, tool_id, organisation_id, charge_id)
    if found is None:
        raise ChargeNotFound()
    return found


async def _get_refund(db: Connection, charge_id: UUID, refund_id: UUID) -> Refund:
    return next(one for one in await store.refunds_of(db, charge_id) if one.refund_id == refund_id)
