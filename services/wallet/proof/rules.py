"""What was proven, and what was found wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Scope = Literal["new", "whole"]


@dataclass(frozen=True)
class Fault:
    """rule: what must hold. subject: the wallet, entry, transaction or charge where it does not."""

    rule: str
    subject: str
    expected: int | None
    found: int | None


@dataclass(frozen=True)
class Piece:
    """What one statement proved. counts: how many of what. after: where the next piece begins, None at the end."""

    counts: Mapping[str, int]
    faults: tuple[Fault, ...]
    after: UUID | None


@dataclass
class Proof:
    """The sum of the pieces so far."""

    counts: Counter[str] = field(default_factory=Counter[str])
    faults: list[Fault] = field(default_factory=list[Fault])

    def add(self, piece: Piece) -> None:
        self.counts.update(piece.counts)
        self.faults += piece.faults
