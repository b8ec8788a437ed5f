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
from services.wallet.keys.store import Asked, ask
from services.wallet.ledger.booking import booking
from services.wallet.ledger.rules import WalletFrozen, short_of, wallet_id_of
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
    opened,
    valid_s,
)
from services.wallet.reservations.store import Taken
from shared import outbox
from shared.db import Connection
from shared.events.base import Event
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
    own_wallet_id = wallet_id_of(request.wallet_id, request.unit)
    asked = await ask(db, request.tool_id, request.idempotency_key, request.wallet_id, own_wallet_id)
    request_hash = fingerprint("reserve", request)
    known = asked.done_before(request_hash)
    if known is not None:
        return Reserved(await get_reservation(db, request.tool_id, request.wallet_id, known), repeated=True)
    if not asked.is_open or not asked.registered:
        raise OrganisationNotRegistered()
    _check_available(asked, request.unit, request.amount_incl_cents)
    reservation = opened(new_id(), request, at=asked.at, expires_at=asked.at + lasts)
    version = await store.open_reservation(db, reservation, own_wallet_id, request.idempotency_key, request_hash)
    await outbox.append(db, _reserved(reservation, version=version))
    return Reserved(reservation, repeated=False)


async def capture(db: Connection, request: CaptureRequest) -> Captured:
    """Take it, whole or in part, and give the rest back; also of a frozen wallet, and after the registration ended.

    Raises ReservationNotFound, ReservationExpired, ReservationEnded, IdempotencyMismatch, NotPrintable, and what `check_capture` raises.
    """
    check_printable(request)
    asked, reservation = await _ask(db, request)
    request_hash = fingerprint("capture", request)
    known = asked.done_before(request_hash)
    if known is not None:
        return Captured(await _get_charge(db, reservation, known), repeated=True)
    check_open(reservation, now=asked.at)
    check_capture(reservation, request.amount_excl_cents, request.amount_incl_cents)
    charge_id = new_id()
    booked = booking(
        charge_id,
        "charge",
        reservation.description,
        charge_postings(
            reservation.wallet_id,
            reservation.unit,
            reservation.tool_id,
            excl_cents=request.amount_excl_cents,
            incl_cents=request.amount_incl_cents,
        ),
        tool_id=reservation.tool_id,
        overdraw=True,  # what was reserved may be taken from a wallet that was frozen since
    )
    taken = await store.capture_reservation(db, request, request_hash, booked, at=asked.at)
    charge = _charge(charge_id, reservation, request, taken)
    events: list[Event] = [_charged(charge, reservation, version=taken.version)]
    if taken.released_version is not None:
        rest_cents = reservation.amount_incl_cents - request.amount_incl_cents
        events.append(_released(reservation, rest_cents, "captured-in-part", version=taken.released_version))
    await outbox.append(db, *events)
    return Captured(charge, repeated=False)


async def release(db: Connection, request: ReleaseRequest) -> Reserved:
    """Give it back. Raises ReservationNotFound, ReservationExpired, ReservationEnded, IdempotencyMismatch, NotPrintable."""
    check_printable(request)
    asked, reservation = await _ask(db, request)
    request_hash = fingerprint("release", request)
    if asked.done_before(request_hash) is not None:
        return Reserved(reservation, repeated=True)
    check_open(reservation, now=asked.at)
    own_wallet_id = wallet_id_of(reservation.wallet_id, reservation.unit)
    version = await store.release_reservation(
        db, reservation, own_wallet_id, request.idempotency_key, request_hash, at=asked.at
    )
    await outbox.append(db, _released(reservation, reservation.amount_incl_cents, "released", version=version))
    return Reserved(replace(reservation, state=State.RELEASED, ended_at=asked.at), repeated=False)


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


async def _ask(db: Connection, request: CaptureRequest | ReleaseRequest) -> tuple[Asked, Reservation]:
    found = await store.ask_reservation(db, request)
    if found is None:
        raise ReservationNotFound()
    return found


async def _get_charge(db: Connection, reservation: Reservation, charge_id: UUID) -> Charge:
    charge = await find_charge(db, reservation.tool_id, reservation.wallet_id, charge_id)
    if charge is None:
        raise ChargeNotFound()
    return charge


def _check_available(asked: Asked, unit: str, cents: int) -> None:
    if asked.frozen:
        raise WalletFrozen(balance_cents=asked.balance_cents)
    if asked.available_cents < cents:
        raise short_of(unit, balance_cents=asked.balance_cents, short_cents=cents - asked.available_cents)


def _charge(charge_id: UUID, reservation: Reservation, request: CaptureRequest, taken: Taken) -> Charge:
    return Charge(
        charge_id=charge_id,
        wallet_id=reservation.wallet_id,
        amount_excl_cents=request.amount_excl_cents,
        amount_incl_cents=request.amount_incl_cents,
        vat_rate_bp=reservation.vat_rate_bp,
        description=reservation.description,
        account_id=reservation.account_id,
        unit=reservation.unit,
        plan_id=None,
        reservation_id=reservation.id,
        refunded_cents=0,
        balance_cents=taken.balance_cents,
        charged_at=taken.booked_at,
    )


def _reserved(reservation: Reservation, *, version: int) -> ChargeReserved:
    return ChargeReserved(
        wallet_id=reservation.wallet_id,
        reservation_id=reservation.id,
        tool_id=reservation.tool_id,
        amount_incl_cents=reservation.amount_incl_cents,
        expires_at=reservation.expires_at,
        account_id=reservation.account_id,
        unit=reservation.unit,
        version=version,
    )


def _released(reservation: Reservation, cents: int, reason: str, *, version: int) -> ReservationReleased:
    return ReservationReleased(
        wallet_id=reservation.wallet_id,
        reservation_id=reservation.id,
        tool_id=reservation.tool_id,
        amount_incl_cents=cents,
        reason=reason,
        unit=reservation.unit,
        version=version,
    )


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
