"""UBL 2.1 of an invoice or credit note, by the rules of Peppol BIS Billing 3.0 (EN 16931)."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from services.wallet.at import FOLDER
from services.wallet.invoices.documents import (
    ENTERPRISE_SCHEME,
    Buyer,
    Document,
    DocumentLine,
    Tax,
    name_of,
    uses_of,
)
from services.wallet.seller import Seller
from shared.i18n import Translator, translator
from shared.markers import N_

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC = f"{_UBL}CommonAggregateComponents-2"
_CBC = f"{_UBL}CommonBasicComponents-2"
_INVOICE, _PREPAYMENT, _CREDIT_NOTE = "380", "386", "381"
_BY_CLEARING = "97"
_PIECE = "C62"
_PAID = N_("Nothing is to be paid: the amount was taken from the wallet.")
_PAID_IN = N_("Nothing is to be paid: the amount was paid into the wallet.")
_GIVEN_BACK = N_("Nothing is to be paid: the amount was given back to the wallet or to the payer.")
_EXEMPT = N_("Exempt from VAT")

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot say, not even escaped: a reader would refuse the whole invoice."""
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

ElementTree.register_namespace("invoice", f"{_UBL}Invoice-2")
ElementTree.register_namespace("creditnote", f"{_UBL}CreditNote-2")
ElementTree.register_namespace("cac", _CAC)
ElementTree.register_namespace("cbc", _CBC)


class _Node:
    """An element that grows: `add` a value, `inside` for what holds others."""

    def __init__(self, element: ElementTree.Element) -> None:
        self.element = element

    def inside(self, name: str) -> "_Node":
        return _Node(ElementTree.SubElement(self.element, f"{{{_CAC}}}{name}"))

    def add(self, name: str, text: str, **attributes: str) -> None:
        """Nothing where there is no text: an empty element is against the rules."""
        if text := _NO_XML.sub("", text):
            ElementTree.SubElement(self.element, f"{{{_CBC}}}{name}", attributes).text = text

    def amount(self, name: str, cents: int) -> None:
        self.add(name, euros(cents), currencyID="EUR")


def euros(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def payment_note(document: Document) -> str:
    """The msgid of what a reader is told about paying it."""
    if document.kind == "credit-note":
        return _GIVEN_BACK
    return _PAID if document.vat_due == "charge" else _PAID_IN


def ubl(document: Document, tools: Mapping[str, str]) -> str:
    """tools: what they are called in the document's language."""
    words = translator(FOLDER, document.language)
    is_invoice = document.kind == "invoice"
    kind = "Invoice" if is_invoice else "CreditNote"
    root = _Node(ElementTree.Element(f"{{{_UBL}{kind}-2}}{kind}"))
    _head(root, document, words)
    _seller(root.inside("AccountingSupplierParty").inside("Party"), document.seller)
    _buyer(root.inside("AccountingCustomerParty").inside("Party"), document.buyer)
    root.inside("PaymentMeans").add("PaymentMeansCode", _BY_CLEARING)
    root.inside("PaymentTerms").add("Note", words.gettext(payment_note(document)))
    total = root.inside("TaxTotal")
    total.amount("TaxAmount", document.vat_cents)
    for tax in document.taxes:
        _tax(total.inside("TaxSubtotal"), tax, words)
    _totals(root.inside("LegalMonetaryTotal"), document)
    for place, line in enumerate(document.lines, 1):
        _line(root.inside(f"{kind}Line"), place, line, name_of(line.line, tools, words), words, is_invoice=is_invoice)
    ElementTree.indent(root.element)
    return _DECLARATION + ElementTree.tostring(root.element, "unicode")


def _head(root: _Node, document: Document, words: Translator) -> None:
    root.add("CustomizationID", CUSTOMIZATION)
    root.add("ProfileID", PROFILE)
    root.add("ID", document.number)
    root.add("IssueDate", document.issued_on.isoformat())
    if document.kind == "invoice":
        root.add("InvoiceTypeCode", _INVOICE if document.vat_due == "charge" else _PREPAYMENT)
    else:
        root.add("CreditNoteTypeCode", _CREDIT_NOTE)
    root.add("Note", words.gettext(payment_note(document)))
    root.add("DocumentCurrencyCode", "EUR")
    root.add("BuyerReference", document.buyer.reference or document.buyer.enterprise_number)
    period = root.inside("InvoicePeriod")
    period.add("StartDate", document.period.isoformat())
    period.add("EndDate", document.last_day.isoformat())
    if document.buyer.purchase_order:
        root.inside("OrderReference").add("ID", document.buyer.purchase_order)
    if document.credits is not None:
        reference = root.inside("BillingReference").inside("InvoiceDocumentReference")
        reference.add("ID", document.credits.number)
        reference.add("IssueDate", document.credits.issued_on.isoformat())


def _seller(party: _Node, seller: Seller) -> None:
    party.add("EndpointID", seller.enterprise_number, schemeID=ENTERPRISE_SCHEME)
    party.inside("PartyName").add("Name", seller.name)
    _address(party.inside("PostalAddress"), seller.street, seller.postcode, seller.city, "BE")
    _tax_scheme(party.inside("PartyTaxScheme"), seller.vat_number)
    legal = party.inside("PartyLegalEntity")
    legal.add("RegistrationName", seller.name)
    legal.add("CompanyID", seller.enterprise_number, schemeID=ENTERPRISE_SCHEME)
    party.inside("Contact").add("ElectronicMail", seller.mail)


def _buyer(party: _Node, buyer: Buyer) -> None:
    scheme, identifier = buyer.endpoint
    party.add("EndpointID", identifier, schemeID=scheme)
    party.inside("PartyName").add("Name", buyer.name)
    _address(party.inside("PostalAddress"), buyer.street, buyer.postcode, buyer.city, buyer.country)
    _tax_scheme(party.inside("PartyTaxScheme"), f"BE{buyer.enterprise_number}")
    legal = party.inside("PartyLegalEntity")
    legal.add("RegistrationName", buyer.name)
    legal.add("CompanyID", buyer.enterprise_number, schemeID=ENTERPRISE_SCHEME)


def _address(address: _Node, street: str, postcode: str, city: str, country: str) -> None:
    address.add("StreetName", street)
    address.add("CityName", city)
    address.add("PostalZone", postcode)
    address.inside("Country").add("IdentificationCode", country)


def _tax_scheme(node: _Node, number: str) -> None:
    node.add("CompanyID", number)
    node.inside("TaxScheme").add("ID", "VAT")


def _category(node: _Node, rate_bp: int, exemption: str = "") -> None:
    node.add("ID", "S" if rate_bp else "E")
    node.add("Percent", f"{rate_bp // 100}.{rate_bp % 100:02d}")
    if not rate_bp:
        node.add("TaxExemptionReason", exemption)
    node.inside("TaxScheme").add("ID", "VAT")


def _tax(subtotal: _Node, tax: Tax, words: Translator) -> None:
    subtotal.amount("TaxableAmount", tax.net_cents)
    subtotal.amount("TaxAmount", tax.vat_cents)
    _category(subtotal.inside("TaxCategory"), tax.rate_bp, words.gettext(_EXEMPT))


def _totals(totals: _Node, document: Document) -> None:
    """All of it is paid already."""
    totals.amount("LineExtensionAmount", document.net_cents)
    totals.amount("TaxExclusiveAmount", document.net_cents)
    totals.amount("TaxInclusiveAmount", document.total_cents)
    totals.amount("PrepaidAmount", document.total_cents)
    totals.amount("PayableAmount", 0)


def _line(node: _Node, place: int, line: DocumentLine, name: str, words: Translator, *, is_invoice: bool) -> None:
    """One piece at the price of the whole line; what is taken off is minus one piece, for a price is never negative."""
    node.add("ID", str(place))
    quantity = "1" if line.net_cents >= 0 else "-1"
    node.add("InvoicedQuantity" if is_invoice else "CreditedQuantity", quantity, unitCode=_PIECE)
    node.amount("LineExtensionAmount", line.net_cents)
    item = node.inside("Item")
    item.add("Description", uses_of(line.line, words))
    item.add("Name", name)
    _category(item.inside("ClassifiedTaxCategory"), line.line.vat_rate_bp)
    node.inside("Price").amount("PriceAmount", abs(line.net_cents))
