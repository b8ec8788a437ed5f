"""Setting money aside, taking it, giving it back. Each runs in the caller's transaction.

What is refused is refused before anything is written, so that the caller may go on and announce it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from services.wallet.charges.postings import charge_postings
from services.wallet.charges.rules import (
    ChargeNotFound,
    ChargeRequest,
    OrganisationNotRegistered,
    check_printable,
    check_request,
)
from services.wallet.charges.store import Charge, find_charge
from services.wallet.keys.rules import fingerprint
from services.wallet.keys.store import find_subject, insert_request
from services.wallet.ledger.booking import book
from services.wallet.ledger.rules import WalletFrozen, WalletNotFound, short_of, wallet_id_of
from services.wallet.ledger.store import Locked, change_held, lock_wallet, raise_version
from services.wallet.reservations import store
from services.wallet.reservations.rules import (
    CaptureRequest,
    ReleaseRequest,
    Reservation,
    ReservationNotFound,
    ReserveRequest,
    State,
    check_capture,
    check_open,
    valid_s,
)
from shared import outbox
from shared.db import Connection
from shared.events.wallet import ChargeReserved, ReservationReleased, WalletCharged
from shared.ids import new_id

EXPIRED_AT_ONCE = 100


@dataclass(frozen=True)
class Reserved:
    """repeated: the key did this before."""

    reservation: Reservation
    repeated: bool


@dataclass(frozen=True)
class Captured:
    charge: Charge
    repeated: bool


async def reserve(db: Connection, request: ReserveRequest) -> Reserved:
    """Raises BalanceShort, WalletFrozen, OrganisationNotRegistered, IdempotencyMismatch, and what the rules refuse."""
    check_request(_as_charge(request))
    lasts = timedelta(seconds=valid_s(request))
    locked = await lock_wallet(db, request.wallet_id, request.unit)
    asked = fingerprint("reserve", request)
    known = await find_subject(db, request.tool_id, request.idempotency_key, asked)
    if known is not None:
        return Reserved(await get_reservation(db, request.tool_id, request.wallet_id, known), repeated=True)
    if locked is None or not await store.is_registered(db, request.wallet_id, request.tool_id):
        raise OrganisationNotRegistered()
    _check_available(locked, request.unit, request.amount_incl_cents)
    reservation = Reservation(
        id=new_id(),
        wallet_id=request.wallet_id,
        unit=request.unit,
        tool_id=request.tool_id,
        amount_excl_cents=request.amount_excl_cents,
        amount_incl_cents=request.amount_incl_cents,
        vat_rate_bp=request.vat_rate_bp,
        description=request.description,
        account_id=request.account_id,
        state=State.OPEN,
        reserved_at=locked.at,
        expires_at=locked.at + lasts,
        ended_at=None,
        charge_id=None,
    )
    own_wallet_id = wallet_id_of(request.wallet_id, request.unit)
    await store.insert_reservation(db, reservation, own_wallet_id)
    await change_held(db, own_wallet_id, reservation.amount_incl_cents)
    await insert_request(db, request.tool_id, request.idempotency_key, "reserve", asked, reservation.id)
    await outbox.append(
        db,
        ChargeReserved(
            wallet_id=reservation.wallet_id,
            reservation_id=reservation.id,
            tool_id=reservation.tool_id,
            amount_incl_cents=reservation.amount_incl_cents,
            expires_at=reservation.expires_at,
            account_id=reservation.account_id,
            unit=reservation.unit,
            version=(await raise_version(db, reservation.wallet_id)).version,
        ),
    )
    return Reserved(reservation, repeated=False)


async def capture(db: Connection, request: CaptureRequest) -> Captured:
    """Take it, whole or in part, and give the rest back; also of a frozen wallet, and after the registration ended.

    Raises ReservationNotFound, ReservationExpired, ReservationEnded, IdempotencyMismatch, NotPrintable, and what `check_capture` raises.
    """
    check_printable(request)
    reservation = await get_reservation(db, request.tool_id, request.wallet_id, request.reservation_id)
    locked = await _lock(db, reservation)
    asked = fingerprint("capture", request)
    known = await find_subject(db, request.tool_id, request.idempotency_key, asked)
    if known is not None:
        return Captured(await _get_charge(db, reservation, known), repeated=True)
    reservation = await get_reservation(db, request.tool_id, request.wallet_id, request.reservation_id)
    check_open(reservation, now=locked.at)
    check_capture(reservation, request.amount_excl_cents, request.amount_incl_cents)
    own_wallet_id = wallet_id_of(reservation.wallet_id, reservation.unit)
    charge_id = new_id()
    await store.end_reservation(db, reservation.id, State.CAPTURED, at=locked.at)
    await change_held(db, own_wallet_id, -reservation.amount_incl_cents)
    booked = await book(
        db,
        "charge",
        reservation.description,
        charge_postings(
            reservation.wallet_id,
            reservation.unit,
            reservation.tool_id,
            excl_cents=request.amount_excl_cents,
            incl_cents=request.amount_incl_cents,
        ),
        transaction_id=charge_id,
        tool_id=reservation.tool_id,
        overdraw=True,  # what was reserved may be taken from a wallet that was frozen since
    )
    await store.insert_captured(
        db, charge_id, own_wallet_id, reservation, request.amount_excl_cents, request.amount_incl_cents
    )
    await insert_request(db, request.tool_id, request.idempotency_key, "capture", asked, charge_id)
    charge = await _get_charge(db, reservation, charge_id)
    await outbox.append(db, _charged(charge, reservation, version=booked.wallets[own_wallet_id].version))
    rest_cents = reservation.amount_incl_cents - request.amount_incl_cents
    if rest_cents:
        await _announce_release(db, reservation, rest_cents, "captured-in-part")
    return Captured(charge, repeated=False)


async def release(db: Connection, request: ReleaseRequest) -> Reserved:
    """Give it back. Raises ReservationNotFound, ReservationExpired, ReservationEnded, IdempotencyMismatch, NotPrintable."""
    check_printable(request)
    reservation = await get_reservation(db, request.tool_id, request.wallet_id, request.reservation_id)
    locked = await _lock(db, reservation)
    asked = fingerprint("release", request)
    reservation = await get_reservation(db, request.tool_id, request.wallet_id, request.reservation_id)
    if await find_subject(db, request.tool_id, request.idempotency_key, asked) is not None:
        return Reserved(reservation, repeated=True)
    check_open(reservation, now=locked.at)
    await store.end_reservation(db, reservation.id, State.RELEASED, at=locked.at)
    await change_held(db, wallet_id_of(reservation.wallet_id, reservation.unit), -reservation.amount_incl_cents)
    await insert_request(db, request.tool_id, request.idempotency_key, "release", asked, reservation.id)
    await _announce_release(db, reservation, reservation.amount_incl_cents, "released")
    return Reserved(replace(reservation, state=State.RELEASED, ended_at=locked.at), repeated=False)


async def expire_due(db: Connection) -> int:
    """Give back what was set aside for too long, the longest overdue first. Returns how many were due, EXPIRED_AT_ONCE at most."""
    due = await store.find_due(db, limit=EXPIRED_AT_ONCE)
    if due:
        await store.lock_wallets(db, [one.own_wallet_id for one in due] + [one.organisation_id for one in due])
        expired = await store.expire(db, [one.id for one in due])
        events = [ReservationReleased(**vars(one), reason="expired") for one in expired]
        await outbox.append(db, *events)
    return len(due)


async def get_reservation(db: Connection, tool_id: str, organisation_id: UUID, reservation_id: UUID) -> Reservation:
    """One of this tool's. Raises ReservationNotFound."""
    found = await store.find_reservation(db, tool_id, organisation_id, reservation_id)
    if found is None:
        raise ReservationNotFound()
    return found


async def _lock(db: Connection, reservation: Reservation) -> Locked:
    locked = await lock_wallet(db, reservation.wallet_id, reservation.unit)
    if locked is None:
        raise WalletNotFound()
    return locked


async def _get_charge(db: Connection, reservation: Reservation, charge_id: UUID) -> Charge:
    charge = await find_charge(db, reservation.tool_id, reservation.wallet_id, charge_id)
    if charge is None:
        raise ChargeNotFound()
    return charge


async def _announce_release(db: Connection, reservation: Reservation, cents: int, reason: str) -> None:
    wallet = await raise_version(db, reservation.wallet_id)
    event = ReservationReleased(
        wallet_id=reservation.wallet_id,
        reservation_id=reservation.id,
        tool_id=reservation.tool_id,
        amount_incl_cents=cents,
        reason=reason,
        unit=reservation.unit,
        version=wallet.version,
    )
    await outbox.append(db, event)


def _check_available(locked: Locked, unit: str, cents: int) -> None:
    balance_cents = locked.wallet.balance_cents if locked.wallet else 0
    if locked.frozen:
        raise WalletFrozen(balance_cents=balance_cents)
    available_cents = locked.wallet.available_cents if locked.wallet else 0
    if available_cents < cents:
        raise short_of(unit, balance_cents=balance_cents, short_cents=cents - available_cents)


def _charged(charge: Charge, reservation: Reservation, *, version: int) -> WalletCharged:
    return WalletCharged(
        wallet_id=charge.wallet_id,
        charge_id=charge.charge_id,
        tool_id=reservation.tool_id,
        amount_excl_cents=charge.amount_excl_cents,
        amount_incl_cents=charge.amount_incl_cents,
        balance_cents=charge.balance_cents,
        account_id=charge.account_id,
        unit=charge.unit,
        reservation_id=reservation.id,
        version=version,
    )


def _as_charge(request: ReserveRequest) -> ChargeRequest:
    return ChargeRequest(**{name: value for name, value in vars(request).items() if name != "valid_s"})
