"""What a book is, said with dictionaries: the operations of tools on wallets, each with its outcome. The real one is compared with it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.wallet.charges.rules import ChargeRequest
from services.wallet.refunds.rules import RefundRequest
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReserveRequest

Request = ChargeRequest | ReserveRequest | CaptureRequest | ReleaseRequest | RefundRequest


@dataclass
class Purse:
    """One wallet."""

    balance: int = 0
    held: int = 0


@dataclass
class Held:
    """A reservation. state: open, overdue (nobody has looked yet), expired, captured or released."""

    purse: Purse
    incl: int
    state: str = "open"


@dataclass
class Taken:
    """A charge, with what was given back of it."""

    purse: Purse
    excl: int
    incl: int
    given_back: int = 0


@dataclass
class Model:
    """Ids are those that the real book gave: `learn` tells them after an operation that was done."""

    purses: dict[tuple[UUID, str], Purse] = field(default_factory=dict[tuple[UUID, str], Purse])
    frozen: set[UUID] = field(default_factory=set[UUID])
    keys: dict[str, Request] = field(default_factory=dict[str, Request])
    held: dict[UUID, Held] = field(default_factory=dict[UUID, Held])
    taken: dict[UUID, Taken] = field(default_factory=dict[UUID, Taken])

    def outcome(self, request: Request) -> str:
        """What must come of it: done, repeated, or the code of the refusal. Changes nothing."""
        match request:
            case CaptureRequest() | ReleaseRequest() if request.reservation_id not in self.held:
                return "reservation-not-found"
            case RefundRequest() if request.charge_id not in self.taken:
                return "charge-not-found"
            case _:
                pass
        if request.idempotency_key in self.keys:
            return "repeated" if self.keys[request.idempotency_key] == request else "idempotency-mismatch"
        match request:
            case ChargeRequest() | ReserveRequest():
                return self._of_taking(request)
            case CaptureRequest() | ReleaseRequest():
                return self._of_ending(self.held[request.reservation_id], request)
            case RefundRequest():
                charge = self.taken[request.charge_id]
                return "refund-too-large" if charge.given_back + request.amount_incl_cents > charge.incl else "done"

    def _of_taking(self, request: ChargeRequest | ReserveRequest) -> str:
        if request.wallet_id in self.frozen:
            return "wallet-frozen"
        purse = self.purse_of(request)
        if purse.balance - purse.held < request.amount_incl_cents:
            return "balance-short" if request.unit == "EUR" else "credits-short"
        return "done"

    @staticmethod
    def _of_ending(held: Held, request: CaptureRequest | ReleaseRequest) -> str:
        if held.state in ("overdue", "expired"):
            return "reservation-expired"
        if held.state != "open":
            return "reservation-ended"
        if isinstance(request, CaptureRequest) and request.amount_incl_cents > held.incl:
            return "capture-too-large"
        return "done"

    def learn(self, request: Request, subject_id: UUID) -> None:
        """The request was done, and this is what came of it."""
        self.keys[request.idempotency_key] = request
        match request:
            case ChargeRequest():
                purse = self.purse_of(request)
                purse.balance -= request.amount_incl_cents
                self.taken[subject_id] = Taken(purse, request.amount_excl_cents, request.amount_incl_cents)
            case ReserveRequest():
                purse = self.purse_of(request)
                purse.held += request.amount_incl_cents
                self.held[subject_id] = Held(purse, request.amount_incl_cents)
            case CaptureRequest():
                held = self._end(request.reservation_id, "captured")
                held.purse.balance -= request.amount_incl_cents
                self.taken[subject_id] = Taken(held.purse, request.amount_excl_cents, request.amount_incl_cents)
            case ReleaseRequest():
                self._end(request.reservation_id, "released")
            case RefundRequest():
                charge = self.taken[request.charge_id]
                charge.given_back += request.amount_incl_cents
                charge.purse.balance += request.amount_incl_cents

    def expire(self) -> None:
        for reservation_id, held in self.held.items():
            if held.state == "overdue":
                self._end(reservation_id, "expired")

    def purse_of(self, request: Any) -> Purse:
        return self.purses[request.wallet_id, request.unit]

    def _end(self, reservation_id: UUID, state: str) -> Held:
        held = self.held[reservation_id]
        held.state = state
        held.purse.held -= held.incl
        return held
