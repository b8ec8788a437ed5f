"""Programs of all operations on a few wallets, as a function of a seed: whoever writes one again asks for the same with the same keys."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from services.wallet.charges.rules import ChargeRequest
from services.wallet.ledger.rules import EUR, credits_of
from services.wallet.refunds.rules import RefundRequest
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReserveRequest
from tests.wallet.book import TOOL

CREDITS = credits_of(TOOL)
MANAGER, STAFF, SECOND = (UUID(int=number) for number in (1, 2, 3))

KINDS = {
    "charge": 50,
    "shared-charge": 10,
    "reserve": 11,
    "capture": 6,
    "release": 3,
    "refund": 7,
    "top-up": 7,
    "transfer": 3,
    "adjust": 2.5,
    "chargeback": 1,
    "freeze": 0.2,
    "thaw": 1.2,
    "expire": 0.5,
}
TARGETS = {
    "capture": ("reserve",),
    "release": ("reserve",),
    "refund": ("charge", "charge", "shared-charge", "capture"),
    "chargeback": ("top-up",),
}


@dataclass(frozen=True)
class Step:
    """place, other: of organisations. target: the key of an earlier step, of this program or of another. twice: asked by two at once."""

    key: str
    kind: str
    place: int
    other: int
    cents: int
    unit: str
    target: str
    twice: bool
    more: float

    @property
    def id(self) -> UUID:
        """Of what whoever asks names."""
        return uuid5(MANAGER, self.key)

    @property
    def incl_cents(self) -> int:
        """Of a price."""
        return self.cents + (self.cents * self.rate_bp + 5_000) // 10_000

    @property
    def rate_bp(self) -> int:
        return 2_100 if self.unit == EUR else 0


def write_programs(seed: int, callers: int, length: int, places: int) -> list[list[Step]]:
    """The program of each caller. Steps that need another one name one that comes earlier in some program."""
    chance = random.Random(seed)
    kinds = [chance.choices(list(KINDS), list(KINDS.values()), k=length) for _ in range(callers)]
    made: dict[str, list[tuple[str, int]]] = {kind: [] for kind in KINDS}
    programs: list[list[Step]] = [[] for _ in range(callers)]
    for number in range(length):
        for caller in range(callers):
            kind = kinds[caller][number]
            target, place = "", chance.randrange(places)
            if kind in TARGETS:
                earlier = made[chance.choice(TARGETS[kind])][-60:-10]
                if not earlier:
                    kind = "charge"
                else:
                    target, place = chance.choice(earlier)
            step = _write_step(chance, f"{seed}-{caller}-{number}", kind, place, places, target)
            made[kind].append((step.key, step.place))
            programs[caller].append(step)
    return programs


def _write_step(chance: random.Random, key: str, kind: str, place: int, places: int, target: str) -> Step:
    if kind == "shared-charge":
        # Many callers use this key at once; now and then somebody uses it for something else.
        key = f"shared-{chance.randrange(1_000)}"
        steady = random.Random(key)
        place, cents, unit = steady.randrange(places), steady.randint(1, 300), steady.choice([EUR, CREDITS])
        if chance.random() < 0.05:
            cents = 1
    else:
        cents = chance.randint(1, 4_000 if kind == "top-up" else 400)
        unit = CREDITS if chance.random() < 0.15 else EUR
    other = (place + chance.randrange(1, places)) % places
    return Step(key, kind, place, other, cents, unit, target, chance.random() < 0.3, chance.random())


def request_of(step: Step, wallets: list[UUID], subject_of: Callable[[str], UUID | None]) -> Any:
    """What a tool asks in this step. None where there is nothing to ask about."""
    wallet_id, incl = wallets[step.place], step.incl_cents
    target = subject_of(step.target) if step.target else None
    if step.target and target is None:
        return None
    match step.kind:
        case "charge" | "shared-charge":
            uses_plan = step.unit == EUR and step.kind == "charge" and step.more < 0.1
            price = (step.cents, incl, step.rate_bp, "x")
            return ChargeRequest(wallet_id, TOOL, step.key, *price, unit=step.unit, plan_use=uses_plan)
        case "reserve":
            valid_s = 1 if step.more < 0.1 else None
            price = (step.cents, incl, step.rate_bp, "x")
            return ReserveRequest(wallet_id, TOOL, step.key, *price, unit=step.unit, valid_s=valid_s)
        case "capture":
            # Small, so that it mostly fits; the VAT of a cent or two may be rounded away, so credits fit as well.
            cents = 1 + step.cents % 3
            return CaptureRequest(wallet_id, TOOL, step.key, target, cents, cents)
        case "release":
            return ReleaseRequest(wallet_id, TOOL, step.key, target)
        case "refund":
            return RefundRequest(wallet_id, TOOL, step.key, target, 1 + step.cents // 4, "x")
        case _:
            raise AssertionError(step.kind)
