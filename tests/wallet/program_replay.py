"""What happened to an organisation's wallets, told by its events in the order of their versions, and held against a pure model."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.wallet.adjustments.freezing import BY_STAFF
from services.wallet.ledger.rules import EUR
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest
from tests.wallet.operations_model import Model, Purse
from tests.wallet.program_steps import Step, request_of

SHOWN = 12


@dataclass
class Replay:
    """steps: by key. keys: what each key made; made: the other way round. seen: each state that a wallet was in, and when it was frozen.

    Amounts and the order are the book's, requests are the programs'; that each was right where it stands is the model's.
    """

    wallets: list[UUID]
    steps: Mapping[str, list[Step]]
    keys: Mapping[str, UUID]
    operations: Mapping[str, str]
    model: Model = field(default_factory=Model)
    effects: Counter[str] = field(default_factory=Counter[str])
    seen: dict[tuple[UUID, str], set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    was_frozen: set[UUID] = field(default_factory=set[UUID])
    held_by_staff: set[UUID] = field(default_factory=set[UUID])
    balances: dict[tuple[UUID, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.key_of = {(self.operations[key], subject): key for key, subject in self.keys.items()}
        self.step_of = {str(step.id): step for steps in self.steps.values() for step in steps}

    def follow(self, organisation_id: UUID, events: list[dict[str, Any]]) -> None:
        """Raises AssertionError with what came before it."""
        self._note(organisation_id)
        for number, event in enumerate(events):
            try:
                self._apply(organisation_id, event)
                self._compare(organisation_id, event)
            except AssertionError as error:
                said = "\n".join(f"  {one}" for one in events[max(0, number - SHOWN) : number + 1])
                purses = {unit: purse for (place, unit), purse in self.model.purses.items() if place == organisation_id}
                raise AssertionError(f"{error}\nthe model has {purses} after\n{said}") from error
            self._note(organisation_id)

    def _apply(self, organisation_id: UUID, event: dict[str, Any]) -> None:
        asked = self._asked_in(event)
        if asked is not None:
            self._ask(*asked, event["amount_incl_cents"])
            return
        match event["type"]:
            case "ReservationReleased" if event["reason"] == "expired":
                held = self.model.held[UUID(event["reservation_id"])]
                assert (held.state, held.incl) == ("open", event["amount_incl_cents"])
                held.state = "overdue"
                self.model.expire()
            case "WalletTransferred":
                self._transfer(organisation_id, event)
            case "WalletAdjusted":
                self._by_step(organisation_id, "adjust", event["adjustment_id"], event)
            case "WalletToppedUp":
                self._by_step(organisation_id, "top-up", event["top_up_id"], event)
            case "WalletChargedBack":
                self._purse(organisation_id, EUR).balance -= event["amount_cents"]
            case "WalletFrozen":
                self._freeze(organisation_id, event["reason"])
            case "WalletUnfrozen":
                self.model.frozen.remove(organisation_id)
                self.held_by_staff.discard(organisation_id)
            case other:
                assert other in ("ReservationReleased", "ChargeRefused", "WalletOpened"), other

    def _freeze(self, organisation_id: UUID, reason: str) -> None:
        """Staff may hold one that a debt froze, not the other way round, and each once."""
        if reason == BY_STAFF:
            assert organisation_id not in self.held_by_staff
            self.held_by_staff.add(organisation_id)
        else:
            assert organisation_id not in self.model.frozen
        self.model.frozen.add(organisation_id)
        self.was_frozen.add(organisation_id)

    def _asked_in(self, event: dict[str, Any]) -> tuple[str, UUID] | None:
        """The key of a tool that this event answers to, and what it made."""
        match event["type"]:
            case "WalletCharged":
                operation, subject = "capture" if event["reservation_id"] else "charge", event["charge_id"]
            case "ChargeReserved":
                operation, subject = "reserve", event["reservation_id"]
            case "ReservationReleased" if event["reason"] == "released":
                operation, subject = "release", event["reservation_id"]
            case "WalletRefunded":
                operation, subject = "refund", event["refund_id"]
            case _:
                return None
        return self.key_of[operation, UUID(subject)], UUID(subject)

    def _by_step(self, organisation_id: UUID, kind: str, subject: str, event: dict[str, Any]) -> None:
        step = self.step_of[subject]
        assert abs(event["amount_cents"]) == step.cents
        self._move(organisation_id, event.get("unit", EUR), event["amount_cents"])
        self.effects[f"{kind} {step.key}"] += 1

    def _ask(self, key: str, subject: UUID, incl_cents: int) -> None:
        """What this key asked for was right at this moment, and happened for the first time."""
        requests = [request_of(step, self.wallets, self.keys.get) for step in self.steps[key]]
        fits = [one for one in requests if getattr(one, "amount_incl_cents", incl_cents) == incl_cents]
        assert fits, f"{key} asked for {requests}"
        expected = self.model.outcome(fits[0])
        assert expected == "done", f"{key}: {expected}"
        self.model.learn(fits[0], subject)
        self.effects[key] += 1

    def _transfer(self, organisation_id: UUID, event: dict[str, Any]) -> None:
        step = self.step_of_transfer(event)
        gives = self.wallets[step.place] == organisation_id
        assert gives or self.wallets[step.other] == organisation_id
        assert event["amount_cents"] == (-step.cents if gives else step.cents)
        self._move(organisation_id, EUR, event["amount_cents"])
        self.effects[f"{'gave' if gives else 'got'} {step.key}"] += 1

    def step_of_transfer(self, event: dict[str, Any]) -> Step:
        """The id of a transfer is made by who books it; its key stands beside it."""
        [step] = self.steps[self.key_of["transfer", UUID(event["transfer_id"])]]
        return step

    def _move(self, organisation_id: UUID, unit: str, cents: int) -> None:
        purse = self._purse(organisation_id, unit)
        if cents < 0:
            assert organisation_id not in self.model.frozen, "taken from a frozen wallet"
            assert purse.balance - purse.held + cents >= 0, "more than was available"
        purse.balance += cents

    def _compare(self, organisation_id: UUID, event: dict[str, Any]) -> None:
        if event["type"] in ("ChargeRefused", "ChargeReserved", "ReservationReleased", "WalletOpened"):
            return
        unit = event.get("unit", EUR)
        purse = self._purse(organisation_id, unit)
        assert event["balance_cents"] == purse.balance
        assert purse.balance >= purse.held or event["type"] == "WalletChargedBack" or self._is_frozen(organisation_id)
        if event["type"] not in ("WalletFrozen", "WalletUnfrozen"):
            self.balances[organisation_id, unit].append(purse.balance)

    def _is_frozen(self, organisation_id: UUID) -> bool:
        return organisation_id in self.model.frozen

    def _note(self, organisation_id: UUID) -> None:
        for (place, unit), purse in self.model.purses.items():
            if place == organisation_id:
                self.seen[place, unit].add((purse.balance, purse.balance - purse.held))

    def _purse(self, organisation_id: UUID, unit: str) -> Purse:
        return self.model.purses[organisation_id, unit]


def may_be_refused(replay: Replay, step: Step, code: str, params: Mapping[str, Any]) -> bool:
    """Whether there was a moment when this answer was right."""
    wallet_id = replay.wallets[step.place]
    request = None if step.kind in ("transfer", "adjust", "freeze", "thaw") else _request(replay, step)
    match code:
        case "balance-short" | "credits-short":
            asked = request.amount_incl_cents if request else step.cents
            balance, short = int(params["balance_cents"]), int(params["short_cents"])
            unit = EUR if code == "balance-short" else step.unit
            return (balance, asked - short) in replay.seen[wallet_id, unit]
        case "wallet-frozen":
            return wallet_id in replay.was_frozen
        case "available-short":
            return any(available < step.cents for _, available in replay.seen[wallet_id, step.unit])
        case "idempotency-mismatch":
            return step.kind == "shared-charge" and len({one.cents for one in replay.steps[step.key]}) > 1
        case "reservation-ended" | "reservation-expired":
            assert isinstance(request, CaptureRequest | ReleaseRequest)
            state = replay.model.held[request.reservation_id].state
            return (state == "expired") == (code == "reservation-expired") or state == "open"
        case "capture-too-large":
            assert isinstance(request, CaptureRequest)
            return request.amount_incl_cents > replay.model.held[request.reservation_id].incl
        case "refund-too-large":
            charge = replay.model.taken[request.charge_id]
            return charge.given_back + request.amount_incl_cents > charge.incl
        case "wallet-frozen-already" | "wallet-below-zero":
            return wallet_id in replay.was_frozen
        case _:
            return code in ("wallet-not-frozen", "no-target")


def _request(replay: Replay, step: Step) -> Any:
    return request_of(step, replay.wallets, replay.keys.get)
