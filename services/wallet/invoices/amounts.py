"""VAT of a document: of each rate on its total, and spread over its lines so that they add up."""

from collections.abc import Sequence
from dataclasses import dataclass

BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Split:
    """Cents: of a total with VAT, what is without it and the VAT."""

    net_cents: int
    vat_cents: int


def split(paid_cents: int, rate_bp: int) -> Split:
    """Take the VAT out of what was paid. rate_bp: hundredths of a percent. The VAT is rounded half up to the cent."""
    whole = BASIS_POINTS + rate_bp
    vat_cents = (2 * paid_cents * rate_bp + whole) // (2 * whole)
    return Split(paid_cents - vat_cents, vat_cents)


def spread(paid: Sequence[int], rate_bp: int) -> list[int]:
    """What each line is without VAT; they sum to the net of their total, and each is within a cent of its own."""
    whole = BASIS_POINTS + rate_bp
    nets = [cents * BASIS_POINTS // whole for cents in paid]
    left = split(sum(paid), rate_bp).net_cents - sum(nets)
    by_loss = sorted(range(len(paid)), key=lambda line: (-(paid[line] * BASIS_POINTS % whole), line))
    for line in by_loss[:left]:
        nets[line] += 1
    return nets
