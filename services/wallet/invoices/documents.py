"""An invoice or credit note as a whole: what its XML and its PDF are made of."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.wallet.invoices.amounts import split, spread
from services.wallet.invoices.rules import Line, VatDue
from services.wallet.seller import Seller
from shared.i18n import Translator
from shared.markers import N_

Kind = Literal["invoice", "credit-note"]
ENTERPRISE_SCHEME = "0208"
_NAMES = {
    "charge": N_("Use of {tool}"),
    "plan": N_("Plans of {tool}"),
    "credits": N_("Credits of {tool}"),
    "topup": N_("Prepayment: money paid into the wallet"),
    "carried-over": N_("Prepayment: balance of the wallet at the start of the month"),
    "prepaid": N_("Already invoiced as a prepayment"),
}


@dataclass(frozen=True)
class Buyer:
    """country: two letters. peppol_id: scheme:identifier; empty for the one that the enterprise number makes."""

    name: str
    enterprise_number: str
    street: str
    postcode: str
    city: str
    country: str
    reference: str = ""
    purchase_order: str = ""
    peppol_id: str = ""

    @property
    def endpoint(self) -> tuple[str, str]:
        scheme, _, identifier = (self.peppol_id or f"{ENTERPRISE_SCHEME}:{self.enterprise_number}").partition(":")
        return scheme, identifier


@dataclass(frozen=True)
class Credited:
    """The invoice that a credit note is about."""

    id: UUID
    number: str
    issued_on: date


@dataclass(frozen=True)
class DocumentLine:
    """net_cents: without VAT, as it stands on the document."""

    line: Line
    net_cents: int


@dataclass(frozen=True)
class Tax:
    rate_bp: int
    net_cents: int
    vat_cents: int


@dataclass(frozen=True)
class Document:
    """period: the first day of its month. number: "2026-000001"."""

    id: UUID
    number: str
    kind: Kind
    vat_due: VatDue
    issued_on: date
    period: date
    language: str
    seller: Seller
    buyer: Buyer
    lines: tuple[DocumentLine, ...]
    credits: Credited | None = None

    @property
    def taxes(self) -> list[Tax]:
        rates = sorted({one.line.vat_rate_bp for one in self.lines}, reverse=True)
        return [self._tax(rate) for rate in rates]

    def _tax(self, rate_bp: int) -> Tax:
        paid = sum(one.line.paid_cents for one in self.lines if one.line.vat_rate_bp == rate_bp)
        amounts = split(paid, rate_bp)
        return Tax(rate_bp, amounts.net_cents, amounts.vat_cents)

    @property
    def net_cents(self) -> int:
        return sum(tax.net_cents for tax in self.taxes)

    @property
    def vat_cents(self) -> int:
        return sum(tax.vat_cents for tax in self.taxes)

    @property
    def total_cents(self) -> int:
        return sum(one.line.paid_cents for one in self.lines)

    @property
    def last_day(self) -> date:
        return self.period.replace(day=monthrange(self.period.year, self.period.month)[1])


def with_nets(lines: Sequence[Line]) -> tuple[DocumentLine, ...]:
    """Spread what each rate comes to without VAT over its lines, which keep their order."""
    nets: dict[int, int] = {}
    for rate in {line.vat_rate_bp for line in lines}:
        places = [place for place, line in enumerate(lines) if line.vat_rate_bp == rate]
        nets.update(zip(places, spread([lines[place].paid_cents for place in places], rate), strict=True))
    return tuple(DocumentLine(line, nets[place]) for place, line in enumerate(lines))


def name_of(line: Line, tools: Mapping[str, str], words: Translator) -> str:
    """tools: what they are called in that language."""
    tool = tools.get(line.tool_id, line.tool_id) if line.tool_id else ""
    return words.sentence(_NAMES[line.what], {"tool": tool})


def uses_of(line: Line, words: Translator) -> str:
    """How often it was used; empty where that is not counted."""
    if line.what != "charge" or not line.uses:
        return ""
    return words.ngettext("{n} use", "{n} uses", line.uses).format(n=words.number(line.uses))


def language_of(languages: Sequence[str], postcode: str, country: str) -> str:
    """What an organisation is written to in: the first language it says that it speaks, else that of its place in Belgium."""
    known = [language for language in languages if language in ("nl", "fr", "de", "en")]
    if known:
        return known[0]
    if country != "BE" or not postcode.isdigit():
        return "en"
    code = int(postcode)
    if 4700 <= code < 4800:
        return "de"
    return "nl" if 1500 <= code < 4000 or code >= 8000 else "fr"
