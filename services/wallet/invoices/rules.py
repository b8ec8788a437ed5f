"""What a month of a wallet is invoiced as. Pure.

VAT falls due either when a tool takes money (`charge`: uses and plans are invoiced) or when it is paid in (`topup`: top-ups are
invoiced as prepayments, uses are not). What must always hold, whichever it was and however often it changed: all that was invoiced, less
what was credited, is what was used, less what was refunded, and what is left in the wallet of money that was invoiced in advance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

VatDue = Literal["charge", "topup"]
What = Literal["charge", "plan", "credits", "topup", "carried-over", "prepaid"]
SALES: dict[str, What] = {"charge": "charge", "refund": "charge", "plan": "plan", "credits": "credits"}
MONEY_IN = frozenset({"top-up", "void"})
MONEY_BACK = frozenset({"top-up-refund", "chargeback"})


@dataclass(frozen=True)
class Movement:
    """What was booked of one kind. paid_cents, net_cents: what the wallet gave, with and without VAT; negative for what it got.

    answers_to: the period of what is refunded or goes back, None when that is the present one.
    """

    kind: str
    tool_id: str | None
    vat_rate_bp: int
    answers_to: date | None
    uses: int
    paid_cents: int
    net_cents: int | None


@dataclass(frozen=True)
class Before:
    """How the wallet comes into the period. vat_due: of the period before, None for the first. taxed_cents: see `Month`."""

    vat_due: VatDue | None
    balance_cents: int
    taxed_cents: int


@dataclass(frozen=True)
class Line:
    """uses: how often, 0 for what is not counted. booked_net_cents: without VAT in the book, where the book says it."""

    what: What
    tool_id: str | None
    vat_rate_bp: int
    uses: int
    paid_cents: int
    booked_net_cents: int | None = None


@dataclass
class Issued:
    """An invoice of before, with what can still be credited of it, by rate. Changed by whoever credits."""

    id: UUID
    period: date
    vat_due: VatDue
    left: dict[int, int]


@dataclass(frozen=True)
class Draft:
    """An invoice, or a credit note of `credits`; its lines are positive, but for what was prepaid."""

    lines: tuple[Line, ...]
    credits: UUID | None = None


@dataclass(frozen=True)
class Month:
    """taxed_cents: what is left in the wallet of money that was invoiced in advance; 0 while VAT falls due at topping up (all of it is)."""

    drafts: tuple[Draft, ...]
    taxed_cents: int


@dataclass
class _Credits:
    """Credit notes in the making: lines by invoice."""

    issued: Sequence[Issued]
    lines: dict[UUID, list[Line]] = field(default_factory=dict[UUID, list[Line]])

    def give(self, wanted: Line, candidates: Sequence[Issued]) -> int:
        """Credit as much of the line as these invoices have left of its rate; returns what is not credited."""
        open_cents = wanted.paid_cents
        for invoice in candidates:
            cents = min(open_cents, invoice.left.get(wanted.vat_rate_bp, 0))
            if cents > 0:
                invoice.left[wanted.vat_rate_bp] -= cents
                booked = _share(wanted.booked_net_cents, cents, wanted.paid_cents)
                credited = Line(wanted.what, wanted.tool_id, wanted.vat_rate_bp, wanted.uses, cents, booked)
                self.lines.setdefault(invoice.id, []).append(credited)
                open_cents -= cents
        return open_cents

    def drafts(self) -> list[Draft]:
        return [Draft(tuple(self.lines[one.id]), one.id) for one in self.issued if one.id in self.lines]


def _share(booked: int | None, cents: int, of_cents: int) -> int | None:
    return None if booked is None else booked * cents // of_cents


def bill(
    before: Before, movements: Sequence[Movement], issued: Sequence[Issued], *, vat_due: VatDue, prepaid_rate_bp: int
) -> Month:
    """issued: invoices of the wallet with something left, the latest first. prepaid_rate_bp: the rate of what is paid in advance."""
    if vat_due == "topup":
        return _bill_money(before, movements, issued, prepaid_rate_bp)
    return _bill_sales(before, movements, issued, prepaid_rate_bp)


def _bill_sales(before: Before, movements: Sequence[Movement], issued: Sequence[Issued], prepaid_rate_bp: int) -> Month:
    taxed = max(0, before.balance_cents) if before.vat_due == "topup" else before.taxed_cents
    notes = _Credits(issued)
    for movement in movements:
        if movement.kind == "refund" and movement.answers_to is not None:
            # What was used of prepaid money was not on that month's invoice: it is prepaid again.
            taxed += notes.give(_refund(movement), _of(issued, "charge", movement.answers_to))
        elif movement.kind in MONEY_BACK and taxed > 0:
            wanted = Line("topup", None, prepaid_rate_bp, 0, min(taxed, movement.paid_cents))
            taxed -= wanted.paid_cents - notes.give(wanted, _of_money(issued))
    lines = _sales(movements)
    sold = sum(line.paid_cents for line in lines if line.vat_rate_bp == prepaid_rate_bp)
    prepaid = min(taxed, sold)
    if prepaid > 0:
        lines.append(Line("prepaid", None, prepaid_rate_bp, 0, -prepaid))
    return Month((*_invoice(lines), *notes.drafts()), taxed - prepaid)


def _bill_money(before: Before, movements: Sequence[Movement], issued: Sequence[Issued], rate_bp: int) -> Month:
    carried = max(0, before.balance_cents - before.taxed_cents) if before.vat_due != "topup" else 0
    paid_in = -sum(one.paid_cents for one in movements if one.kind in MONEY_IN)
    notes = _Credits(issued)
    for movement in movements:
        if movement.kind in MONEY_BACK:
            back = movement.paid_cents
            if movement.answers_to is not None:
                wanted = Line("topup", None, rate_bp, 0, back)
                back = notes.give(wanted, _of(issued, "topup", movement.answers_to))
            # Of this month, or of before VAT fell due at topping up: it is in what this month's invoice says, or in no invoice at all.
            taken = min(back, paid_in)
            paid_in -= taken
            from_carried = min(back - taken, carried)
            carried -= from_carried
            if back - taken - from_carried > 0:
                wanted = Line("topup", None, rate_bp, 0, back - taken - from_carried)
                notes.give(wanted, _of_money(issued))
    lines = [
        Line("carried-over", None, rate_bp, 0, carried),
        Line("topup", None, rate_bp, 0, paid_in),
    ]
    return Month((*_invoice(lines), *notes.drafts()), 0)


def _of(issued: Sequence[Issued], vat_due: VatDue, period: date | None = None) -> list[Issued]:
    return [one for one in issued if one.vat_due == vat_due and (period is None or one.period == period)]


def _of_money(issued: Sequence[Issued]) -> list[Issued]:
    """Where money that leaves is credited: as paid in, else as used, for it was invoiced as used and then given back."""
    return [*_of(issued, "topup"), *_of(issued, "charge")]


def _refund(movement: Movement) -> Line:
    net = None if movement.net_cents is None else -movement.net_cents
    return Line("charge", movement.tool_id, movement.vat_rate_bp, movement.uses, -movement.paid_cents, net)


def _sales(movements: Sequence[Movement]) -> list[Line]:
    """What was sold, refunds of the same period taken off; a line a tool, rate and kind."""
    sums: dict[tuple[What, str, int], tuple[int, int, int]] = {}
    for one in movements:
        what = SALES.get(one.kind)
        if what is None or one.tool_id is None or one.answers_to is not None:
            continue
        uses, paid, net = sums.get((what, one.tool_id, one.vat_rate_bp), (0, 0, 0))
        uses += -one.uses if one.kind == "refund" else one.uses
        sums[what, one.tool_id, one.vat_rate_bp] = (uses, paid + one.paid_cents, net + (one.net_cents or 0))
    return [Line(what, tool, rate, *sums[what, tool, rate]) for what, tool, rate in sorted(sums)]


def _invoice(lines: Sequence[Line]) -> list[Draft]:
    """Nothing where nothing is left to be invoiced."""
    kept = tuple(line for line in lines if line.paid_cents != 0)
    return [Draft(kept)] if sum(line.paid_cents for line in kept) > 0 else []
