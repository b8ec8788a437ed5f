"""What stands on a receipt. Pure."""

import re
from dataclasses import dataclass
from uuid import UUID

from services.wallet.ledger.rules import EUR
from services.wallet.seller import Seller
from services.wallet.statement.details import Detail
from services.wallet.statement.rules import Row
from services.wallet.statement.words import KINDS, description_of
from shared.errors import NotFound
from shared.formats import BRUSSELS
from shared.i18n import Translator
from shared.markers import N_

Fact = tuple[str, str]


class ReceiptNotThere(NotFound):
    code = "receipt-not-there"
    message = N_("There is a receipt once a transaction is completed. This one is pending, or has failed.")


@dataclass(frozen=True)
class Organisation:
    """As it is known now; both empty where it never was announced."""

    name: str
    enterprise_number: str


@dataclass(frozen=True)
class Receipt:
    """tool_name: in the reader's language; empty where no tool has to do with it. url: the transaction's page on the platform."""

    detail: Detail
    organisation: Organisation
    seller: Seller
    tool_name: str
    url: str

    @property
    def row(self) -> Row:
        return self.detail.row


def check_completed(detail: Detail) -> None:
    """Raises ReceiptNotThere for what is not booked."""
    if detail.row.state != "completed":
        raise ReceiptNotThere()


def page_of(public_origin: str, organisation_id: UUID, transaction_id: UUID) -> str:
    return f"{public_origin}/organisations/{organisation_id}/wallet/transactions/{transaction_id}"


def file_name(detail: Detail) -> str:
    """receipt-12-2026-03-29.pdf; of credits receipt-kft-3-2026-03-29.pdf, as their wallet counts by itself."""
    unit = re.sub(r"[^a-z0-9]+", "-", detail.unit.removeprefix("credits/").lower()).strip("-")
    of_unit = "" if detail.unit == EUR else f"{unit}-"
    return f"receipt-{of_unit}{detail.row.number}-{detail.row.at.astimezone(BRUSSELS):%Y-%m-%d}.pdf"


def facts_of(receipt: Receipt, words: Translator) -> list[Fact]:
    """What names the transaction, but for its reference."""
    row, organisation = receipt.row, receipt.organisation
    facts = [
        (words.gettext("Date"), words.datetime(row.at)),
        (words.gettext("Number"), str(row.number)),
        (words.gettext("Type"), words.gettext(KINDS[row.kind])),
        (words.gettext("Tool"), receipt.tool_name),
        (words.gettext("Description"), description_of(row, words)),
        (words.gettext("Paid by"), words.gettext("a plan") if receipt.detail.plan_id else ""),
        (words.gettext("Organisation"), organisation.name),
        (words.gettext("Enterprise number"), _pointed(organisation.enterprise_number)),
    ]
    return [(name, text) for name, text in facts if text]


def amounts_of(receipt: Receipt, words: Translator) -> list[Fact]:
    """The last one is the amount itself, negative for what was taken. What comes before it are the amount's parts, where VAT is in it."""
    row, unit = receipt.row, receipt.detail.unit
    if not row.vat_cents or unit != EUR:
        return [(words.gettext("Amount"), amount_in(words, row.amount_cents, unit))]
    vat_cents = -abs(row.vat_cents) if row.amount_cents < 0 else abs(row.vat_cents)
    rate_bp = receipt.detail.vat_rate_bp
    rate = "" if rate_bp is None else f" {words.number(rate_bp / 100)} %"
    return [
        (words.gettext("Amount excl. VAT"), words.money(row.amount_cents - vat_cents)),
        (words.gettext("VAT") + rate, words.money(vat_cents)),
        (words.gettext("Amount incl. VAT"), words.money(row.amount_cents)),
    ]


def balance_of(receipt: Receipt, words: Translator) -> Fact:
    return words.gettext("Balance after"), amount_in(words, receipt.row.balance_after_cents or 0, receipt.detail.unit)


def amount_in(words: Translator, amount: int, unit: str) -> str:
    """Euros from cents, or whole credits."""
    if unit == EUR:
        return words.money(amount)
    return words.ngettext("{n} credit", "{n} credits", abs(amount)).format(n=words.number(amount))


def _pointed(enterprise_number: str) -> str:
    """0123.456.749, as people write it."""
    return re.sub(r"^(\d{4})(\d{3})(\d{3})$", r"\1.\2.\3", enterprise_number)
